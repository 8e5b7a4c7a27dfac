/*
 * fake_rsync: a stand-in for the local rsync in sweeps, where starting ssh and three real rsyncs for each of
 * hundreds of runs would take minutes. It takes our arguments and copies the tree named by the remote operand
 * (the files are on this machine anyway) into the target with the calls that rsync makes: mkdir, temporary
 * file, write, fchown, fchmod, utimens, rename; unchanged files are linked from the first --link-dest that
 * has them. No ACLs, no xattrs, no filters.
 *
 * It is told what to do by the file `<own path>.conf`, because it starts with an empty environment: lines
 * `key=value` with
 *   source=DIR           copy this tree instead of the one named on the command line
 *   exit=N               exit code at the end (default 0)
 *   stderr=TEXT          a line for standard error before the end; may be repeated
 *   stdout=TEXT          the same for standard output, before the statistics
 *   stop_after=N         stop copying after N changes of the file system, go on to the end (a short transfer)
 *   die_at=N             SIGKILL itself before change N
 *   kill_parent_at=N     SIGKILL the parent before change N, then go on
 *   hang_at=N            sleep for ever before change N
 *   pause_us=N           sleep before each change
 *   log=FILE             append one line per start: the arguments, separated by blanks, escaped as in \x20
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BASES_MAX = 20, TEXTS_MAX = 64 };

static struct {
    const char *source;
    const char *log;
    int exit_code;
    long stop_after, die_at, kill_parent_at, hang_at, pause_us;
    const char *errors[TEXTS_MAX], *lines[TEXTS_MAX];
    size_t errors_count, lines_count;
} conf;

static struct {
    const char *bases[BASES_MAX];
    size_t bases_count;
    const char *operands[2];
    size_t operands_count;
    int dry, stats, progress, plain_numbers;
} args;

/* What the statistics tell. */
static struct {
    long files, regular, directories, links, special;
    long created, transferred;
    long long size, transferred_size;
} seen;

/* Hard links of the source: the first target of each inode that has several names. */
static struct link {
    struct link *next;
    dev_t dev;
    ino_t ino;
    char *target;
} * links;

static long changes;

static void die(int code, const char *what)
{
    fprintf(stderr, "rsync: [fake] %s: %s (%d)\nrsync error: error in file IO (code %d) at fake_rsync.c(1)\n",
            what, strerror(errno), errno, code);
    exit(code);
}

static char *join(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

/* Called before each change of the file system. Returns 0 when no more shall be made. */
static int change(void)
{
    if (args.dry || (conf.stop_after && changes >= conf.stop_after))
        return 0;
    changes++;
    if (conf.pause_us)
        usleep((useconds_t)conf.pause_us);
    if (changes == conf.kill_parent_at)
        kill(getppid(), SIGKILL);
    if (changes == conf.die_at)
        kill(getpid(), SIGKILL);
    while (changes == conf.hang_at)
        pause();
    return 1;
}

static void read_conf(const char *self)
{
    static char text[65536];
    char *path;
    if (asprintf(&path, "%s.conf", self) < 0)
        abort();
    FILE *file = fopen(path, "re");
    free(path);
    if (!file)
        return;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = '\0';
        long number = strtol(value, NULL, 10);
        if (strcmp(line, "source") == 0)
            conf.source = value;
        else if (strcmp(line, "log") == 0)
            conf.log = value;
        else if (strcmp(line, "exit") == 0)
            conf.exit_code = (int)number;
        else if (strcmp(line, "stop_after") == 0)
            conf.stop_after = number;
        else if (strcmp(line, "die_at") == 0)
            conf.die_at = number;
        else if (strcmp(line, "kill_parent_at") == 0)
            conf.kill_parent_at = number;
        else if (strcmp(line, "hang_at") == 0)
            conf.hang_at = number;
        else if (strcmp(line, "pause_us") == 0)
            conf.pause_us = number;
        else if (strcmp(line, "stderr") == 0 && conf.errors_count < TEXTS_MAX)
            conf.errors[conf.errors_count++] = value;
        else if (strcmp(line, "stdout") == 0 && conf.lines_count < TEXTS_MAX)
            conf.lines[conf.lines_count++] = value;
        else
            die(1, line);
    }
}

