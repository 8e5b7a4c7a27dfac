/* Command lines, read by the tables of the commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/help.h"
#include "cli/option.h"

enum { WORDS_MAX = 16 };

static struct arena arena;
static struct call call;
static struct err err;

static int release(void **state)
{
    (void)state;
    call_release(&call);
    arena_release(&arena);
    return 0;
}

/* Parses `pobsync WORD... ` up to the NULL. */
static int parse(const char *first, ...)
{
    char *argv[WORDS_MAX + 2] = {arena_strdup(&arena, "pobsync")};
    int argc = 1;
    va_list words;

    call = (struct call){.arena = &arena};
    err = (struct err){0};
    va_start(words, first);
    for (const char *word = first; word != NULL && argc <= WORDS_MAX; word = va_arg(words, const char *))
        argv[argc++] = arena_strdup(&arena, word);
    va_end(words);
    return option_parse(argc, argv, &call, &err);
}

static void assert_refused(enum err_code code, const char *message, const char *hint)
{
    assert_int_equal(err.code, code);
    if (strstr(err.message, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, err.message);
    if (strstr(err.hint, hint) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", hint, err.hint);
}

static void options_and_operands_mix(void **state)
{
    (void)state;
    assert_int_equal(parse("-v", "--json", "backup", "--manual", "web1", "--color=never", "-qv", NULL), 0);
    assert_string_equal(call.command->name, "backup");
    assert_string_equal(call_word(&call, 0), "web1");
    assert_null(call_word(&call, 1));
    assert_true(call_has(&call, "manual"));
    assert_false(call_has(&call, "dry-run"));
    assert_true(call.json);
    assert_true(call.quiet);
    assert_int_equal(call.verbose, 2);
    assert_int_equal(call.color, COLOR_NEVER);
}

static void posixly_correct_changes_nothing(void **state)
{
    (void)state;
    setenv("POSIXLY_CORRECT", "1", 1);
    assert_int_equal(parse("backup", "web1", "--manual", NULL), 0);
    unsetenv("POSIXLY_CORRECT");
    assert_true(call_has(&call, "manual"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(parse("show", "--", "--json", NULL), 0);
    assert_string_equal(call_word(&call, 0), "--json");
    assert_false(call.json);
    assert_int_equal(parse("--", "show", "web1", NULL), 0);
    assert_string_equal(call.command->name, "show");
    assert_string_equal(call_word(&call, 0), "web1");
}

static void values_stand_behind_or_beside(void **state)
{
    (void)state;
    assert_int_equal(parse("runs", "--host", "web1", "--limit=5", "--limit", "7", NULL), 0);
    assert_string_equal(call_value(&call, "host"), "web1");
    assert_string_equal(call_value(&call, "limit"), "7");
    assert_null(call_value(&call, "state"));
    assert_int_equal(parse("runs", "--host=--json", NULL), 0);
    assert_string_equal(call_value(&call, "host"), "--json");
}

static const char *change_text(const char *name)
{
    for (size_t i = 0; i < call.change_count; i++)
        if (strcmp(call.changes[i].field->name, name) == 0)
            return call.changes[i].text != NULL ? call.changes[i].text : "(unset)";
    return "(absent)";
}

static void settings_become_changes(void **state)
{
    (void)state;
    assert_int_equal(parse("configure-host", "web1", "--ssh-port", "1", "--ssh-port=2222", "--no-enabled",
                           "--unset", "keep-daily", "--unset=keep_weekly", "--one-file-system", NULL),
                     0);
    assert_int_equal(call.change_count, 5);
    assert_string_equal(change_text("ssh_port"), "2222");
    assert_string_equal(change_text("enabled"), "no");
    assert_string_equal(change_text("one_file_system"), "yes");
    assert_string_equal(change_text("keep_daily"), "(unset)");
    assert_string_equal(change_text("keep_weekly"), "(unset)");
    assert_string_equal(change_text("address"), "(absent)");
}

static void lists_collect_their_items(void **state)
{
    (void)state;
    assert_int_equal(parse("configure-host", "web1", "--excludes", "*.tmp", "--excludes=/a b", NULL), 0);
    assert_string_equal(change_text("excludes"), "*.tmp\n/a b");
    assert_int_equal(parse("configure-host", "web1", "--excludes", "", NULL), 0);
    assert_string_equal(change_text("excludes"), "");
    assert_int_equal(
        parse("configure-host", "web1", "--excludes", "", "--excludes", "a", "--excludes", "", NULL), 0);
    assert_string_equal(change_text("excludes"), "a");
    assert_int_equal(parse("configure-host", "web1", "--excludes", "a\nb", NULL), -1);
    assert_refused(ERR_INVALID, "--excludes", "");
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("configure-host", "web1", "--ssh-port", "1", "--unset", "ssh_port", NULL), -1);
    assert_refused(ERR_USAGE, "--ssh-port and --unset ssh-port", "");
    assert_int_equal(parse("configure-host", "web1", "--unset", "ssh_port", "--ssh-port", "1", NULL), -1);
    assert_refused(ERR_USAGE, "--ssh-port and --unset ssh-port", "");
}

static void a_setting_of_the_other_scope_says_where_it_belongs(void **state)
{
    (void)state;
    assert_int_equal(parse("configure-host", "web1", "--backup-root", "/b", NULL), -1);
    assert_refused(ERR_INVALID, "--backup-root", "configure-global");
    assert_int_equal(parse("configure-global", "--address", "x", NULL), -1);
    assert_refused(ERR_INVALID, "--address", "configure-host");
    assert_int_equal(parse("configure-host", "web1", "--unset", "backup-root", NULL), -1);
    assert_refused(ERR_USAGE, "\"backup-root\"", "");
}

static void unknown_words_get_a_suggestion(void **state)
{
    (void)state;
    assert_int_equal(parse("bakcup", "web1", NULL), -1);
    assert_refused(ERR_USAGE, "\"bakcup\"", "did you mean backup?");
    assert_int_equal(parse("backup", "web1", "--dryrun", NULL), -1);
    assert_refused(ERR_USAGE, "\"--dryrun\"", "did you mean --dry-run? see pobsync backup --help");
    assert_int_equal(parse("configure-host", "web1", "--ssh-prot=1", NULL), -1);
    assert_refused(ERR_USAGE, "\"--ssh-prot\"", "did you mean --ssh-port?");
    assert_int_equal(parse("configure-host", "web1", "--unset", "ssh-prot", NULL), -1);
    assert_refused(ERR_USAGE, "\"ssh-prot\"", "did you mean ssh-port?");
    assert_int_equal(parse("xyzzy", NULL), -1);
    assert_refused(ERR_USAGE, "\"xyzzy\"", "see pobsync --help");
    assert_null(strstr(err.hint, "did you mean"));
}

static void names_are_never_abbreviated(void **state)
{
    (void)state;
    assert_int_equal(parse("backup", "web1", "--dry", NULL), -1);
    assert_refused(ERR_USAGE, "\"--dry\"", "did you mean --dry-run?");
    assert_int_equal(parse("runs", "--lim", "3", NULL), -1);
    assert_refused(ERR_USAGE, "\"--lim\"", "did you mean --limit?");
    assert_int_equal(parse("runs", "--lim=3", NULL), -1);
    assert_refused(ERR_USAGE, "\"--lim\"", "did you mean --limit?");
    assert_int_equal(parse("runs", "--lim", NULL), -1);
    assert_refused(ERR_USAGE, "\"--lim\"", "did you mean --limit?");
}

static void what_is_malformed_is_said(void **state)
{
    (void)state;
    assert_int_equal(parse("runs", "--limit", NULL), -1);
    assert_refused(ERR_USAGE, "--limit needs a value", "pobsync runs --help");
    assert_int_equal(parse("backup", "web1", "--manual=yes", NULL), -1);
    assert_refused(ERR_USAGE, "--manual takes no value", "");
    assert_int_equal(parse("runs", "--state", "great", NULL), -1);
    assert_refused(ERR_USAGE, "\"great\" is none of queued|", "");
    assert_int_equal(parse("runs", "--state", "fail", NULL), -1);
    assert_int_equal(parse("completion", "ksh", NULL), -1);
    assert_refused(ERR_USAGE, "\"ksh\" is none of bash|zsh|fish", "");
    assert_int_equal(parse("backup", NULL), -1);
    assert_refused(ERR_USAGE, "needs HOST", "");
    assert_int_equal(parse("release", "web1", NULL), -1);
    assert_refused(ERR_USAGE, "needs SNAPSHOT", "");
    assert_int_equal(parse("backup", "web1", "web2", NULL), -1);
    assert_refused(ERR_USAGE, "\"web2\" is one word too many", "");
    assert_int_equal(parse("backup", "-x", NULL), -1);
    assert_refused(ERR_USAGE, "\"-x\"", "");
    assert_int_equal(parse("completion", "bash", "--json", NULL), -1);
    assert_refused(ERR_USAGE, "has no --json", "");
}

static void help_and_version_need_no_operands(void **state)
{
    (void)state;
    assert_int_equal(parse("backup", "--help", NULL), 0);
    assert_int_equal(call.wish, CALL_HELP);
    assert_string_equal(call.command->name, "backup");
    assert_int_equal(parse("-h", NULL), 0);
    assert_int_equal(call.wish, CALL_HELP);
    assert_null(call.command);
    assert_int_equal(parse("--version", NULL), 0);
    assert_int_equal(call.wish, CALL_VERSION);
    assert_int_equal(parse(NULL, NULL), 0);
    assert_int_equal(call.wish, CALL_RUN);
    assert_null(call.command);
}

static void raw_commands_get_every_word(void **state)
{
    (void)state;
    assert_int_equal(parse("__complete", "backup", "--", "--json", "--nonsense", NULL), 0);
    assert_int_equal(call.words.count, 4);
    assert_string_equal(call_word(&call, 3), "--nonsense");
    assert_false(call.json);
}

static void json_is_seen_in_a_line_that_is_not_understood(void **state)
{
    char *wants[] = {arena_strdup(&arena, "pobsync"), arena_strdup(&arena, "nonsense"),
                     arena_strdup(&arena, "--json")};
    char * not [] = {arena_strdup(&arena, "pobsync"), arena_strdup(&arena, "--"),
                     arena_strdup(&arena, "--json")};

    (void)state;
    assert_true(option_wants_json(3, wants));
    assert_false(option_wants_json(2, wants));
    assert_false(option_wants_json(3, not ));
}

/* A name that stands for two things would silently be the first of them. */
static void no_command_has_an_option_twice(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct list names = {0};

        for (const struct option_spec *spec = global_options; spec->name != NULL; spec++)
            list_add(&arena, &names, spec->name);
        for (const struct option_spec *spec = commands[i]->options; spec != NULL && spec->name != NULL;
             spec++) {
            if (list_has(&names, spec->name))
                fail_msg("%s: --%s", commands[i]->name, spec->name);
            list_add(&arena, &names, spec->name);
        }
        for (size_t j = 0; j < config_field_count; j++) {
            const char *name = field_option(&arena, &config_fields[j]) + 2;

            if ((config_fields[j].scope & commands[i]->settings) != 0 && list_has(&names, name))
                fail_msg("%s: --%s", commands[i]->name, name);
        }
        assert_ptr_equal(command_find(commands[i]->name), commands[i]);
    }
}

static void every_exit_status_has_a_sentence(void **state)
{
    (void)state;
    for (int code = 0; code < ERR__MAX; code++)
        if (help_exit_sentence(err_exit_status((enum err_code)code)) == NULL)
            fail_msg("%s", err_name((enum err_code)code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(options_and_operands_mix, release),
        cmocka_unit_test_teardown(posixly_correct_changes_nothing, release),
        cmocka_unit_test_teardown(two_dashes_end_the_options, release),
        cmocka_unit_test_teardown(values_stand_behind_or_beside, release),
        cmocka_unit_test_teardown(settings_become_changes, release),
        cmocka_unit_test_teardown(lists_collect_their_items, release),
        cmocka_unit_test_teardown(contradictions_are_refused, release),
        cmocka_unit_test_teardown(a_setting_of_the_other_scope_says_where_it_belongs, release),
        cmocka_unit_test_teardown(unknown_words_get_a_suggestion, release),
        cmocka_unit_test_teardown(names_are_never_abbreviated, release),
        cmocka_unit_test_teardown(what_is_malformed_is_said, release),
        cmocka_unit_test_teardown(help_and_version_need_no_operands, release),
        cmocka_unit_test_teardown(raw_commands_get_every_word, release),
        cmocka_unit_test_teardown(json_is_seen_in_a_line_that_is_not_understood, release),
        cmocka_unit_test_teardown(no_command_has_an_option_twice, release),
        cmocka_unit_test_teardown(every_exit_status_has_a_sentence, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
