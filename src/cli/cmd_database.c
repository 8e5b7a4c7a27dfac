/* pobsync database */
#include <string.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "service/service_database.h"

static int run_backup(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    bool warns;

    if (service == NULL || service_database_backup(service, call_value(call, "to"), &document, err) < 0)
        return -1;
    warns = !json_is_null(json_object_get(document, "warning"));
    if (call->json) {
        call_add_json(call, document);
    } else {
        buf_printf(&call->out, "%s\n", cell_text(call->arena, document, "path"));
        call_note(call, "%s, schema %s, checked", cell_bytes(call->arena, document, "bytes"),
                  cell_count(call->arena, document, "schema"));
        if (warns)
            call_note(call, "warning: %s", cell_text(call->arena, document, "warning"));
    }
    return warns ? err_exit_status(ERR_PARTIAL) : 0;
}

/* The path comes last, so that a narrow terminal cuts nothing else off. */
static void render_copies(struct call *call, const json_t *items, int64_t now)
{
    static const struct table_column columns[] = {
        {"MADE", TABLE_LEFT}, {"SIZE", TABLE_RIGHT}, {"PLACE", TABLE_LEFT}, {"COPY", TABLE_LEFT}};
    struct table table = TABLE_OF(call->arena, columns);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *path = cell_text(call->arena, item, "path");

        table_add(&table, cell_ago(call->arena, item, "modified_at", now));
        table_add(&table, cell_bytes(call->arena, item, "bytes"));
        table_add(&table, cell_text(call->arena, item, "place"));
        table_add(&table, path);
    }
    table_render(&table, &call->terminal, &call->out);
}

static int run_list(struct call *call, struct err *err)
{
    struct service *service = call_service(call, err);
    JSON_SCOPED *document = NULL;
    const json_t *items;

    if (service == NULL || document_database_copies(service, &document, err) < 0)
        return -1;
    items = json_object_get(document, "items");
    if (call->json)
        call_add_json(call, document);
    else if (json_array_size(items) == 0)
        call_note(call, "no copies yet; make one: pobsync database backup");
    else
        render_copies(call, items, service->now);
    return 0;
}

static int run_check(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;
    bool ok;

    if (service_open_unmigrated(&call->service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (service_database_check(&call->service, call_word(call, 1), &document, err) < 0)
        return -1;
    ok = json_is_true(json_object_get(document, "ok"));
    if (call->json)
        call_add_json(call, document);
    else if (ok)
        buf_printf(&call->out, "ok: %s, schema %s\n", cell_text(call->arena, document, "path"),
                   cell_count(call->arena, document, "schema"));
    else
        buf_printf(&call->out, "failed: %s\n", cell_text(call->arena, document, "found"));
    return ok ? 0 : err_exit_status(ERR_FAILED);
}

static int run_restore(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (call_word(call, 1) == NULL) {
        err_set(err, ERR_USAGE, "\"database restore\" needs FILE");
        return err_hint(err, "pobsync database list shows the copies that there are");
    }
    if (service_open_state(&call->service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (service_database_restore(&call->service, call_word(call, 1), call_has(call, "yes"), &document, err) <
        0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    call_note(call, "%s is now the copy (schema %s)", cell_text(call->arena, document, "path"),
              cell_count(call->arena, document, "schema"));
    if (!json_is_null(json_object_get(document, "kept")))
        call_note(call, "what was there before is kept as %s", cell_text(call->arena, document, "kept"));
    call_note(call, "next: pobsync check; then pobsync discover-snapshots, for what was made since the copy");
    return 0;
}

static int run_copy(struct call *call, struct err *err)
{
    JSON_SCOPED *document = NULL;

    if (call_word(call, 2) == NULL) {
        err_set(err, ERR_USAGE, "\"database copy\" needs two databases, FROM and TO");
        return err_hint(
            err, "both are URLs, as in POBSYNC_DATABASE: sqlite:///PATH or mariadb://USER@HOST/DATABASE");
    }
    if (service_open_state(&call->service, call->arena, "cli", err) < 0)
        return -1;
    call->service_is_open = true;
    if (service_database_transfer(&call->service, call_word(call, 1), call_word(call, 2), &document, err) < 0)
        return -1;
    if (call->json) {
        call_add_json(call, document);
        return 0;
    }
    call_note(call, "copied from %s to %s and compared: %s rows, schema %s",
              cell_text(call->arena, document, "from"), cell_text(call->arena, document, "to"),
              cell_count(call->arena, document, "rows"), cell_count(call->arena, document, "schema"));
    call_note(call, "next: set POBSYNC_DATABASE to the new one, then pobsync check");
    return 0;
}

static int refuse_option(const struct call *call, const char *option, const char *only, struct err *err)
{
    if (!call_has(call, option) || strcmp(call_word(call, 0), only) == 0)
        return 0;
    err_set(err, ERR_USAGE, "--%s is for \"database %s\" only", option, only);
    return err_hint(err, "see pobsync database --help");
}

static int run(struct call *call, struct err *err)
{
    const char *action = call_word(call, 0);
    bool copies = strcmp(action, "copy") == 0;
    bool takes_file = copies || strcmp(action, "check") == 0 || strcmp(action, "restore") == 0;
    const char *excess = !takes_file ? call_word(call, 1) : !copies ? call_word(call, 2) : NULL;

    if (refuse_option(call, "to", "backup", err) < 0 || refuse_option(call, "yes", "restore", err) < 0)
        return -1;
    if (excess != NULL)
        return err_set(err, ERR_USAGE, "\"%s\" is one word too many for \"database %s\"", excess, action);
    return strcmp(action, "backup") == 0  ? run_backup(call, err)
           : strcmp(action, "list") == 0  ? run_list(call, err)
           : strcmp(action, "check") == 0 ? run_check(call, err)
           : copies                       ? run_copy(call, err)
                                          : run_restore(call, err);
}

static const struct option_spec options[] = {
    {"to", 0, "PATH", "backup: a file that is not there yet, or a directory, instead of the usual place"},
    {"yes", 0, NULL, "restore: do it"},
    {0},
};

const struct command cmd_database = {
    .name = "database",
    .summary = "copy, check or bring back the database of pobsync itself",
    .operands = "backup|list|check|restore|copy [FILE] [TO]",
    .options = options,
    .details =
        "backup: copies the database while it is in use, as is done every night, into .pobsync/database/ of the "
        "backup root; the newest 14 are kept there. list: the copies that there are, those from before upgrades "
        "among them. check: looks for damage in the database, or in the copy FILE.\n\n"
        "restore: puts the copy FILE in the place of the database. Refused while pobsync runs. The database that "
        "was there stays beside it, as NAME.replaced-TIME. Snapshots are not touched.\n\n"
        "copy FROM TO: copies all rows of one database into an empty one, of whatever kind, and compares them "
        "row by row. Both are URLs, as in POBSYNC_DATABASE; the password of one on a server stands in the file that its "
        "option password_file=PATH names. Stop pobsync first.",
    .exits =
        "1 when check finds damage or copy a difference, 3 when the copy is not in the backup root, 5 when there is no such file, 6 "
        "while the database is in use, 7 when restore is not confirmed, or copy finds rows in TO.",
    .examples = "pobsync database backup --to /mnt/usb\n"
                "pobsync database restore /root/pobsync-20261122-033000Z.db --yes\n"
                "pobsync database copy sqlite:///srv/p.db mariadb://p@db.example/pobsync",
    .json = true,
    .run = run,
};
