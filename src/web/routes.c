/* The one table of routes. */
#include "web/route.h"

#include "model/rule.h"
#include "web/page.h"

static const struct route_field login_query[] = {{"next", false, NULL}, {0}};
static const struct route_field login_form[] = {
    {"username", true, NULL}, {"password", true, NULL}, {"next", false, NULL}, {0}};
static const struct route_field setup_form[] = {
    {"code", true, NULL}, {"username", true, user_name_check}, {"password", true, NULL}, {0}};
static const struct route_field audit_query[] = {
    {"actor", false, NULL}, {"object", false, NULL}, {"before", false, NULL}, {0}};
static const struct route_field before_query[] = {{"before", false, NULL}, {0}};
static const struct route_field password_form[] = {
    {"password", true, NULL}, {"new_password", true, NULL}, {"again", true, NULL}, {0}};
static const struct route_field theme_form[] = {{"theme", true, page_theme_check}, {0}};
static const struct route_field discovery_form[] = {{"confirm", false, page_yes_check}, {0}};
static const struct route_field host_query[] = {{"name", false, NULL}, {"address", false, NULL}, {0}};
static const struct route_field root_form[] = {
    {"path", false, rule_local_path}, {"adopt", false, page_yes_check}, {0}};
static const struct route_field key_query[] = {{"line", false, page_setup_line_check}, {0}};
static const struct route_field host_key_form[] = {{"fingerprint", true, page_fingerprint_check}, {0}};
static const struct route_field paths_query[] = {{"preset", false, page_preset_check}, {0}};
static const struct route_field paths_form[] = {{"source_root", false, NULL},
                                                {"includes", false, NULL},
                                                {"excludes", false, NULL},
                                                {"one_file_system", false, page_yes_check},
                                                {0}};
static const struct route_field from_query[] = {{"from", false, NULL}, {0}};
static const struct route_field space_form[] = {{"host", true, rule_host_name}, {0}};
static const struct route_field host_space_form[] = {{"chosen", false, NULL}, {0}};
static const struct route_field filter_query[] = {{"q", false, NULL}, {0}};
static const struct route_field tag_form[] = {{"tag", false, NULL}, {0}};
static const struct route_field host_form[] = {{"name", true, rule_host_name},
                                               {"address", true, rule_address},
                                               {"ssh_port", false, NULL},
                                               {"ssh_user", false, NULL},
                                               {0}};
static const struct route_field backup_form[] = {{"manual", false, page_yes_check}, {0}};
static const struct route_field browse_query[] = {
    {"path_b64", false, NULL},          {"q", false, NULL},    {"sort", false, page_sort_check},
    {"reverse", false, page_yes_check}, {"from", false, NULL}, {0}};
static const struct route_field path_query[] = {{"path_b64", false, NULL}, {0}};
static const struct route_field names_query[] = {
    {"path_b64", false, NULL}, {"from", false, NULL}, {"after_b64", false, NULL}, {0}};
static const struct route_field restore_query[] = {
    {"snapshot", false, NULL}, {"to_host", false, rule_host_name}, {"path", false, NULL},
    {"to", false, NULL},       {"replace", false, page_yes_check}, {0}};
static const struct route_field restore_form[] = {
    {"snapshot", true, NULL},       {"to_host", false, rule_host_name}, {"path", false, NULL},
    {"to", false, rule_local_path}, {"replace", false, page_yes_check}, {"confirm", false, NULL},
    {"password", false, NULL},      {"step", true, page_step_check},    {0}};
static const struct route_field basket_form[] = {{"item", true, NULL}, {0}};
static const struct route_field basket_remove_form[] = {{"item", false, NULL}, {0}};
static const struct route_field basket_query[] = {
    {"snapshot", false, NULL}, {"format", false, page_format_check}, {0}};
static const struct route_field archive_query[] = {
    {"path_b64", false, NULL}, {"format", false, page_format_check}, {0}};
static const struct route_field search_query[] = {{"q", false, NULL},     {"snapshot", false, NULL},
                                                  {"since", false, NULL}, {"until", false, NULL},
                                                  {"size", false, NULL},  {0}};
static const struct route_field search_all_query[] = {{"q", false, NULL},     {"host", false, rule_host_name},
                                                      {"since", false, NULL}, {"until", false, NULL},
                                                      {"size", false, NULL},  {0}};
