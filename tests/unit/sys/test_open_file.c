/* Which file another process works on. */
#include "scratch.h"

#include <sys/wait.h>

#include "sys/open_file.h"

static void what_we_have_open(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct scratch *s = *state;
    int fd;

    assert_null(open_file_below(&arena, getpid(), s->fd));
    assert_int_equal(mkdirat(s->fd, "etc", 0700), 0);
    fd = openat(s->fd, "etc/\xff\n", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_string_equal(open_file_below(&arena, getpid(), s->fd), "etc/\xff\n");
    assert_int_equal(unlinkat(s->fd, "etc/\xff\n", 0), 0);
    assert_null(open_file_below(&arena, getpid(), s->fd));
    close(fd);
}

static void what_a_child_has_open(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct scratch *s = *state;
    int ends[2], fd;
    char byte;
    pid_t child;

    if (access("/proc/thread-self/children", R_OK) < 0)
        skip(); /* the kernel was built without */
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[1]);
        fd = openat(s->fd, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        /* Ends when we close our side. */
        _exit(fd >= 0 && read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    for (int tries = 0; tries < 5000 && open_file_below(&arena, getpid(), s->fd) == NULL; tries++)
        usleep(1000);
    assert_string_equal(open_file_below(&arena, getpid(), s->fd), "big");
    close(ends[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_null(open_file_below(&arena, getpid(), s->fd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(what_we_have_open),
        scratch_test(what_a_child_has_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
