/*
 * Which lines of a text were removed and added to make another: the shortest such list by the greedy algorithm of E. W.
 * Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1, 1986). Its cost grows with the square of
 * what differs, so beyond LINE_DIFF_EDITS_MAX all between the first and the last difference counts as replaced, which
 * is true as well. Pure. Lines are bytes; they end with a newline or with the text.
 */
#ifndef PLAN_LINE_DIFF_H
#define PLAN_LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { LINE_DIFF_EDITS_MAX = 2000 };

enum line_change { LINE_SAME, LINE_REMOVED, LINE_ADDED };
const char *line_change_name(enum line_change change); /* "same", "removed", "added" */

struct line {
    const char *bytes; /* in the text that was given, without the newline */
    size_t size;
};

/* One line of the way from the one to the other. */
struct line_edit {
    enum line_change change;
    size_t before, after; /* how many lines of each stand in front of it */
    struct line line;
};

struct line_diff {
    bool coarse;    /* too much differs: not the shortest list */
    size_t changes; /* lines that were removed or added */
    struct line_edit
        *edits; /* all lines of both, in order; of a place that was changed the removed ones first */
    size_t count;
};

/* All in `arena`, and into the texts. A missing newline at the end of one of them alone is no difference. */
void line_diff_plan(struct arena *arena, const char *before, size_t before_size, const char *after,
                    size_t after_size, struct line_diff *diff);

/* A part of the edits that is shown together: changes with at most `context` unchanged lines around them and between
 * them twice as many at most. `at` is where it begins to look, 0 first; false when there is none behind it. */
struct line_hunk {
    size_t first, count; /* of the edits */
};
bool line_diff_hunk(const struct line_diff *diff, size_t context, size_t at, struct line_hunk *hunk);

#endif