static const struct route_field diff_query[] = {{"before", true, NULL}, {"after", true, NULL}, {0}};
static const struct route_field reason_form[] = {{"reason", true, rule_reason}, {0}};
static const struct route_field deletion_form[] = {
    {"confirm", true, NULL}, {"reason", false, rule_reason}, {0}};
static const struct route_field incomplete_form[] = {
    {"confirm", true, NULL}, {"plan_id", false, NULL}, {"reason", false, rule_reason}, {0}};
static const struct route_field removal_form[] = {{"confirm", true, NULL}, {"password", false, NULL}, {0}};
static const struct route_field purges_query[] = {
    {"host", false, rule_host_name}, {"before", false, NULL}, {"limit", false, NULL}, {0}};
static const struct route_field snapshots_query[] = {
    {"kind", false, page_kind_check}, {"before", false, NULL}, {0}};
static const struct route_field runs_query[] = {
    {"host", false, NULL}, {"state", false, NULL}, {"before", false, NULL}, {"limit", false, NULL}, {0}};
static const struct route_field events_query[] = {{"run", false, NULL}, {0}};
static const struct route_field log_query[] = {{"from", false, NULL},
                                               {"at", false, NULL},
                                               {"level", false, page_level_check},
                                               {"q", false, NULL},
                                               {"follow", false, page_yes_check},
                                               {0}};
static const struct route_field schedule_fields_sent[] = {
    {"cron", false, NULL},          {"prune", false, page_yes_check},   {"timezone", false, NULL},
    {"grace_seconds", false, NULL}, {"enabled", false, page_yes_check}, {0}};
static const struct route_field retention_query[] = {{"kind", false, page_retention_kind_check}, {0}};
static const struct route_field retention_form[] = {{"kind", false, page_retention_kind_check},
                                                    {"plan_id", true, NULL},
                                                    {"max_delete", true, NULL},
                                                    {"confirm", true, NULL},
                                                    {0}};
static const struct route_field user_new_form[] = {
    {"name", true, user_name_check}, {"role", true, page_role_check}, {"password", true, NULL}, {0}};
static const struct route_field user_form[] = {
    {"role", false, page_role_check}, {"enabled", false, page_yes_check}, {"password", false, NULL}, {0}};
static const struct route_field list_query[] = {{"q", false, NULL},
                                                {"sort", false, NULL},
                                                {"date", false, NULL},
                                                {"columns", false, NULL},
                                                {"after", false, NULL},
                                                {"limit", false, NULL},
                                                {0}};
static const struct route_field bulk_query[] = {
    {"action", true, NULL}, {"item", false, NULL}, {"confirm", false, NULL}, {0}};
static const struct route_field token_form[] = {{"name", true, user_label_check},
                                                {"rights", false, NULL},
                                                {"hosts", false, NULL},
                                                {"days", false, NULL},
#define RIGHT_FIELD(right, name, role, help) {"right." name, false, page_yes_check},
                                                RIGHT_LIST(RIGHT_FIELD)
#undef RIGHT_FIELD
                                                    {0}};

