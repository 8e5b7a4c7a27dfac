/* Arenas: alignment, zeroed memory, blocks, release. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    unsigned char *last = NULL;

    (void)state;
    for (size_t size = 0; size < 300; size++) {
        unsigned char *bytes = arena_alloc(&arena, size);

        assert_int_equal((uintptr_t)bytes % sizeof(max_align_t) % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xAA, size);
        assert_true(bytes != last || size <= 1);
        last = bytes;
    }
}

static void large_blocks_keep_the_small_ones(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char *small = arena_strdup(&arena, "small");
    char *large = arena_alloc(&arena, 100000);

    (void)state;
    memset(large, 'x', 100000);
    assert_string_equal(small, "small");
    assert_string_equal(arena_strdup(&arena, "after"), "after");
}

static void copies_are_independent(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char original[] = "abc";
    char *copy = arena_strdup(&arena, original);

    (void)state;
    original[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_null(arena_strdup(&arena, NULL));
    assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    assert_memory_equal(arena_copy(&arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_printf(&arena, "%s-%d", "n", 5), "n-5");
    assert_int_equal(strlen(arena_printf(&arena, "%9000d", 1)), 9000);
}

static void release_leaves_an_empty_arena(void **state)
{
    struct arena arena = ARENA_EMPTY;

    (void)state;
    arena_release(&arena);
    arena_alloc(&arena, 10);
    arena_release(&arena);
    assert_null(arena.blocks);
    assert_string_equal(arena_strdup(&arena, "again"), "again");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(large_blocks_keep_the_small_ones),
        cmocka_unit_test(copies_are_independent),
        cmocka_unit_test(release_leaves_an_empty_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
