/*
 * An arena holds everything that one unit of work (a command, a request, a job step) allocates, and is released as a
 * whole. Memory is never freed one by one. Out of memory aborts: there is nothing sensible left to do, and everything
 * on disk is made to survive it.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
};

/* A zeroed struct arena is an empty arena; there is no init. */
#define ARENA_EMPTY ((struct arena){0})

/* Declares an arena that is released when it goes out of scope. */
#define ARENA_SCOPED __attribute__((cleanup(arena_release))) struct arena

/* Frees everything that came from the arena and leaves it empty. */
void arena_release(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* A copy of `text`; NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* A NUL-terminated copy of `size` bytes. */
char *arena_copy(struct arena *arena, const void *bytes, size_t size) __attribute__((returns_nonnull));

/* Formatted text. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

#endif
