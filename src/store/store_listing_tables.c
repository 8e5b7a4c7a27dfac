/* The tables of the admin site, each declared once. */
#include "store/store_listing.h"

#include "model/config.h"
#include "model/run.h"
#include "model/schedule.h"
#include "model/user.h"

#define WORD(value, name) name "\n"
#define CAUSE_WORD(value, name, code, hint) name "\n"
#define KINDS "scheduled\nmanual\nincomplete"
#define STATUSES "success\nwarning\npartial\nclaimed\ndeleting\ndeleted"

#define TEXT(name, sql)                                                                                      \
    {                                                                                                        \
        name, sql, LISTING_TEXT, NULL, NULL                                                                  \
    }
#define WORDS(name, sql, words)                                                                              \
    {                                                                                                        \
        name, sql, LISTING_TEXT, words, NULL                                                                 \
    }
#define ID(name, sql)                                                                                        \
    {                                                                                                        \
        name, sql, LISTING_ID, NULL, NULL                                                                    \
    }
#define NUMBER(name, sql)                                                                                    \
    {                                                                                                        \
        name, sql, LISTING_NUMBER, NULL, NULL                                                                \
    }
#define FLAG(name, sql)                                                                                      \
    {                                                                                                        \
        name, sql, LISTING_FLAG, NULL, NULL                                                                  \
    }
#define TIME(name, sql)                                                                                      \
    {                                                                                                        \
        name, sql, LISTING_TIME, NULL, NULL                                                                  \
    }
#define BYTES(name, sql)                                                                                     \
    {                                                                                                        \
        name, sql, LISTING_BYTES, NULL, NULL                                                                 \
    }
#define LINES(name, sql)                                                                                     \
    {                                                                                                        \
        name, sql, LISTING_LINES, NULL, NULL                                                                 \
    }

static const struct listing_column host_columns[] = {
    TEXT("name", "host.name"), TIME("created_at", "host.created_at"), TEXT("node", "node.name"), {0}};
static const struct listing_relation host_relations[] = {
    {"Snapshots", "snapshots", "host", "name"}, {"Runs", "runs", "host", "name"},
    {"Schedule", "schedules", "host", "name"},  {"Pinned host keys", "host-keys", "host", "name"},
    {"Purges", "purges", "host", "name"},       {0}};

static const struct listing_column schedule_columns[] = {TEXT("host", "host.name"),
                                                         TIME("created_at", "schedule.created_at"),
                                                         TIME("changed_at", "schedule.changed_at"),
                                                         TIME("last_slot_at", "schedule.last_slot_at"),
                                                         {0}};
static const struct listing_relation of_host[] = {{"Host", "hosts", "name", "host"}, {0}};

static const struct listing_column host_key_columns[] = {TEXT("fingerprint", "host_key.fingerprint"),
                                                         TEXT("host", "host.name"),
                                                         TEXT("type", "host_key.type"),
                                                         TIME("pinned_at", "host_key.pinned_at"),
                                                         TEXT("pinned_by", "host_key.pinned_by"),
                                                         TEXT("key_text", "host_key.key_text"),
                                                         {0}};

static const struct listing_column snapshot_columns[] = {
    TEXT("name", "snapshot.name"),
    TEXT("host", "host.name"),
    WORDS("kind", "snapshot.kind", KINDS),
    WORDS("status", "snapshot.status", STATUSES),
    TIME("started_at", "snapshot.started_at"),
    TIME("ended_at", "snapshot.ended_at"),
    ID("run", "snapshot.run_id"),
    TEXT("base", "snapshot.base_name"),
    NUMBER("files", "snapshot.files"),
    NUMBER("directories", "snapshot.directories"),
    BYTES("bytes", "snapshot.bytes"),
    NUMBER("linked_files", "snapshot.linked_files"),
    BYTES("new_bytes", "snapshot.new_bytes"),
    FLAG("pinned", "snapshot.pinned"),
    TEXT("pin_reason", "snapshot.pin_reason"),
    FLAG("confirmed", "snapshot.confirmed"),
    TEXT("held_reason", "snapshot.held_reason"),
    TIME("held_at", "snapshot.held_at"),
    TIME("missing_since", "snapshot.missing_since"),
    TEXT("claimed_metadata", "snapshot.claimed_metadata"),
    {0}};
