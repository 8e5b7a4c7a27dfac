/* A directory that lives as long as one test, and what tests of the sys floor do with it. */
#ifndef TESTS_UNIT_SYS_SCRATCH_H
#define TESTS_UNIT_SYS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

struct scratch {
    char path[64];
    int fd; /* of that directory */
    struct arena arena;
    struct err err;
};

/* The reason of a failure is worth more than "-1 != 0". */
#define assert_ok(result, error)                                                                             \
    do {                                                                                                     \
        if ((result) < 0)                                                                                    \
            fail_msg("%s: %s", #result, (error)->message);                                                   \
    } while (0)

#define assert_fails(result, error, expected)                                                                \
    do {                                                                                                     \
        assert_int_equal((result), -1);                                                                      \
        assert_string_equal(err_name((error)->code), err_name(expected));                                    \
    } while (0)

#define assert_fails_errno(result, error, errnum)                                                            \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        assert_int_equal((result), -1);                                                                      \
        assert_int_equal(errno, errnum);                                                                     \
        assert_string_equal(err_name((error)->code), err_name(ERR_IO));                                      \
    } while (0)

static inline int scratch_setup(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    assert_non_null(scratch);
    snprintf(scratch->path, sizeof scratch->path, "/tmp/pobsync-unit-XXXXXX");
    assert_non_null(mkdtemp(scratch->path));
    scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(scratch->fd >= 0);
    *state = scratch;
    return 0;
}

/* By rm, which is not ours, and can remove trees of any depth. */
static inline int scratch_teardown(void **state)
{
    struct scratch *scratch = *state;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", "--one-file-system", scratch->path, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    close(scratch->fd);
    arena_release(&scratch->arena);
    free(scratch);
    return 0;
}

#define scratch_test(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

static inline const char *scratch_path(struct scratch *scratch, const char *name)
{
    return arena_printf(&scratch->arena, "%s/%s", scratch->path, name);
}

static inline void write_text(int dirfd, const char *name, const char *text)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void make_dir(int dirfd, const char *name)
{
    assert_int_equal(mkdirat(dirfd, name, 0755), 0);
}

static inline bool exists(int dirfd, const char *name)
{
    struct stat stat;

    return fstatat(dirfd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Opens "." of a chain of `depth` new directories called `name`, each of which also holds a file "f". With
 * `link_fd` (a directory that makes such a chain too), the first `linked` files are hard links to those. */
static inline int make_chain(int dirfd, const char *name, int depth, int link_fd, int linked)
{
    int at = dup(dirfd);
    int other = link_fd < 0 ? -1 : dup(link_fd);

    for (int i = 0; i < depth; i++) {
        int next;

        make_dir(at, name);
        next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
        if (other >= 0 && i < linked) {
            next = openat(other, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            assert_true(next >= 0);
            close(other);
            other = next;
            assert_int_equal(linkat(other, "f", at, "f", 0), 0);
        } else {
            write_text(at, "f", "");
        }
    }
    if (other >= 0)
        close(other);
    return at;
}

/* Runs `body` in a process of its own, which may change what a process cannot change back. Its assertions are
 * told by its exit status alone. */
static inline int in_child(void (*body)(void *context), void *context)
{
    pid_t pid;
    int status;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body(context);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* An assertion for in_child(): the line becomes visible, the process ends. */
#define child_assert(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

#define NEED_ROOT()                                                                                          \
    do {                                                                                                     \
        if (geteuid() != 0) {                                                                                \
            print_message("skipped: this test needs root\n");                                                \
            skip();                                                                                          \
        }                                                                                                    \
    } while (0)

/* A mount namespace of our own, so that nothing is left behind. For in_child(). The descriptor is still of
 * the mounts outside, and opened anew. */
static inline bool private_mounts(struct scratch *scratch)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return false;
    scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return scratch->fd >= 0;
}

/* 230 descriptors are enough for any tree. Returns what was allowed before. */
static inline struct rlimit limit_descriptors(void)
{
    struct rlimit before, few;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 230;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    return before;
}

#endif
