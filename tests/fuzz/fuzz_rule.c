/* Every grammar with the same text: what is taken can do no harm where it goes. */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "fuzz.h"
#include "model/rule.h"

/* What an accepted value must not hold, on top of what no value may. */
static const struct {
    int (*rule)(const char *value, struct err *err);
    bool dash_may_lead;
    const char *never; /* characters */
} rules[] = {
    {rule_host_name, false, " /\\:@%$*?[]\"'`;|&<>(){}~#,=!^+ABCXYZ"},
    {rule_address, false, " /\\@%$*?\"'`;|&<>(){}~#,=!^+"},
    {rule_ssh_user, false, " /\\:@%*?[]\"'`;|&<>(){}~#,=!^+"},
    {rule_source_root, false, "*?[\\"},
    {rule_include, true, "*?[\\"},
    {rule_exclude, true, ""},
    {rule_local_path, false, "\"'\\"},
    {rule_rsync_binary, false, "\"'\\"},
    {rule_rsync_arg, true, "\\\"'`;|&<>(){}$*?[]~#!"},
    {rule_ssh_option, false, " /\\%$*?\"'`;|&<>(){}~#!"},
    {rule_timezone, false, " .\\:@%$*?[]\"'`;|&<>(){}~#,=!"},
    {rule_allowed_host, false, " /\\@%$*?\"'`;|&<>(){}~#,=!"},
    {rule_proxy, false, " \\@%$*?[]\"'`;|&<>(){}~#,=!-"},
    {rule_reason, true, ""},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *value = arena_copy(&arena, data, size);

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct err err = {0};

        if (rules[i].rule(value, &err) < 0) {
            assert(err.code == ERR_INVALID && err.message[0] != '\0');
            assert(text_is_utf8(err.message, strlen(err.message)) && !text_has_control(err.message));
            continue;
        }
        assert(value[0] != '\0' && strlen(value) <= 4000);
        assert(text_is_utf8(value, strlen(value)) && !text_has_control(value));
        assert(rules[i].dash_may_lead || value[0] != '-');
        assert(strpbrk(value, rules[i].never) == NULL);
        if (rules[i].rule == rule_ssh_option)
            assert(rule_ssh_option_name(value) != NULL);
        if (rules[i].rule == rule_rsync_arg)
            assert(strncmp(value, "--", 2) == 0 &&
                   (strchr(value, ' ') == NULL || strcmp(value, "--rsync-path=sudo rsync") == 0));
    }
    return 0;
}
