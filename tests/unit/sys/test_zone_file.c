/* The files of the time zones: which names open which file. */
#include "scratch.h"

#include "base/buf.h"
#include "sys/zone_file.h"

/* Reads `name` from the scratch directory. */
static int read_in(struct scratch *scratch, const char *name, struct buf *content)
{
    int result;

    setenv("TZDIR", scratch->path, 1);
    result = zone_file_read(name, content, &scratch->err);
    unsetenv("TZDIR");
    return result;
}

static void a_zone_of_this_server_is_read(void **state)
{
    struct scratch *scratch = *state;
    BUF_SCOPED content = BUF_EMPTY;

    unsetenv("TZDIR");
    assert_ok(zone_file_read("Europe/Amsterdam", &content, &scratch->err), &scratch->err);
    assert_true(content.size > 100);
    assert_memory_equal(content.data, "TZif", 4);
    buf_clear(&content);
    /* Not an absolute path: not looked at. */
    setenv("TZDIR", "somewhere", 1);
    assert_ok(zone_file_read("UTC", &content, &scratch->err), &scratch->err);
    unsetenv("TZDIR");
}

static void tzdir_and_links_are_followed(void **state)
{
    struct scratch *scratch = *state;
    BUF_SCOPED content = BUF_EMPTY;

    make_dir(scratch->fd, "Etc");
    write_text(scratch->fd, "Etc/UTC", "TZif, or so");
    assert_int_equal(symlinkat("Etc/UTC", scratch->fd, "Zulu"), 0);
    assert_ok(read_in(scratch, "Zulu", &content), &scratch->err);
    assert_string_equal(buf_text(&content), "TZif, or so");
    assert_fails(read_in(scratch, "Europe/Amsterdam", &content), &scratch->err, ERR_NOT_FOUND);
    assert_fails(read_in(scratch, "Zulu/Below", &content), &scratch->err, ERR_NOT_FOUND);
    assert_non_null(strstr(scratch->err.hint, scratch->path));
}

static void names_that_are_none(void **state)
{
    struct scratch *scratch = *state;
    static const char *const names[] = {"",          "/etc/passwd", "../UTC",  "Etc/../UTC", "a//b", "Etc/",
                                        "Etc/UTC\n", "-x",          "Etc UTC", ".hidden",    "a\\b", ":UTC"};
    BUF_SCOPED content = BUF_EMPTY;
    char long_name[66];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_fails(read_in(scratch, names[i], &content), &scratch->err, ERR_INVALID);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[65] = '\0';
    assert_fails(read_in(scratch, long_name, &content), &scratch->err, ERR_INVALID);
    assert_int_equal(content.size, 0);
}

static void what_is_no_small_file_is_refused(void **state)
{
    struct scratch *scratch = *state;
    BUF_SCOPED content = BUF_EMPTY;
    int fd;

    make_dir(scratch->fd, "Europe");
    assert_fails(read_in(scratch, "Europe", &content), &scratch->err, ERR_INVALID);
    assert_int_equal(mkfifoat(scratch->fd, "Fifo", 0600), 0);
    assert_fails(read_in(scratch, "Fifo", &content), &scratch->err, ERR_INVALID);
    write_text(scratch->fd, "Large", "TZif");
    fd = openat(scratch->fd, "Large", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 65536), 0);
    assert_ok(read_in(scratch, "Large", &content), &scratch->err);
    assert_int_equal(ftruncate(fd, 65537), 0);
    close(fd);
    assert_fails(read_in(scratch, "Large", &content), &scratch->err, ERR_INVALID);
}

static void the_zone_of_the_server_is_that_of_tz_or_a_name_at_least(void **state)
{
    static const struct {
        const char *set, *name;
    } cases[] = {
        {"Europe/Amsterdam", "Europe/Amsterdam"},
        {":Asia/Tokyo", "Asia/Tokyo"},
        {"../../etc/passwd", "UTC"},
        {"/etc/localtime", "UTC"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("TZ", cases[i].set, 1);
        assert_string_equal(zone_file_local(&arena), cases[i].name);
    }
    unsetenv("TZ");
    assert_true(zone_file_local(&arena)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(a_zone_of_this_server_is_read),
        scratch_test(tzdir_and_links_are_followed),
        scratch_test(names_that_are_none),
        scratch_test(what_is_no_small_file_is_refused),
        scratch_test(the_zone_of_the_server_is_that_of_tz_or_a_name_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