static void log_start(int argc, char **argv)
{
    FILE *file = conf.log ? fopen(conf.log, "ae") : NULL;
    if (!file)
        return;
    for (int i = 0; i < argc; i++) {
        for (const char *at = argv[i]; *at; at++)
            fprintf(file, *at <= ' ' || *at == '\\' || *at == 0x7f ? "\\x%02x" : "%c", (unsigned char)*at);
        fputc(i + 1 < argc ? ' ' : '\n', file);
    }
    fclose(file);
}

/* Only what changes the outcome is looked at; all other options are taken as they come. */
static void read_args(int argc, char **argv)
{
    static const char *const with_value[] = {
        "-e",           "--rsh",           "--exclude-from", "--exclude",    "--include", "--filter",
        "-f",           "--timeout",       "--bwlimit",      "--rsync-path", "--info",    "--out-format",
        "--files-from", "--modify-window", "--log-file",     "--stop-after"};
    int options = 1;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!options || arg[0] != '-' || !arg[1]) {
            if (args.operands_count == 2)
                die(1, "more than two operands");
            args.operands[args.operands_count++] = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0)
            options = 0;
        else if (strncmp(arg, "--link-dest=", 12) == 0 || strcmp(arg, "--link-dest") == 0) {
            if (args.bases_count == BASES_MAX)
                die(1, "too many --link-dest");
            args.bases[args.bases_count++] = arg[11] ? arg + 12 : argv[++i];
        } else if (strcmp(arg, "--dry-run") == 0 || (arg[1] != '-' && strchr(arg, 'n')))
            args.dry = 1;
        else if (strstr(arg, "stats"))
            args.stats = 1;
        else if (strcmp(arg, "--no-h") == 0 || strcmp(arg, "--no-human-readable") == 0)
            args.plain_numbers = 1;
        if (strstr(arg, "progress2"))
            args.progress = 1;
        for (size_t k = 0; options && k < sizeof with_value / sizeof *with_value; k++)
            if (strcmp(arg, with_value[k]) == 0)
                i++;
    }
    if (args.operands_count != 2)
        die(1, "two operands expected");
}

static int same(const struct stat *a, const struct stat *b)
{
    return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid &&
           (S_ISLNK(a->st_mode) || a->st_size == b->st_size) && a->st_rdev == b->st_rdev &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int same_target(const char *a, const char *b)
{
    char one[4096], two[4096];
    ssize_t one_size = readlink(a, one, sizeof one), two_size = readlink(b, two, sizeof two);
    return one_size == two_size && one_size >= 0 && memcmp(one, two, (size_t)one_size) == 0;
}

/* Links the unchanged file from the first base that has it. */
static int link_from_base(const char *source, const struct stat *found, const char *relative,
                          const char *target)
{
    for (size_t i = 0; i < args.bases_count; i++) {
        char *base = join(args.bases[i], relative);
        struct stat old;
        int linked = lstat(base, &old) == 0 && same(found, &old) &&
                     (!S_ISLNK(found->st_mode) || same_target(source, base)) && link(base, target) == 0;
        free(base);
        if (linked)
            return 1;
    }
    return 0;
}

/* Links to the name that another name of the same source inode got. */
static int link_to_sibling(const struct stat *found, const char *target)
{
    for (struct link *each = links; each; each = each->next)
        if (each->dev == found->st_dev && each->ino == found->st_ino)
            return link(each->target, target) == 0;
    return 0;
}

static void remember(const struct stat *found, const char *target)
{
    struct link *each = calloc(1, sizeof *each);
    if (!each)
        abort();
    *each =
        (struct link){.next = links, .dev = found->st_dev, .ino = found->st_ino, .target = strdup(target)};
    links = each;
}

static void copy_content(const char *source, int out)
{
    char data[65536];
    int in = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (in < 0)
        die(23, source);
    for (ssize_t got; (got = read(in, data, sizeof data)) > 0;)
        for (ssize_t done = 0, put; done < got; done += put)
            if ((put = write(out, data + done, (size_t)(got - done))) < 0)
                die(11, "write");
    close(in);
}

/* Whether the owner of a new file has to be set; without being root it cannot be. */
static int foreign(const struct stat *found)
{
    return geteuid() == 0 && (found->st_uid != 0 || found->st_gid != getegid());
}

static void copy_regular(const char *source, const struct stat *found, const char *target)
{
    char *temporary;
    const char *slash = strrchr(target, '/');
    if (!change())
        return;
    if (asprintf(&temporary, "%.*s/.%.200s.XXXXXX", (int)(slash - target), target, slash + 1) < 0)
        abort();
    int out = mkostemp(temporary, O_CLOEXEC);
    if (out < 0)
        die(11, temporary);
    if (change())
        copy_content(source, out);
    if (foreign(found) && change() && fchown(out, found->st_uid, found->st_gid) < 0)
        die(11, "chown");
    if (change() && fchmod(out, found->st_mode & 07777) < 0)
        die(11, "chmod");
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, found->st_mtim};
    if (change() && futimens(out, times) < 0)
        die(11, "utimens");
    if (close(out) < 0)
        die(11, "close");
    if (change() && rename(temporary, target) < 0)
        die(11, target);
    free(temporary);
    seen.transferred++;
    seen.transferred_size += found->st_size;
}

