/* Counting what a run left, and what of it is shared with the base. */
#include "engine/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "sys/stop.h"
#include "sys/walk.h"

enum { STOP_EVERY = 1024 };

/* One inode in units that divide evenly by every small number of links: 2^4 * 3^2 * 5 * 7 * 11 * 13. */
enum { INODE_UNIT = 720720 };

struct count {
    struct run_stats *stats;
    int64_t new_units; /* of INODE_UNIT: each name of a new inode adds one share of it */
    int64_t seen;
    dev_t base_device; /* where the base lies */
};

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What rsync looks at to tell that a file has not changed. */
static bool looks_unchanged(const struct stat *now, const struct stat *base)
{
    return S_ISREG(base->st_mode) && now->st_size == base->st_size &&
           same_time(&now->st_mtim, &base->st_mtim) && now->st_mode == base->st_mode &&
           now->st_uid == base->st_uid && now->st_gid == base->st_gid;
}

/* A new inode is counted once however many names it has: its names share it. All of them lie in this tree, unless it
 * is linked with an unfinished one too; then the count comes out low, which harms nobody. */
static void count_new(struct count *count, const struct stat *stat)
{
    count->new_units += INODE_UNIT / (stat->st_nlink == 0 ? 1 : (int64_t)stat->st_nlink);
}

/* Whether the base has the same inode under the same name; if not, *base is what it has there, st_mode 0: nothing. One look
 * at an inode instead of two, for nearly all: a directory tells the numbers of what it holds. */
static bool is_linked(const struct count *count, const struct walk_entry *entry, struct stat *base)
{
    *base = (struct stat){0};
    if (entry->twin_inode == entry->stat.st_ino && entry->stat.st_dev == count->base_device)
        return true;
    if (entry->twin_dirfd < 0 ||
        fstatat(entry->twin_dirfd, entry->name, base, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        return false;
    return base->st_ino == entry->stat.st_ino && base->st_dev == entry->stat.st_dev;
}

static void count_file(struct count *count, const struct walk_entry *entry)
{
    struct run_stats *stats = count->stats;
    struct stat base;

    stats->files++;
    if (S_ISREG(entry->stat.st_mode))
        stats->bytes += entry->stat.st_size;
    if (is_linked(count, entry, &base)) {
        stats->linked_files++;
        return;
    }
    count_new(count, &entry->stat);
    if (!S_ISREG(entry->stat.st_mode))
        return;
    stats->new_bytes += entry->stat.st_size;
    stats->copied_same += looks_unchanged(&entry->stat, &base);
}

static int count_entry(void *context, const struct walk_entry *entry, struct err *err)
{
    struct count *count = context;

    if (entry->error != 0)
        return err_errno(err, ERR_IO, entry->error, "\"%s%s%s\" of the new snapshot cannot be read",
                         entry->directory, entry->directory[0] == '\0' ? "" : "/", entry->name);
    if (++count->seen % STOP_EVERY == 0 && stop_requested() != 0)
        return err_set(err, ERR_INTERRUPTED, "cancelled while counting the new snapshot");
    if (S_ISDIR(entry->stat.st_mode)) {
        count->stats->directories++;
        count->new_units += INODE_UNIT;
        return 0;
    }
    count_file(count, entry);
    return 0;
}

int scan_tree(int data_fd, int base_fd, struct run_stats *stats, struct err *err)
{
    struct count count = {.stats = stats, .new_units = INODE_UNIT};
    const struct walk walk = {.entry = count_entry, .context = &count, .top_fd = data_fd, .twin_fd = base_fd};
    struct stat base;

    if (base_fd >= 0) {
        if (fstat(base_fd, &base) < 0)
            return err_errno(err, ERR_IO, errno, "cannot look at the base");
        count.base_device = base.st_dev;
    }
    stats->files = stats->bytes = stats->linked_files = stats->copied_same = stats->new_bytes = 0;
    stats->directories = 1;
    if (walk_tree(&walk, err) < 0)
        return -1;
    stats->new_inodes = (count.new_units + INODE_UNIT / 2) / INODE_UNIT;
    return 0;
}