static const struct listing_relation snapshot_relations[] = {{"Host", "hosts", "name", "host"},
                                                             {"Run", "runs", "id", "run"},
                                                             {"Purges", "purges", "snapshot", "name"},
                                                             {0}};

static const struct listing_column run_columns[] = {ID("id", "run.id"),
                                                    WORDS("job", "run.job", JOB_LIST(WORD)),
                                                    TEXT("host", "run.host_name"),
                                                    WORDS("state", "run.state", RUN_STATE_LIST(WORD)),
                                                    WORDS("cause", "run.cause", CAUSE_LIST(CAUSE_WORD)),
                                                    WORDS("kind", "run.kind", "scheduled\nmanual"),
                                                    TEXT("trigger", "run.trigger_name"),
                                                    TEXT("actor", "run.actor"),
                                                    TEXT("message", "run.message"),
                                                    TEXT("snapshot", "run.snapshot_name"),
                                                    TEXT("base", "run.base_name"),
                                                    TIME("requested_at", "run.requested_at"),
                                                    TIME("due_at", "run.due_at"),
                                                    TIME("started_at", "run.started_at"),
                                                    TIME("ended_at", "run.ended_at"),
                                                    TIME("slot_at", "run.slot_at"),
                                                    TIME("retry_until", "run.retry_until"),
                                                    NUMBER("attempt", "run.attempt"),
                                                    ID("retry_of", "run.retry_of"),
                                                    TIME("cancel_at", "run.cancel_at"),
                                                    TEXT("cancel_by", "run.cancel_by"),
                                                    TEXT("request", "run.request"),
                                                    TEXT("result", "run.result"),
                                                    TEXT("worker", "run.worker"),
                                                    NUMBER("place", "run.place"),
                                                    NUMBER("files", "run.files"),
                                                    NUMBER("directories", "run.directories"),
                                                    BYTES("bytes", "run.bytes"),
                                                    NUMBER("linked_files", "run.linked_files"),
                                                    NUMBER("copied_same", "run.copied_same"),
                                                    NUMBER("new_inodes", "run.new_inodes"),
                                                    BYTES("new_bytes", "run.new_bytes"),
                                                    BYTES("sent", "run.sent"),
                                                    BYTES("received", "run.received"),
                                                    NUMBER("transferred", "run.transferred"),
                                                    NUMBER("failed_paths", "run.failed_paths"),
                                                    NUMBER("rsync_exit", "run.rsync_exit"),
                                                    NUMBER("connect_ms", "run.connect_ms"),
                                                    NUMBER("transfer_ms", "run.transfer_ms"),
                                                    NUMBER("finish_ms", "run.finish_ms"),
                                                    NUMBER("deleted_snapshots", "run.deleted_snapshots"),
                                                    BYTES("freed_bytes", "run.freed_bytes"),
                                                    {0}};
static const struct listing_relation run_relations[] = {{"Host", "hosts", "name", "host"},
                                                        {"Snapshots", "snapshots", "run", "id"},
                                                        {"Purges", "purges", "run", "id"},
                                                        {"Repetitions", "runs", "retry_of", "id"},
                                                        {0}};

static const struct listing_column purge_columns[] = {
    TEXT("snapshot", "purge.snapshot_name"),
    TEXT("host", "purge.host_name"),
    TIME("at", "purge.at"),
    WORDS("kind", "purge.kind", KINDS),
    WORDS("status", "purge.status", STATUSES),
    TEXT("reason", "purge.reason"),
    TEXT("actor", "purge.actor"),
    TEXT("origin", "purge.origin"),
    TEXT("plan", "purge.plan"),
    ID("run", "purge.run_id"),
    TIME("snapshot_started_at", "purge.snapshot_started_at"),
    NUMBER("files", "purge.files"),
    BYTES("bytes", "purge.bytes"),
    BYTES("new_bytes", "purge.new_bytes"),
    FLAG("noted", "purge.noted"),
    TIME("removed_at", "purge.removed_at"),
    NUMBER("removed_entries", "purge.removed_entries"),
    BYTES("freed_bytes", "purge.freed_bytes"),
    {0}};
