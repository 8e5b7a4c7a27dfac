/* Which inodes of a tree have several names in it: an open table of inode numbers. */
#include "engine/links.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sys/name_walk.h"
#include "sys/stop.h"

enum { FIRST_ROOM = 1024, STOP_EVERY = 4096 };

/* While walking; those that were seen once are dropped then. */
struct slot {
    uint64_t inode; /* 0: free */
    bool again;
};

struct kept {
    uint64_t inode;
    struct link_note note;
};

struct links {
    struct slot *slots;
    size_t room, count;
    struct kept *kept; /* by inode */
    size_t kept_count;
    int64_t seen;
};

static size_t place_of(const struct slot *slots, size_t room, uint64_t inode)
{
    size_t at = (inode * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);

    while (slots[at].inode != 0 && slots[at].inode != inode)
        at = (at + 1) & (room - 1);
    return at;
}

static void grow(struct links *links)
{
    size_t room = links->room == 0 ? FIRST_ROOM : links->room * 2;
    struct slot *slots = calloc(room, sizeof *slots);

    if (slots == NULL)
        abort();
    for (size_t i = 0; i < links->room; i++)
        if (links->slots[i].inode != 0)
            slots[place_of(slots, room, links->slots[i].inode)] = links->slots[i];
    free(links->slots);
    links->slots = slots;
    links->room = room;
}

static int on_entry(void *context, const struct name_walk_entry *entry, struct err *err)
{
    struct links *links = context;
    struct slot *slot;

    if (++links->seen % STOP_EVERY == 0 && stop_requested() != 0)
        return err_set(err, ERR_INTERRUPTED, "cancelled");
    if (entry->type == DT_DIR || entry->type == DT_UNKNOWN)
        return 0;
    if (2 * (links->count + 1) > links->room)
        grow(links);
    slot = &links->slots[place_of(links->slots, links->room, entry->inode)];
    if (slot->inode == entry->inode) {
        slot->again = true;
        return 0;
    }
    slot->inode = entry->inode;
    links->count++;
    return 0;
}

static int by_inode(const void *a, const void *b)
{
    const struct kept *one = a, *two = b;

    return one->inode < two->inode ? -1 : one->inode > two->inode;
}

static void keep_repeated(struct links *links)
{
    for (size_t i = 0; i < links->room; i++)
        links->kept_count += links->slots[i].again;
    links->kept = calloc(links->kept_count + 1, sizeof *links->kept);
    if (links->kept == NULL)
        abort();
    links->kept_count = 0;
    for (size_t i = 0; i < links->room; i++)
        if (links->slots[i].again)
            links->kept[links->kept_count++].inode = links->slots[i].inode;
    if (links->kept_count > 0)
        qsort(links->kept, links->kept_count, sizeof *links->kept, by_inode);
    free(links->slots);
    links->slots = NULL;
    links->room = links->count = 0;
}

struct links *links_open(int fd, struct err *err)
{
    struct links *links = calloc(1, sizeof *links);
    const struct name_walk walk = {.entry = on_entry, .context = links, .top_fd = fd};

    if (links == NULL)
        abort();
    if (name_walk_tree(&walk, err) < 0) {
        links_close(&links);
        return NULL;
    }
    keep_repeated(links);
    return links;
}

void links_close(struct links **links)
{
    if (*links == NULL)
        return;
    for (size_t i = 0; i < (*links)->kept_count; i++)
        free((*links)->kept[i].note.path);
    free((*links)->kept);
    free((*links)->slots);
    free(*links);
    *links = NULL;
}

struct link_note *links_note(struct links *links, uint64_t inode)
{
    const struct kept wanted = {.inode = inode};
    struct kept *kept = links == NULL || links->kept_count == 0
                            ? NULL
                            : bsearch(&wanted, links->kept, links->kept_count, sizeof wanted, by_inode);

    return kept != NULL ? &kept->note : NULL;
}
