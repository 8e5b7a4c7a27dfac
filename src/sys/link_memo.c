/* A table with one place for each inode number modulo its size: the latest one has it. Inode numbers of a tree lie close
 * together, so that few of them meet. */
#include "sys/link_memo.h"

#include <stdatomic.h>
#include <stdlib.h>

/* 4 MiB, of which only what is used becomes memory. */
enum { PLACES = 1 << 19, NAMES_BITS = 20 };

static const uint64_t NAMES_MAX_NOTED = (1U << NAMES_BITS) - 1;

struct link_memo {
    _Atomic uint64_t places[PLACES]; /* inode number / PLACES, then the names */
};

struct link_memo *link_memo_new(void)
{
    return calloc(1, sizeof(struct link_memo));
}

void link_memo_free(struct link_memo *memo)
{
    free(memo);
}

/* Whether the number is one that a place can hold: all but the largest ones of huge file systems. */
static bool is_noted(uint64_t inode)
{
    return inode / PLACES <= UINT64_MAX >> NAMES_BITS;
}

bool link_memo_drop(struct link_memo *memo, uint64_t inode)
{
    _Atomic uint64_t *place;
    uint64_t known;

    if (memo == NULL || !is_noted(inode))
        return false;
    place = &memo->places[inode % PLACES];
    known = atomic_load_explicit(place, memory_order_relaxed);
    while (known >> NAMES_BITS == inode / PLACES && (known & NAMES_MAX_NOTED) >= 2)
        if (atomic_compare_exchange_weak_explicit(place, &known, known - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

void link_memo_note(struct link_memo *memo, uint64_t inode, uint64_t names)
{
    if (memo == NULL || !is_noted(inode) || names < 2)
        return;
    if (names > NAMES_MAX_NOTED)
        names = NAMES_MAX_NOTED;
    atomic_store_explicit(&memo->places[inode % PLACES], (inode / PLACES) << NAMES_BITS | names,
                          memory_order_relaxed);
}
