/* What rsync and ssh print, from recordings of both (tests/fuzz/corpus/rsync_output). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/rsync_output.h"
#include "plan/outcome.h"

static void read_recording(const char *name, struct buf *content)
{
    char path[512], chunk[4096];
    size_t size;
    FILE *file;

    snprintf(path, sizeof path, POBSYNC_SOURCE_DIR "/tests/fuzz/corpus/rsync_output/%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(content, chunk, size);
    fclose(file);
}

/* Feeds `text` in pieces of `step` bytes. */
static void feed(struct rsync_output *output, int stream, const char *text, size_t size, size_t step)
{
    for (size_t at = 0; at < size; at += step)
        rsync_output_feed(output, stream, text + at, size - at < step ? size - at : step);
}

static struct rsync_output read_errors(struct arena *arena, const char *text)
{
    struct rsync_output output = {0};

    rsync_output_init(&output, arena);
    feed(&output, 2, text, strlen(text), 4096);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    return output;
}

/* Each recording of an error gives its sign, its first error, and as many failed paths. */
static void errors_are_understood(void **state)
{
    static const struct {
        const char *name;
        unsigned signs;
        int64_t failed_paths;
        const char *first_error; /* how it begins */
    } rows[] = {
        {"unreadable.stderr", 0, 9,
         "rsync: [sender] opendir \"/srv/src/secret\" failed: Permission denied (13)"},
        {"source_missing.stderr", SIGN_SOURCE_MISSING, 0,
         "rsync: [sender] change_dir \"/srv/nope\" failed: No such"},
        {"source_is_a_file.stderr", SIGN_SOURCE_MISSING, 0,
         "rsync: [sender] change_dir \"/srv/src/f3\" failed: Not a"},
        {"source_denied.stderr", SIGN_SOURCE_DENIED, 1,
         "rsync: [sender] change_dir \"/srv/src/secret\" failed: Perm"},
        {"vanished.stderr", 0, 0, "file has vanished: \"/srv/src/z_gone\""},
        {"no_space.stderr", SIGN_NO_SPACE, 1, "rsync: [receiver] write failed on \"/backups/web1/"},
        {"no_inodes.stderr", SIGN_NO_SPACE, 6, "rsync: [receiver] mkstemp \"/backups/web1/"},
        {"read_only.stderr", SIGN_IO_ERROR, 8, "rsync: [generator] failed to set times on \"/backups/"},
        {"too_many_links.stderr", SIGN_TOO_MANY_LINKS, 1, "rsync: [generator] link \"/backups/web1/"},
        {"timeout.stderr", 0, 0, "[Receiver] io timeout after 2 seconds -- exiting"},
        {"cut.stderr", SIGN_UNREACHABLE, 0, "Connection to 192.0.2.17 closed by remote host."},
        {"noisy_shell.stderr", SIGN_NOT_CLEAN, 0, "protocol version mismatch -- is your shell clean?"},
        {"no_rsync.stderr", SIGN_NO_RSYNC, 0, "/bin/sh: 1: rsync: not found"},
        {"no_sudo.stderr", SIGN_NO_RSYNC, 0, "bash: line 1: sudo: command not found"},
        {"disabled.stderr", 0, 0, "This account is disabled"},
        {"rrsync_missing.stderr", SIGN_SOURCE_MISSING, 0, "/usr/bin/rrsync error: post-realpath open failed"},
        {"rrsync_option.stderr", SIGN_REFUSED_BY_RRSYNC, 0,
         "/usr/bin/rrsync error: option -s has been disabled"},
        {"rrsync_directory.stderr", SIGN_REFUSED_BY_RRSYNC, 0,
         "/usr/bin/rrsync error: Restricted directory does not"},
        {"rrsync_outside.stderr", SIGN_REFUSED_BY_RRSYNC, 0, "/usr/bin/rrsync error: do not use .. in arg"},
        {"denied.stderr", SIGN_AUTH, 0, "root@192.0.2.17: Permission denied (publickey)."},
        {"refused.stderr", SIGN_UNREACHABLE, 0, "ssh: connect to host 192.0.2.17 port "},
        {"unresolved.stderr", SIGN_UNREACHABLE, 0, "ssh: Could not resolve hostname no-such-name.invalid"},
        {"host_key_changed.stderr", SIGN_HOST_KEY, 0, "Host key for [192.0.2.17]:"},
        {"host_key_unknown.stderr", SIGN_HOST_KEY, 0, "No ED25519 host key is known for [192.0.2.17]:"},
        {"link_dest.stderr", 0, 0, "--link-dest arg does not exist: /nonexistent/base"},
        {"xattr.stderr", SIGN_IO_ERROR, 5,
         "rsync: [receiver] rsync_xal_set: lsetxattr(\"/backups/web1/x\",\"user.n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        BUF_SCOPED content = BUF_EMPTY;
        struct rsync_output output;

        read_recording(rows[i].name, &content);
        output = read_errors(&arena, buf_text(&content));
        if (output.signs != rows[i].signs || output.stats.failed_paths != rows[i].failed_paths ||
            strncmp(output.first_error, rows[i].first_error, strlen(rows[i].first_error)) != 0)
            fail_msg("%s: signs %#x, %lld failed paths, first error: %s", rows[i].name, output.signs,
                     (long long)output.stats.failed_paths, output.first_error);
    }
}

static void paths_are_read_back(void **state)
{
    static const char *const unreadable[] = {
        "/srv/src/secret",
        "/srv/src/sub/esc\\x1b[31m",
        "/srv/src/sub/inv\\xff\\xfe",
        "/srv/src/sub/mit\\x0azeile",
        "/srv/src/sub/mit\"quote",
        "/srv/src/sub/raw",
        "/srv/src/sub/shadow",
        "/srv/src/sub/tail: Permission denied (13)",
        "/srv/src/sub/uml\xc3\xa4ut",
    };
    static const struct run_path others[] = {
        {"/backups/web1/x", "Operation not supported"}, {"srv/a, b.txt", "Operation not supported"},
        {"/backups/web1/l", "File name too long"},      {"/etc/shadow", "Permission denied"},
        {"/srv/rotten", "Input/output error"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED first = BUF_EMPTY;
    BUF_SCOPED second = BUF_EMPTY;
    struct rsync_output output;

    (void)state;
    read_recording("unreadable.stderr", &first);
    output = read_errors(&arena, buf_text(&first));
    assert_int_equal(output.path_count, sizeof unreadable / sizeof unreadable[0]);
    for (size_t i = 0; i < output.path_count; i++) {
        assert_string_equal(output.paths[i].path, unreadable[i]);
        assert_string_equal(output.paths[i].reason, "Permission denied");
    }
    read_recording("xattr.stderr", &second);
    output = read_errors(&arena, buf_text(&second));
    assert_int_equal(output.path_count, sizeof others / sizeof others[0]);
    for (size_t i = 0; i < output.path_count; i++) {
        assert_string_equal(output.paths[i].path, others[i].path);
        assert_string_equal(output.paths[i].reason, others[i].reason);
    }
}

static void progress_and_statistics(void **state)
{
    (void)state;
    /* In one piece, byte by byte, and in pieces that end anywhere. */
    for (size_t step = 1; step < 5000; step = step * 3 + 4) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        BUF_SCOPED content = BUF_EMPTY;
        struct rsync_output output = {0};

        read_recording("success.stdout", &content);
        rsync_output_init(&output, &arena);
        feed(&output, 1, buf_text(&content), content.size, step);
        rsync_output_finish(&output);
        rsync_output_release(&output);
        assert_int_equal(output.progress.bytes, 4350000);
        assert_int_equal(output.progress.percent, 99);
        assert_int_equal(output.progress.bytes_per_second, 19776143);
        assert_int_equal(output.progress.files_done, 30);
        assert_int_equal(output.progress.files_left, 0);
        assert_int_equal(output.progress.files_total, 35);
        assert_true(output.progress.list_complete);
        assert_int_equal(output.stats.transferred, 30);
        assert_int_equal(output.stats.sent, 623);
        assert_int_equal(output.stats.received, 4352871);
        assert_int_equal(output.stats.failed_paths, 0);
        assert_int_equal(output.stats.files, -1);
        assert_null(output.first_error);
    }
}

static void a_growing_list_has_no_percentage(void **state)
{
    static const char record[] = "        1234567  12%   10.00MB/s    0:00:12 (xfr#5, ir-chk=1000/2000)\r";
    static const char one_file[] = "        2234567  13%   11.50kB/s   ??:??:??  \r";
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_output output = {0};

    (void)state;
    rsync_output_init(&output, &arena);
    rsync_output_feed(&output, 1, record, strlen(record));
    assert_int_equal(output.progress.bytes, 1234567);
    assert_int_equal(output.progress.bytes_per_second, 10 << 20);
    assert_int_equal(output.progress.files_done, 5);
    assert_int_equal(output.progress.files_left, 1000);
    assert_int_equal(output.progress.files_total, 2000);
    assert_false(output.progress.list_complete);
    rsync_output_feed(&output, 1, one_file, strlen(one_file));
    assert_int_equal(output.progress.bytes, 2234567);
    assert_int_equal(output.progress.bytes_per_second, 11776);
    assert_int_equal(output.progress.files_total, 2000);
    rsync_output_release(&output);
}

struct logged {
    int lines, errors;
    size_t longest;
};

static void on_line(void *context, bool is_error, const char *line)
{
    struct logged *logged = context;

    assert_int_equal(strpbrk(line, "\033\r\n") == NULL, 1);
    logged->lines++;
    logged->errors += is_error;
    logged->longest = strlen(line) > logged->longest ? strlen(line) : logged->longest;
}

/* Statistics on standard error, escapes and a line without end change nothing but the log, which stays bounded. */
static void forgery_is_only_text(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED forged = BUF_EMPTY;
    BUF_SCOPED odd = BUF_EMPTY;
    struct logged logged = {0};
    struct rsync_output output = {.log_line = on_line, .context = &logged};

    (void)state;
    read_recording("forged.stderr", &forged);
    read_recording("dry_list.stdout", &odd);
    rsync_output_init(&output, &arena);
    feed(&output, 2, buf_text(&forged), forged.size, 1000);
    feed(&output, 1, buf_text(&odd), odd.size, 1000);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    assert_int_equal(output.stats.received, -1);
    assert_int_equal(output.stats.sent, -1);
    assert_int_equal(output.stats.transferred, -1);
    assert_int_equal(output.stats.failed_paths, 0);
    assert_int_equal(output.signs, 0);
    assert_int_equal(output.progress.files_total, 2000);
    assert_int_equal(logged.errors, 4);
    assert_int_equal(logged.lines, 4 + 5);
    assert_in_range(logged.longest, 8192, RSYNC_OUTPUT_LINE_MAX + 10);
}

static void lists_are_bounded(void **state)
{
    static const char line[] =
        "rsync: [sender] send_files failed to open \"/srv/a\": Permission denied (13)\n";
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED large = BUF_EMPTY;
    struct rsync_output output = {0};

    (void)state;
    rsync_output_init(&output, &arena);
    for (int i = 0; i < RSYNC_OUTPUT_PATHS_MAX + 5; i++)
        rsync_output_feed(&output, 2, line, strlen(line));
    assert_int_equal(output.path_count, RSYNC_OUTPUT_PATHS_MAX);
    assert_int_equal(output.stats.failed_paths, RSYNC_OUTPUT_PATHS_MAX + 5);
    assert_ptr_equal(output.paths[0].reason, output.paths[9999].reason);
    rsync_output_release(&output);

    output = (struct rsync_output){0};
    rsync_output_init(&output, &arena);
    buf_add_text(&large, "rsync: [sender] send_files failed to open \"/");
    for (int i = 0; i < 10000; i++)
        buf_add_text(&large, "\\#001");
    buf_add_text(&large, "\": Permission denied (13)\n");
    for (int i = 0; i < 400; i++)
        rsync_output_feed(&output, 2, buf_text(&large), large.size);
    assert_int_equal(output.stats.failed_paths, 400);
    assert_in_range(output.path_count, 100, 399);
    assert_in_range(output.path_bytes, 1 << 20, RSYNC_OUTPUT_PATHS_BYTES);
    rsync_output_release(&output);
}

/* A name can say anything; the reason is what stands behind it. */
static void names_give_no_signs(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_output output = read_errors(
        &arena,
        "rsync: [sender] send_files failed to open \"/No space left on device (28)\": Permission denied (13)\n"
        "rsync: [sender] send_files failed to open \"/Host key verification failed.\": Permission denied (13)\n"
        "rsync: [sender] write failed on \"/srv/x\": No space left on device (28)\n");

    (void)state;
    assert_int_equal(output.signs, 0);
    assert_int_equal(output.stats.failed_paths, 3);
}

static void the_most_telling_line_comes_first(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct rsync_output output;

    (void)state;
    output = read_errors(&arena,
                         "Authorized users only!\nsudo: a password is required\n"
                         "rsync: connection unexpectedly closed (0 bytes received so far) [Receiver]\nbye\n");
    assert_string_equal(output.first_error, "sudo: a password is required");
    output =
        read_errors(&arena, "rsync error: unexplained error (code 255) at io.c(285) [Receiver=3.5.0]\nbye\n");
    assert_string_equal(output.first_error,
                        "rsync error: unexplained error (code 255) at io.c(285) [Receiver=3.5.0]");
    output = read_errors(&arena,
                         "Warning: Permanently added 'pobsync-web1' (ED25519) to the list of known hosts.\n");
    assert_null(output.first_error);
    output = read_errors(&arena, "rsync: [sender] opendir \"/srv/.\" failed: Permission denied (13)\n");
    assert_int_equal(output.signs, SIGN_SOURCE_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_understood),   cmocka_unit_test(paths_are_read_back),
        cmocka_unit_test(progress_and_statistics), cmocka_unit_test(a_growing_list_has_no_percentage),
        cmocka_unit_test(forgery_is_only_text),    cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(names_give_no_signs),     cmocka_unit_test(the_most_telling_line_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
