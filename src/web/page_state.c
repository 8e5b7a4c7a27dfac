/* What programs ask that watch this one. */
#include "web/page.h"
#include "web/visit.h"

int page_health(struct visit *visit, json_t **document, struct err *err)
{
    (void)document;
    (void)err;
    visit_answer(visit, 200, "text/plain; charset=utf-8", "ok\n");
    return 0;
}

/* The database has answered before this is called. */
int page_ready(struct visit *visit, json_t **document, struct err *err)
{
    int found, expected;

    (void)document;
    if (db_schema_version(visit->service->db, &found, &expected, err) < 0)
        return -1;
    if (found == expected)
        visit_answer(visit, 200, "text/plain; charset=utf-8", "ready\n");
    else
        visit_answer(visit, 503, "text/plain; charset=utf-8", "the database has another schema\n");
    return 0;
}