static const struct listing_relation purge_relations[] = {
    {"Host", "hosts", "name", "host"}, {"Run", "runs", "id", "run"}, {0}};

static const struct listing_column audit_columns[] = {ID("id", "audit.id"),
                                                      TIME("at", "audit.at"),
                                                      TEXT("actor", "audit.actor"),
                                                      TEXT("origin", "audit.origin"),
                                                      TEXT("action", "audit.action"),
                                                      TEXT("object", "audit.object"),
                                                      TEXT("before_text", "audit.before_text"),
                                                      TEXT("after_text", "audit.after_text"),
                                                      {0}};

static const struct listing_column user_columns[] = {
    TEXT("name", "user_account.name"),
    WORDS("role", "user_account.role", "viewer\nrestorer\noperator\nadmin"),
    FLAG("enabled", "user_account.enabled"),
    TIME("created_at", "user_account.created_at"),
    TIME("password_at", "user_account.password_at"),
    TIME("last_login_at", "user_account.last_login_at"),
    {0}};
static const struct listing_relation user_relations[] = {
    {"Sessions", "sessions", "user", "name"},
    {"Tokens", "tokens", "user", "name"},
    {"What was done by this user", "audit", "actor", "name"},
    {0}};

static const struct listing_column session_columns[] = {ID("id", "session.id"),
                                                        TEXT("user", "user_account.name"),
                                                        TEXT("address", "session.address"),
                                                        TEXT("agent", "session.agent"),
                                                        TIME("created_at", "session.created_at"),
                                                        TIME("seen_at", "session.seen_at"),
                                                        {0}};
static const struct listing_relation of_user[] = {{"User", "users", "name", "user"}, {0}};

static const struct listing_column token_columns[] = {TEXT("name", "api_token.name"),
                                                      TEXT("user", "user_account.name"),
                                                      LINES("rights", "api_token.rights"),
                                                      LINES("hosts", "api_token.hosts"),
                                                      TIME("created_at", "api_token.created_at"),
                                                      TIME("expires_at", "api_token.expires_at"),
                                                      TIME("revoked_at", "api_token.revoked_at"),
                                                      TIME("last_used_at", "api_token.last_used_at"),
                                                      TEXT("last_used_from", "api_token.last_used_from"),
                                                      {0}};

static const struct listing_column root_columns[] = {TEXT("path", "root.path"),
                                                     TEXT("node", "node.name"),
                                                     TEXT("uuid", "root.uuid"),
                                                     TEXT("installation", "root.installation"),
                                                     FLAG("was_mount", "root.was_mount"),
                                                     FLAG("active", "root.active"),
                                                     TIME("created_at", "root.created_at"),
                                                     TEXT("doubt", "root.doubt"),
                                                     TIME("doubt_at", "root.doubt_at"),
                                                     TIME("confirmed_at", "root.confirmed_at"),
                                                     {0}};

static const struct listing_column daemon_columns[] = {
    TEXT("name", "daemon.name"),       WORDS("role", "daemon.role", "scheduler\nworker"),
    TEXT("node", "node.name"),         TIME("started_at", "daemon.started_at"),
    TIME("seen_at", "daemon.seen_at"), {0}};

static const struct listing_column alert_columns[] = {TEXT("subject", "alert_state.subject"),
                                                      TEXT("told_health", "alert_state.told_health"),
                                                      TIME("since", "alert_state.since"),
                                                      TIME("told_at", "alert_state.told_at"),
                                                      {0}};
static const struct listing_relation alert_relations[] = {{"Host", "hosts", "name", "subject"}, {0}};

static const struct listing_column message_columns[] = {
    ID("id", "alert_outbox.id"),
    WORDS("channel", "alert_outbox.channel", "mail\nwebhook"),
    TEXT("recipient", "alert_outbox.recipient"),
    TEXT("subject", "alert_outbox.subject"),
    TIME("created_at", "alert_outbox.created_at"),
    NUMBER("tries", "alert_outbox.tries"),
    TIME("next_try_at", "alert_outbox.next_try_at"),
    TEXT("last_error", "alert_outbox.last_error"),
    TEXT("body", "alert_outbox.body"),
    {0}};

