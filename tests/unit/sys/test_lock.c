/* The lock file: who holds it, and for how long. */
#include "scratch.h"

#include <signal.h>

#include "sys/fs.h"
#include "sys/lock.h"

static const struct lock_owner somebody = {
    .run = 17,
    .pid = 4711,
    .group = 4712,
    .started = 1795381205,
    .boot_id = "8f0c8d5e-5d0f-4d3c-9f57-1f3c5a1b2c3d",
    .text = "backup of web1",
};

static void assert_same_owner(const struct lock_owner *a, const struct lock_owner *b)
{
    assert_int_equal(a->run, b->run);
    assert_int_equal(a->pid, b->pid);
    assert_int_equal(a->group, b->group);
    assert_int_equal(a->started, b->started);
    assert_string_equal(a->boot_id, b->boot_id);
    assert_string_equal(a->text, b->text);
}

static void the_second_one_hears_who_was_first(void **state)
{
    struct scratch *s = *state;
    struct lock_owner owner;
    FD_SCOPED first = lock_take(s->fd, ".lock", &owner, &s->err);
    struct stat stat;

    assert_ok(first, &s->err);
    assert_int_equal(fstat(first, &stat), 0);
    assert_int_equal(stat.st_mode, S_IFREG | 0600);
    assert_fails(lock_take(s->fd, ".lock", &owner, &s->err), &s->err, ERR_BUSY);
    assert_same_owner(&owner, &(struct lock_owner){0});
    assert_ok(lock_write(first, &somebody, &s->err), &s->err);
    assert_fails(lock_take(s->fd, ".lock", &owner, &s->err), &s->err, ERR_BUSY);
    assert_same_owner(&owner, &somebody);
    assert_string_equal(s->err.message, "\".lock\" is locked by process 4711: backup of web1");
}

static void a_shorter_text_leaves_nothing_of_a_longer_one(void **state)
{
    struct scratch *s = *state;
    struct lock_owner owner, shorter = {.run = 1, .pid = 2, .text = "x\nend\nrun 99"};
    FD_SCOPED fd = lock_take(s->fd, ".lock", &owner, &s->err);

    assert_ok(lock_write(fd, &somebody, &s->err), &s->err);
    assert_ok(lock_write(fd, &shorter, &s->err), &s->err);
    assert_ok(lock_read(fd, &owner, &s->err), &s->err);
    snprintf(shorter.text, sizeof shorter.text, "x");
    assert_same_owner(&owner, &shorter);
}

static void the_next_holder_finds_nothing_of_the_last(void **state)
{
    struct scratch *s = *state;
    struct lock_owner owner;
    int fd = lock_take(s->fd, ".lock", &owner, &s->err);

    assert_ok(lock_write(fd, &somebody, &s->err), &s->err);
    close(fd);
    fd = lock_take(s->fd, ".lock", &owner, &s->err);
    assert_ok(fd, &s->err);
    assert_ok(lock_read(fd, &owner, &s->err), &s->err);
    assert_same_owner(&owner, &(struct lock_owner){0});
    close(fd);
}

static void nonsense_says_nothing(void **state)
{
    struct scratch *s = *state;
    static const char *const contents[] = {
        "",
        "end",
        "nonsense\nend\n",
        "pid -1\nend\n",
        "pid 99999999999\nend\n",
        "pid 1x\nend\n",
        "pid 5\n", /* cut off */
        "boot_id 0123456789012345678901234567890123456789\nend\n",
    };

    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct lock_owner owner = somebody;
        FD_SCOPED fd = -1;

        write_text(s->fd, "lock", contents[i]);
        fd = openat(s->fd, "lock", O_RDONLY | O_CLOEXEC);
        assert_ok(lock_read(fd, &owner, &s->err), &s->err);
        assert_same_owner(&owner, &(struct lock_owner){0});
    }
}

static void a_link_is_refused(void **state)
{
    struct scratch *s = *state;
    struct lock_owner owner;

    write_text(s->fd, "target", "precious");
    assert_int_equal(symlinkat("target", s->fd, ".lock"), 0);
    assert_fails(lock_take(s->fd, ".lock", &owner, &s->err), &s->err, ERR_IO);
}

/* A child that inherits the descriptor holds the lock after we have closed ours. */
static void an_heir_keeps_it(void **state)
{
    struct scratch *s = *state;
    struct lock_owner owner;
    int fd = lock_take(s->fd, ".lock", &owner, &s->err);
    pid_t heir = fork();

    if (heir == 0)
        for (;;)
            pause();
    close(fd);
    assert_fails(lock_take(s->fd, ".lock", &owner, &s->err), &s->err, ERR_BUSY);
    kill(heir, SIGKILL);
    assert_int_equal(waitpid(heir, NULL, 0), heir);
    fd = lock_take(s->fd, ".lock", &owner, &s->err);
    assert_ok(fd, &s->err);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(the_second_one_hears_who_was_first),
        scratch_test(a_shorter_text_leaves_nothing_of_a_longer_one),
        scratch_test(the_next_holder_finds_nothing_of_the_last),
        scratch_test(nonsense_says_nothing),
        scratch_test(a_link_is_refused),
        scratch_test(an_heir_keeps_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
