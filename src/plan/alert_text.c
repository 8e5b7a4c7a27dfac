/* What an alert says. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"
#include "plan/alert.h"

enum { WIDTH = 76, NAMED = 3 };

static const char *name_of(const struct alert *alert)
{
    return alert->host != NULL ? alert->host : "backup root";
}

/* "web1 failed", "web1 is still missed", "the backup root is ok again" in few words. */
static const char *headline(struct arena *arena, const struct alert *alert)
{
    const char *health = health_name(alert->health);

    switch (alert->event) {
    case ALERT_RECOVERED:
        return arena_printf(arena, "%s is %s again", name_of(alert), health);
    case ALERT_LASTS:
        return arena_printf(arena, "%s still: %s", name_of(alert), health);
    case ALERT_RAISED:
    case ALERT_CHANGED:
    case ALERT_NONE:
    case ALERT_EVENT__MAX:
        break;
    }
    return arena_printf(arena, "%s: %s", name_of(alert), health);
}

const char *alert_subject(struct arena *arena, const struct alert *alerts, size_t count)
{
    BUF_SCOPED out = BUF_EMPTY;

    buf_add_text(&out, "[pobsync] ");
    for (size_t i = 0; i < count && i < NAMED; i++)
        buf_printf(&out, "%s%s", i == 0 ? "" : "; ", headline(arena, &alerts[i]));
    if (count > NAMED)
        buf_printf(&out, "; and %zu more", count - NAMED);
    return arena_copy(arena, buf_text(&out), out.size);
}

/* Words, broken into lines that begin with two blanks. A word that does not fit stands alone. */
static void add_wrapped(struct buf *out, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, " \n");

        if (column > 0 && column + 1 + size > WIDTH) {
            buf_add_char(out, '\n');
            column = 0;
        }
        buf_add_text(out, column == 0 ? "  " : " ");
        buf_add(out, text, size);
        column += size + (column == 0 ? 2 : 1);
        text += size;
        text += strspn(text, " \n");
    }
    buf_add_char(out, '\n');
}

static void add_alert(struct arena *arena, struct buf *out, const struct alert *alert)
{
    char since[WHEN_TEXT];

    buf_add_text(out, headline(arena, alert));
    if (alert->since > 0)
        buf_printf(out, ", since %s UTC", when_minute(since, alert->since));
    if (alert->was_told && alert->previous != alert->health)
        buf_printf(out, " (was: %s)", health_name(alert->previous));
    buf_add_text(out, "\n");
    if (alert->reason != NULL && alert->reason[0] != '\0')
        add_wrapped(out, alert->reason);
    if (alert->event != ALERT_RECOVERED && alert->host != NULL)
        buf_printf(out, "  Look at it with: pobsync show %s; pobsync runs --host %s\n", alert->host,
                   alert->host);
    if (alert->event != ALERT_RECOVERED && alert->host == NULL)
        buf_add_text(out, "  No host can be backed up until then. Look at it with: pobsync check\n");
    buf_add_text(out, "\n");
}

const char *alert_body(struct arena *arena, const struct alert *alerts, size_t count, const char *server,
                       int64_t now)
{
    BUF_SCOPED out = BUF_EMPTY;
    char at[WHEN_TEXT];

    for (size_t i = 0; i < count; i++)
        add_alert(arena, &out, &alerts[i]);
    buf_printf(&out, "Told by pobsync on %s at %s UTC.\nWhat lasts is told again every day.\n", server,
               when_minute(at, now));
    return arena_copy(arena, buf_text(&out), out.size);
}