static const struct listing_column delivery_columns[] = {
    ID("id", "alert_delivery.id"),
    TIME("at", "alert_delivery.at"),
    WORDS("channel", "alert_delivery.channel", "mail\nwebhook"),
    TEXT("recipient", "alert_delivery.recipient"),
    TEXT("subject", "alert_delivery.subject"),
    WORDS("outcome", "alert_delivery.outcome", "delivered\ngiven_up"),
    TIME("created_at", "alert_delivery.created_at"),
    NUMBER("tries", "alert_delivery.tries"),
    TEXT("error", "alert_delivery.error"),
    {0}};

/* clang-format off */
const struct listing_table listing_tables[] = {
    {.name = "hosts", .title = "Hosts", .singular = "Host", .main = "host",
     .from = "host LEFT JOIN node ON node.id = host.node_id", .id = "host.id", .label = "name", .date = "created_at",
     .sort = "name", .shown = "name address enabled timezone created_at", .searched = "name address",
     .filters = "enabled", .left_out = "id node_id", .site = "/hosts/:name", .add = "/hosts/new", .object = ":name",
     .actions = "host schedule host_key key run", .columns = host_columns, .fields = &config_field_table, .scope = SCOPE_HOST,
     .relations = host_relations},
    {.name = "schedules", .title = "Schedules", .singular = "Schedule", .main = "schedule",
     .from = "schedule LEFT JOIN host ON host.id = schedule.host_id", .id = "schedule.host_id", .label = "host",
     .date = "changed_at", .sort = "host", .shown = "host cron timezone prune enabled last_slot_at",
     .searched = "host cron timezone", .filters = "enabled prune", .left_out = "host_id",
     .site = "/hosts/:host/schedule", .object = ":host", .actions = "schedule", .columns = schedule_columns,
     .fields = &schedule_fields, .scope = SCOPE_HOST, .relations = of_host},
    {.name = "host-keys", .title = "Pinned host keys", .singular = "Pinned host key", .main = "host_key",
     .from = "host_key LEFT JOIN host ON host.id = host_key.host_id", .id = "host_key.rowid", .label = "fingerprint",
     .date = "pinned_at", .sort = "host", .shown = "fingerprint host type pinned_at pinned_by",
     .searched = "fingerprint host", .filters = "", .left_out = "host_id", .object = ":host", .actions = "host_key",
     .is_fact = true, .columns = host_key_columns, .relations = of_host},
    {.name = "snapshots", .title = "Snapshots", .singular = "Snapshot", .main = "snapshot",
     .from = "snapshot LEFT JOIN host ON host.id = snapshot.host_id", .id = "snapshot.id", .label = "name",
     .date = "started_at", .sort = "-started_at", .shown = "name host kind status started_at files bytes pinned",
     .searched = "name host held_reason", .filters = "kind status pinned confirmed", .left_out = "id host_id base_id",
     .site = "/hosts/:host/snapshots/:name", .object = ":host@:name", .actions = "snapshot", .is_fact = true,
     .columns = snapshot_columns, .relations = snapshot_relations},
    {.name = "runs", .title = "Runs", .singular = "Run", .main = "run", .from = "run", .id = "run.id", .label = "id",
     .date = "requested_at", .sort = "-id", .shown = "id job host state cause trigger requested_at ended_at",
     .searched = "host snapshot message", .filters = "job state cause kind",
     .left_out = "host_id running_host_id token heartbeat node_id takes_place progress", .site = "/runs/:id", .object = ":id",
     .actions = "run", .is_fact = true, .columns = run_columns, .relations = run_relations},
    {.name = "purges", .title = "Purges", .singular = "Purge", .main = "purge", .from = "purge", .id = "purge.id",
     .label = "snapshot", .date = "at", .sort = "-at",
     .shown = "snapshot host at kind reason actor freed_bytes", .searched = "snapshot host reason",
     .filters = "kind status noted", .left_out = "id host_id snapshot_id", .object = ":host@:snapshot",
     .actions = "snapshot retention", .is_fact = true, .columns = purge_columns, .relations = purge_relations},
    {.name = "audit", .title = "Audit", .singular = "Audit event", .main = "audit", .from = "audit", .id = "audit.id",
     .label = "id", .date = "at", .sort = "-id", .shown = "id at actor origin action object before_text after_text",
     .searched = "actor action object", .filters = "", .left_out = "", .is_fact = true, .columns = audit_columns},
    {.name = "users", .title = "Users", .singular = "User", .main = "user_account", .from = "user_account",
     .id = "user_account.id", .label = "name", .date = "created_at", .sort = "name",
     .shown = "name role enabled created_at last_login_at", .searched = "name", .filters = "role enabled",
     .left_out = "id password_hash", .site = "/users", .add = "/users", .object = ":name", .actions = "user session",
     .columns = user_columns, .relations = user_relations},
    {.name = "sessions", .title = "Sessions", .singular = "Session", .main = "session",
     .from = "session LEFT JOIN user_account ON user_account.id = session.user_id", .id = "session.id", .label = "id",
     .date = "created_at", .sort = "-id", .shown = "id user address agent created_at seen_at",
     .searched = "user address agent", .filters = "", .left_out = "user_id secret_hash", .object = ":id",
     .actions = "session", .columns = session_columns,
     .relations = of_user},
    {.name = "tokens", .title = "Tokens", .singular = "Token", .main = "api_token",
     .from = "api_token LEFT JOIN user_account ON user_account.id = api_token.user_id", .id = "api_token.id",
     .label = "name", .date = "created_at", .sort = "-created_at",
     .shown = "name user rights hosts expires_at revoked_at last_used_at", .searched = "name user", .filters = "",
     .left_out = "id user_id secret_hash", .site = "/tokens", .add = "/tokens", .object = ":name", .actions = "token",
     .columns = token_columns, .relations = of_user},
    {.name = "roots", .title = "Backup roots", .singular = "Backup root", .main = "root",
     .from = "root LEFT JOIN node ON node.id = root.node_id", .id = "root.id", .label = "path", .date = "created_at",
     .sort = "path", .shown = "path node active was_mount created_at doubt", .searched = "path uuid",
     .filters = "active", .left_out = "id node_id noted_change", .object = ":path", .actions = "root", .is_fact = true,
     .columns = root_columns},
    {.name = "daemons", .title = "Schedulers and workers", .singular = "Scheduler or worker", .main = "daemon",
     .from = "daemon LEFT JOIN node ON node.id = daemon.node_id", .id = "daemon.id", .label = "name",
     .date = "started_at", .sort = "name", .shown = "name role node started_at seen_at", .searched = "name",
     .filters = "role", .left_out = "id node_id", .is_fact = true, .columns = daemon_columns},
    {.name = "alerts", .title = "Alerts told", .singular = "Alert", .main = "alert_state", .from = "alert_state",
     .id = "alert_state.rowid", .label = "subject", .date = "told_at", .sort = "-told_at",
     .shown = "subject told_health since told_at", .searched = "subject", .filters = "", .left_out = "",
     .is_fact = true, .columns = alert_columns, .relations = alert_relations},
    {.name = "messages", .title = "Messages on their way", .singular = "Message", .main = "alert_outbox",
     .from = "alert_outbox", .id = "alert_outbox.id", .label = "id", .date = "created_at", .sort = "-id",
     .shown = "id channel recipient subject created_at tries last_error", .searched = "subject recipient",
     .filters = "channel", .left_out = "", .is_fact = true, .columns = message_columns},
    {.name = "deliveries", .title = "Messages that were sent", .singular = "Message", .main = "alert_delivery",
     .from = "alert_delivery", .id = "alert_delivery.id", .label = "id", .date = "at", .sort = "-id",
     .shown = "id at channel recipient subject outcome tries error", .searched = "subject recipient",
     .filters = "channel outcome", .left_out = "", .is_fact = true, .columns = delivery_columns},
    {0},
};
/* clang-format on */