static void set_attributes(const struct stat *found, const char *target)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, found->st_mtim};
    if (foreign(found) && change() && lchown(target, found->st_uid, found->st_gid) < 0)
        die(11, "chown");
    if (!S_ISLNK(found->st_mode) && change() && chmod(target, found->st_mode & 07777) < 0)
        die(11, "chmod");
    if (change() && utimensat(AT_FDCWD, target, times, AT_SYMLINK_NOFOLLOW) < 0)
        die(11, "utimens");
}

static void copy_other(const char *source, const struct stat *found, const char *target)
{
    if (S_ISLNK(found->st_mode)) {
        char text[4096] = "";
        if (readlink(source, text, sizeof text - 1) < 0)
            die(23, source);
        if (change() && symlink(text, target) < 0)
            die(11, target);
    } else if (change() && mknod(target, found->st_mode, found->st_rdev) < 0)
        die(11, target);
    set_attributes(found, target);
}

static void copy_tree(const char *source, const char *target, const char *relative);

static void copy_entry(const char *source, const char *target, const char *relative)
{
    struct stat found;
    if (lstat(source, &found) < 0)
        die(24, source);
    seen.files++;
    seen.created++;
    if (S_ISDIR(found.st_mode)) {
        seen.directories++;
        if (change() && mkdir(target, 0700) < 0 && errno != EEXIST)
            die(11, target);
        copy_tree(source, target, relative);
        set_attributes(&found, target);
        return;
    }
    if (S_ISREG(found.st_mode)) {
        seen.regular++;
        seen.size += found.st_size;
    } else if (S_ISLNK(found.st_mode))
        seen.links++;
    else
        seen.special++;
    if (!change())
        return;
    if (found.st_nlink > 1 && link_to_sibling(&found, target))
        return;
    if (!link_from_base(source, &found, relative, target)) {
        if (S_ISREG(found.st_mode))
            copy_regular(source, &found, target);
        else
            copy_other(source, &found, target);
    }
    if (found.st_nlink > 1)
        remember(&found, target);
}