/* clang-format off */
const struct route routes[] = {
    /* Without a login. */
    {.method = HTTP_GET, .path = "/login", .faces = FACE_PAGE, .open = true, .title = "Log in", .template = "login",
     .fields = login_query, .handle = page_login},
    {.method = HTTP_POST, .path = "/login", .faces = FACE_PAGE, .open = true, .form = "/login",
     .fields = login_form, .handle = page_login_post},
    {.method = HTTP_POST, .path = "/logout", .faces = FACE_PAGE, .open = true, .handle = page_logout_post},
    {.method = HTTP_GET, .path = "/setup", .faces = FACE_PAGE, .open = true, .title = "Set up", .template = "setup",
     .handle = page_setup},
    {.method = HTTP_POST, .path = "/setup", .faces = FACE_PAGE, .open = true, .form = "/setup",
     .fields = setup_form, .handle = page_setup_post},
    {.method = HTTP_GET, .path = "/healthz", .faces = FACE_PAGE, .open = true, .handle = page_health},
    {.method = HTTP_GET, .path = "/readyz", .faces = FACE_PAGE, .open = true, .handle = page_ready},

    /* How everything is. */
    {.method = HTTP_GET, .path = "/", .faces = FACE_PAGE, .right = RIGHT_READ, .title = "Dashboard",
     .template = "dashboard", .nav = "Dashboard", .command = "pobsync status", .handle = page_dashboard},
    {.method = HTTP_GET, .path = "/status", .faces = FACE_API, .right = RIGHT_READ, .handle = page_status},
    {.method = HTTP_GET, .path = "/strips", .faces = FACE_API, .right = RIGHT_READ, .title = "The last 30 days of all hosts",
     .handle = page_strips},

    /* Hosts. */
    {.method = HTTP_GET, .path = "/hosts", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Hosts",
     .template = "hosts", .nav = "Hosts", .command = "pobsync hosts", .fields = filter_query, .handle = page_hosts},
    {.method = HTTP_POST, .path = "/hosts", .faces = FACE_API, .right = RIGHT_CONFIG, .fields = host_form,
     .handle = page_host_new_post},
    {.method = HTTP_GET, .path = "/hosts/new", .faces = FACE_PAGE, .right = RIGHT_CONFIG, .title = "Add a host",
     .template = "host_new", .command = "pobsync configure-host NAME --address ADDR", .fields = host_query,
     .handle = page_host_new},
    {.method = HTTP_POST, .path = "/hosts/new", .faces = FACE_PAGE, .right = RIGHT_CONFIG, .form = "/hosts/new",
     .fields = host_form, .handle = page_host_new_post},
    {.method = HTTP_GET, .path = "/hosts/:host", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Overview",
     .template = "host", .tab = "Overview", .command = "pobsync show :host", .handle = page_host},
    {.method = HTTP_POST, .path = "/hosts/:host/backup", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .fields = backup_form, .handle = page_backup_post},
    {.method = HTTP_POST, .path = "/hosts/:host/dry-run", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .handle = page_dry_run_post},
    {.method = HTTP_POST, .path = "/hosts/:host/test", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .handle = page_test_post},
    {.method = HTTP_GET, .path = "/hosts/:host/snapshots", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Snapshots", .template = "snapshots", .tab = "Snapshots", .command = "pobsync snapshots :host",
     .fields = snapshots_query, .handle = page_snapshots},
    {.method = HTTP_GET, .path = "/hosts/:host/snapshots/:snapshot", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Snapshot", .template = "snapshot", .handle = page_snapshot},
    {.method = HTTP_POST, .path = "/hosts/:host/snapshots/:snapshot/release", .faces = FACE_BOTH,
     .right = RIGHT_OPERATE, .fields = reason_form, .handle = page_release_post},
    {.method = HTTP_POST, .path = "/hosts/:host/snapshots/:snapshot/pin", .faces = FACE_BOTH,
     .right = RIGHT_OPERATE, .fields = reason_form, .handle = page_pin_post},
    {.method = HTTP_POST, .path = "/hosts/:host/snapshots/:snapshot/unpin", .faces = FACE_BOTH,
     .right = RIGHT_OPERATE, .handle = page_unpin_post},
    {.method = HTTP_GET, .path = "/hosts/:host/snapshots/:snapshot/delete", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Delete a snapshot", .template = "snapshot_delete", .command = "pobsync delete :host :snapshot",
     .handle = page_deletion},
    {.method = HTTP_POST, .path = "/hosts/:host/snapshots/:snapshot/delete", .faces = FACE_BOTH,
     .right = RIGHT_DESTROY, .form = "/hosts/:host/snapshots/:snapshot/delete", .fields = deletion_form,
     .handle = page_deletion_post},
    {.method = HTTP_GET, .path = "/hosts/:host/incomplete", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Incomplete", .template = "incomplete", .command = "pobsync incomplete :host",
     .handle = page_incomplete},
    {.method = HTTP_POST, .path = "/hosts/:host/incomplete", .faces = FACE_BOTH, .right = RIGHT_DESTROY,
     .form = "/hosts/:host/incomplete", .fields = incomplete_form, .handle = page_incomplete_post},
    {.method = HTTP_GET, .path = "/hosts/:host/browse", .faces = FACE_PAGE, .right = RIGHT_FILES, .title = "Files",
     .template = "browse", .tab = "Browse", .command = "pobsync ls :host:/", .fields = browse_query,
     .handle = page_browse},
    {.method = HTTP_GET, .path = "/hosts/:host/browse/:snapshot/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Files", .template = "browse", .tab = "Browse", .command = "pobsync ls ':host@:snapshot:/:path'",
     .fields = browse_query, .handle = page_browse},
    {.method = HTTP_GET, .path = "/hosts/:host/text/:snapshot/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "File", .template = "text", .tab = "Browse", .command = "pobsync cat ':host@:snapshot:/:path'", .fields = path_query,
     .handle = page_file_text},
    {.method = HTTP_GET, .path = "/hosts/:host/content/:snapshot/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .fields = path_query, .handle = page_content},
    {.method = HTTP_GET, .path = "/hosts/:host/archive/:snapshot/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .fields = archive_query, .handle = page_archive},
    {.method = HTTP_GET, .path = "/hosts/:host/basket", .faces = FACE_BOTH, .right = RIGHT_FILES, .title = "Basket",
     .template = "basket", .command = "pobsync download :host:/PATH --also /PATH", .handle = page_basket},
    {.method = HTTP_POST, .path = "/hosts/:host/basket", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .form = "/hosts/:host/basket", .fields = basket_form, .handle = page_basket_post},
    {.method = HTTP_POST, .path = "/hosts/:host/basket/remove", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .form = "/hosts/:host/basket", .fields = basket_remove_form, .handle = page_basket_remove_post},
    {.method = HTTP_GET, .path = "/hosts/:host/basket/archive", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .fields = basket_query, .handle = page_basket_archive},
    {.method = HTTP_GET, .path = "/hosts/:host/restore", .faces = FACE_BOTH, .right = RIGHT_FILES, .title = "Restore",
     .template = "restore", .command = "pobsync restore :host:/PATH --to-host",
     .fields = restore_query, .handle = page_restore},
    {.method = HTTP_POST, .path = "/hosts/:host/restore", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .form = "/hosts/:host/restore", .fields = restore_form, .is_grave = page_restore_is_grave,
     .handle = page_restore_post},
    {.method = HTTP_GET, .path = "/hosts/:host/versions/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Versions", .template = "versions", .tab = "Browse", .command = "pobsync versions ':host:/:path'",
     .fields = path_query, .handle = page_versions},
    {.method = HTTP_GET, .path = "/hosts/:host/names/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Names", .template = "names", .tab = "Browse", .command = "pobsync versions ':host:/:path' --files",
     .fields = names_query, .handle = page_names},
    {.method = HTTP_GET, .path = "/hosts/:host/search", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Search", .template = "search", .tab = "Search", .command = "pobsync find :host --name PATTERN",
     .fields = search_query, .handle = page_search},
    {.method = HTTP_GET, .path = "/hosts/:host/diff", .faces = FACE_PAGE, .right = RIGHT_FILES,
     .fields = diff_query, .handle = page_diff_choose},
    {.method = HTTP_GET, .path = "/hosts/:host/lines/:pair/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Lines", .template = "lines", .tab = "Browse", .command = "pobsync diff ':host@:pair:/:path' --lines",
     .fields = path_query, .handle = page_text_diff},
    {.method = HTTP_GET, .path = "/hosts/:host/diff/:pair/:path*", .faces = FACE_BOTH, .right = RIGHT_FILES,
     .title = "Differences", .template = "diff", .tab = "Browse", .command = "pobsync diff ':host@:pair:/:path'",
     .fields = path_query, .handle = page_diff},
    {.method = HTTP_GET, .path = "/hosts/:host/space", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Space",
     .template = "host_space", .tab = "Space", .command = "pobsync space :host --recorded", .fields = from_query, .handle = page_host_space},
    {.method = HTTP_POST, .path = "/hosts/:host/space", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .form = "/hosts/:host/space", .fields = host_space_form, .handle = page_host_space_post},
    {.method = HTTP_GET, .path = "/hosts/:host/retention", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Retention", .template = "retention", .tab = "Retention", .command = "pobsync retention :host",
     .fields = retention_query, .settings = SCOPE_HOST, .handle = page_retention},
    {.method = HTTP_POST, .path = "/hosts/:host/retention", .faces = FACE_BOTH, .right = RIGHT_DESTROY,
     .form = "/hosts/:host/retention", .fields = retention_form, .handle = page_retention_post},
    {.method = HTTP_GET, .path = "/hosts/:host/schedule", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Schedule", .template = "schedule", .tab = "Schedule", .command = "pobsync schedule :host",
     .fields = schedule_fields_sent, .handle = page_schedule},
    {.method = HTTP_POST, .path = "/hosts/:host/schedule", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .form = "/hosts/:host/schedule", .fields = schedule_fields_sent, .handle = page_schedule_post},
    {.method = HTTP_POST, .path = "/hosts/:host/schedule/remove", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .handle = page_schedule_remove_post},
    {.method = HTTP_DELETE, .path = "/hosts/:host/schedule", .faces = FACE_API, .right = RIGHT_CONFIG,
     .handle = page_schedule_remove_post},
    {.method = HTTP_GET, .path = "/hosts/:host/config", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Settings", .template = "config", .tab = "Settings", .command = "pobsync show :host",
     .tagged = config_tagged, .handle = page_config},
    {.method = HTTP_POST, .path = "/hosts/:host/config", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .form = "/hosts/:host/config", .fields = tag_form, .settings = SCOPE_HOST, .tagged = config_tagged, .handle = page_config_post},
    {.method = HTTP_PATCH, .path = "/hosts/:host/config", .faces = FACE_API, .right = RIGHT_CONFIG,
     .settings = SCOPE_HOST, .tagged = config_tagged, .handle = page_config_post},
    {.method = HTTP_GET, .path = "/hosts/:host/calendar", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Calendar", .template = "calendar", .tab = "Calendar", .handle = page_calendar},
    {.method = HTTP_GET, .path = "/hosts/:host/history", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "History", .template = "history", .tab = "History", .fields = before_query, .handle = page_history},
    {.method = HTTP_GET, .path = "/hosts/:host/remove", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Remove the host", .template = "host_remove", .command = "pobsync remove-host :host",
     .handle = page_host_remove},
    {.method = HTTP_POST, .path = "/hosts/:host/remove", .faces = FACE_BOTH, .right = RIGHT_DESTROY,
     .form = "/hosts/:host/remove", .fields = removal_form, .is_grave = page_host_remove_is_grave,
     .handle = page_host_remove_post},

    /* The wizard. */
    {.method = HTTP_GET, .path = "/setup/root", .faces = FACE_BOTH, .right = RIGHT_CONFIG, .title = "Backup root",
     .template = "setup_root", .command = "pobsync configure-global --backup-root PATH", .handle = page_setup_root},
    {.method = HTTP_POST, .path = "/setup/root", .faces = FACE_BOTH, .right = RIGHT_CONFIG, .form = "/setup/root",
     .fields = root_form, .handle = page_setup_root_post},
    {.method = HTTP_GET, .path = "/hosts/:host/setup", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Setup",
     .template = "setup_host", .handle = page_setup_host},
    {.method = HTTP_GET, .path = "/hosts/:host/setup/key", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Setup, key", .template = "setup_key", .command = "pobsync key :host", .fields = key_query,
     .handle = page_setup_key},
    {.method = HTTP_POST, .path = "/hosts/:host/setup/key", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .handle = page_setup_key_post},
    {.method = HTTP_GET, .path = "/hosts/:host/setup/connect", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Setup, connection", .template = "setup_connect", .command = "pobsync test-connection :host",
     .handle = page_setup_connect},
    {.method = HTTP_POST, .path = "/hosts/:host/setup/connect", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .handle = page_setup_connect_post},
    {.method = HTTP_POST, .path = "/hosts/:host/host-key", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .form = "/hosts/:host/setup/connect", .fields = host_key_form, .handle = page_host_key_post},
    {.method = HTTP_GET, .path = "/hosts/:host/setup/paths", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Setup, paths", .template = "setup_paths", .fields = paths_query, .handle = page_setup_paths},
    {.method = HTTP_POST, .path = "/hosts/:host/setup/paths", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .form = "/hosts/:host/setup/paths", .fields = paths_form, .handle = page_setup_paths_post},
    {.method = HTTP_GET, .path = "/hosts/:host/setup/schedule", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Setup, schedule", .template = "setup_schedule", .command = "pobsync schedule :host",
     .fields = schedule_fields_sent, .handle = page_setup_schedule},
    {.method = HTTP_POST, .path = "/hosts/:host/setup/schedule", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .form = "/hosts/:host/setup/schedule", .fields = schedule_fields_sent, .handle = page_setup_schedule_post},
    {.method = HTTP_GET, .path = "/hosts/:host/setup/first", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Setup, first backup", .template = "setup_first", .command = "pobsync backup :host",
     .handle = page_setup_first},
    {.method = HTTP_POST, .path = "/hosts/:host/setup/first", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .handle = page_setup_first_post},

    /* What lies in the backup root. */
    {.method = HTTP_GET, .path = "/discovery", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Discovery",
     .template = "discovery_all", .command = "pobsync discover-snapshots --preflight", .handle = page_discovery},
    {.method = HTTP_POST, .path = "/discovery", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .fields = discovery_form, .handle = page_discovery_post},
    {.method = HTTP_GET, .path = "/hosts/:host/discovery", .faces = FACE_BOTH, .right = RIGHT_READ,
     .title = "Discovery", .template = "discovery",
     .command = "pobsync discover-snapshots --preflight --host :host", .handle = page_discovery},
    {.method = HTTP_POST, .path = "/hosts/:host/discovery", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .fields = discovery_form, .handle = page_discovery_post},

    /* Runs. */
    {.method = HTTP_GET, .path = "/runs", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Runs",
     .template = "runs", .nav = "Runs", .command = "pobsync runs", .fields = runs_query, .handle = page_runs},
    {.method = HTTP_GET, .path = "/runs/:run", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Run",
     .template = "run", .handle = page_run},
    {.method = HTTP_GET, .path = "/runs/:run/log", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Log",
     .template = "log", .command = "pobsync log :run", .fields = log_query, .handle = page_log},
    {.method = HTTP_GET, .path = "/runs/:run/log/raw", .faces = FACE_PAGE, .right = RIGHT_READ,
     .handle = page_log_raw},
    {.method = HTTP_GET, .path = "/events", .faces = FACE_API, .right = RIGHT_READ, .title = "Events",
     .fields = events_query, .handle = page_events},
    {.method = HTTP_GET, .path = "/hosts/:host/events", .faces = FACE_API, .right = RIGHT_READ, .title = "Events of a host",
     .fields = events_query, .handle = page_events},
    {.method = HTTP_POST, .path = "/runs/:run/cancel", .faces = FACE_BOTH, .right = RIGHT_OPERATE,
     .handle = page_cancel_post},
    {.method = HTTP_GET, .path = "/queue", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Queue",
     .template = "queue", .nav = "Queue", .command = "pobsync queue", .handle = page_queue},
    {.method = HTTP_GET, .path = "/purges", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Deleted snapshots",
     .template = "purges", .command = "pobsync purges", .fields = purges_query, .handle = page_purges},
    {.method = HTTP_GET, .path = "/schedules", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Schedules",
     .template = "schedules", .nav = "Schedules", .command = "pobsync schedules", .handle = page_schedules},
    {.method = HTTP_GET, .path = "/search", .faces = FACE_BOTH, .right = RIGHT_FILES, .title = "Search",
     .template = "search_all", .nav = "Search", .command = "pobsync find --name PATTERN", .fields = search_all_query,
     .handle = page_search_all},
    {.method = HTTP_GET, .path = "/space", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Space",
     .template = "space", .nav = "Space", .command = "pobsync space", .handle = page_space},
    {.method = HTTP_POST, .path = "/space", .faces = FACE_BOTH, .right = RIGHT_OPERATE, .form = "/space",
     .fields = space_form, .handle = page_space_post},

    /* Administration. */
    {.method = HTTP_GET, .path = "/settings", .faces = FACE_BOTH, .right = RIGHT_CONFIG, .title = "Settings",
     .template = "settings", .nav = "Settings", .tagged = settings_tagged, .handle = page_settings},
    {.method = HTTP_POST, .path = "/settings", .faces = FACE_BOTH, .right = RIGHT_CONFIG, .form = "/settings",
     .fields = tag_form, .settings = SCOPE_GLOBAL, .tagged = settings_tagged, .handle = page_settings_post},
    {.method = HTTP_PATCH, .path = "/settings", .faces = FACE_API, .right = RIGHT_CONFIG, .settings = SCOPE_GLOBAL,
     .tagged = settings_tagged, .handle = page_settings_post},
    {.method = HTTP_GET, .path = "/settings/notifications", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .title = "Notifications", .template = "notifications", .command = "pobsync notify",
     .handle = page_notification},
    {.method = HTTP_POST, .path = "/settings/notifications/test", .faces = FACE_BOTH, .right = RIGHT_CONFIG,
     .handle = page_notification_test_post},
    {.method = HTTP_GET, .path = "/self-check", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Self-check",
     .template = "check", .nav = "Self-check", .command = "pobsync check", .handle = page_check},
    {.method = HTTP_GET, .path = "/users", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Users",
     .template = "users", .command = "pobsync users", .handle = page_users},
    {.method = HTTP_POST, .path = "/users", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .form = "/users",
     .fields = user_new_form, .handle = page_users_post},
    {.method = HTTP_POST, .path = "/users/:user", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .form = "/users",
     .fields = user_form, .handle = page_user_post},
    {.method = HTTP_POST, .path = "/users/:user/remove", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .form = "/users",
     .handle = page_user_remove_post},
    {.method = HTTP_PATCH, .path = "/users/:user", .faces = FACE_API, .right = RIGHT_ADMIN, .fields = user_form,
     .handle = page_user_post},
    {.method = HTTP_DELETE, .path = "/users/:user", .faces = FACE_API, .right = RIGHT_ADMIN,
     .handle = page_user_remove_post},
    {.method = HTTP_GET, .path = "/tokens", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Tokens",
     .template = "tokens", .handle = page_tokens},
    {.method = HTTP_POST, .path = "/tokens", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .form = "/tokens",
     .title = "Tokens", .template = "tokens", .fields = token_form, .tells_secret = true, .handle = page_tokens_post},
    {.method = HTTP_POST, .path = "/tokens/:token/revoke", .faces = FACE_BOTH, .right = RIGHT_ADMIN,
     .form = "/tokens", .handle = page_token_revoke_post},
    {.method = HTTP_DELETE, .path = "/tokens/:token", .faces = FACE_API, .right = RIGHT_ADMIN,
     .handle = page_token_revoke_post},

    /* The admin site: every table. */
    {.method = HTTP_GET, .path = "/admin", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Admin",
     .template = "admin", .nav = "Admin", .handle = page_admin},
    {.method = HTTP_GET, .path = "/admin/:table", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Admin list",
     .template = "admin_list", .fields = list_query, .columns = true, .handle = page_admin_list},
    {.method = HTTP_GET, .path = "/admin/:table/confirm", .faces = FACE_BOTH, .right = RIGHT_ADMIN,
     .title = "Confirm", .template = "admin_confirm", .fields = bulk_query, .handle = page_admin_confirm},
    {.method = HTTP_POST, .path = "/admin/:table/confirm", .faces = FACE_BOTH, .right = RIGHT_ADMIN,
     .title = "Done", .template = "admin_done", .form = "/admin/:table/confirm", .fields = bulk_query,
     .handle = page_admin_confirm_post},
    {.method = HTTP_GET, .path = "/admin/:table/:id", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Admin row",
     .template = "admin_row", .handle = page_admin_row},

    /* One's own account, and what happened. */
    {.method = HTTP_GET, .path = "/account", .faces = FACE_PAGE, .right = RIGHT_READ, .title = "Your account",
     .template = "account", .handle = page_account},
    {.method = HTTP_POST, .path = "/account/password", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .fields = password_form, .handle = page_password_post},
    {.method = HTTP_POST, .path = "/account/sessions", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .handle = page_sessions_end_post},
    {.method = HTTP_POST, .path = "/account/theme", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .fields = theme_form, .handle = page_theme_post},
    {.method = HTTP_GET, .path = "/audit", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Audit",
     .template = "audit", .fields = audit_query, .handle = page_audit},

    /* For programs. */
    {.method = HTTP_GET, .path = "/api", .faces = FACE_INDEX, .right = RIGHT_READ, .handle = page_api_index},
    {.method = HTTP_GET, .path = "/api/status", .faces = FACE_INDEX, .right = RIGHT_READ, .handle = page_status},
    {.method = HTTP_GET, .path = "/api/openapi.json", .faces = FACE_INDEX, .right = RIGHT_READ, .title = "This description",
     .handle = page_openapi},
    {.method = HTTP_GET, .path = "/openapi.json", .faces = FACE_API, .right = RIGHT_READ, .title = "This description",
     .handle = page_openapi},
    {.method = HTTP_GET, .path = "/docs", .faces = FACE_API, .right = RIGHT_READ, .title = "API",
     .template = "api_docs", .handle = page_api_docs},
    {.method = HTTP_GET, .path = "/metrics", .faces = FACE_PAGE, .right = RIGHT_READ, .handle = page_metrics},
    {0},
};
/* clang-format on */
