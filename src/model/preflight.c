/* The names of the states and levels of a preflight. */
#include "model/preflight.h"

static const char *const states[] = {
#define STATE_ROW(state, name) [state] = name,
    PREFLIGHT_STATE_LIST(STATE_ROW)
#undef STATE_ROW
};

static const char *const levels[] = {
    [PREFLIGHT_OK] = "ok",
    [PREFLIGHT_WARN] = "warn",
    [PREFLIGHT_FAIL] = "fail",
};

const char *preflight_state_name(enum preflight_state state)
{
    return (unsigned)state < PREFLIGHT_STATE__MAX ? states[state] : "unknown";
}

const char *preflight_level_name(enum preflight_level level)
{
    return (unsigned)level < PREFLIGHT_LEVEL__MAX ? levels[level] : "unknown";
}