static int visible(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* In the order of names, so that the n-th change is the same one each time. */
static void copy_tree(const char *source, const char *target, const char *relative)
{
    struct dirent **entries;
    int count = scandir(source, &entries, visible, alphasort);
    if (count < 0)
        die(23, source);
    for (int i = 0; i < count; i++) {
        char *from = join(source, entries[i]->d_name), *to = join(target, entries[i]->d_name);
        char *name = *relative ? join(relative, entries[i]->d_name) : strdup(entries[i]->d_name);
        copy_entry(from, to, name);
        free(from);
        free(to);
        free(name);
        free(entries[i]);
    }
    free(entries);
}

static const char *grouped(long long number)
{
    static char rings[8][40];
    static size_t next;
    char digits[32], *out = rings[next++ % 8], *at = out;
    int length = snprintf(digits, sizeof digits, "%lld", number);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0 && !args.plain_numbers)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

static void print_stats(void)
{
    if (args.progress)
        printf("\r%15s 100%%    1.00MB/s    0:00:00 (xfr#%ld, to-chk=0/%ld)\n",
               grouped(seen.transferred_size), seen.transferred, seen.files);
    for (size_t i = 0; i < conf.lines_count; i++)
        printf("%s\n", conf.lines[i]);
    if (!args.stats)
        return;
    printf("\nNumber of files: %s (reg: %s, dir: %s", grouped(seen.files), grouped(seen.regular),
           grouped(seen.directories));
    if (seen.links)
        printf(", link: %s", grouped(seen.links));
    if (seen.special)
        printf(", special: %s", grouped(seen.special));
    printf(")\nNumber of created files: %s (reg: %s)\nNumber of deleted files: 0\n"
           "Number of regular files transferred: %s\nTotal file size: %s bytes\n"
           "Total transferred file size: %s bytes\nLiteral data: %s bytes\nMatched data: 0 bytes\n",
           grouped(seen.created), grouped(seen.regular), grouped(seen.transferred), grouped(seen.size),
           grouped(seen.transferred_size), grouped(seen.transferred_size));
    printf(
        "File list size: 0\nFile list generation time: 0.001 seconds\nFile list transfer time: 0.000 seconds\n"
        "Total bytes sent: 123\nTotal bytes received: %s\n\n"
        "sent 123 bytes  received %s bytes  1,000.00 bytes/sec\ntotal size is %s  speedup is 1.00\n",
        grouped(seen.transferred_size + 456), grouped(seen.transferred_size + 456), grouped(seen.size));
}

int main(int argc, char **argv)
{
    char self[4096] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die(1, "/proc/self/exe");
    read_conf(self);
    log_start(argc, argv);
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        puts("rsync  version 3.5.0  protocol version 32\n"
             "Copyright (C) 1996-2026 by Andrew Tridgell, Wayne Davison, and others.\n"
             "Capabilities:\n"
             "    64-bit files, 64-bit inums, 64-bit timestamps, 64-bit long ints,\n"
             "    socketpairs, symlinks, symtimes, hardlinks, hardlink-specials,\n"
             "    hardlink-symlinks, IPv6, atimes, batchfiles, inplace, append, ACLs,\n"
             "    xattrs, optional secluded-args, iconv, prealloc, stop-at, no crtimes");
        return 0;
    }
    read_args(argc, argv);
    const char *colon = strchr(args.operands[0], ':');
    const char *source = conf.source ? conf.source : colon ? colon + 1 : args.operands[0];
    char *target = strdup(args.operands[1]);
    for (size_t length = strlen(target); length > 1 && target[length - 1] == '/'; length--)
        target[length - 1] = '\0';
    struct stat found;
    if (stat(source, &found) < 0) {
        fprintf(stderr,
                "rsync: [sender] change_dir \"%s\" failed: %s (%d)\n"
                "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at "
                "main.c(1)\n",
                source, strerror(errno), errno);
        return 23;
    }
    seen.files = seen.directories = 1;
    if (change() && mkdir(target, 0700) < 0 && errno != EEXIST)
        die(11, target);
    copy_tree(source, target, "");
    set_attributes(&found, target);
    print_stats();
    fflush(stdout);
    for (size_t i = 0; i < conf.errors_count; i++)
        fprintf(stderr, "%s\n", conf.errors[i]);
    return conf.exit_code;
}
