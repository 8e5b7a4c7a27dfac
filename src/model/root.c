/* The names of the states of a backup root. */
#include "model/root.h"

static const char *const states[] = {
#define STATE_ROW(state, name) [state] = name,
    ROOT_STATE_LIST(STATE_ROW)
#undef STATE_ROW
};

const char *root_state_name(enum root_state state)
{
    return (unsigned)state < ROOT_STATE__MAX ? states[state] : "unknown";
}
