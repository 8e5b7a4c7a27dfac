/* The handlers of the route table, each in the file of its subject page_<subject>.c, and the checks of their fields. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

struct visit;
struct queue_wish;
struct reader_request;

/* page_run.c: puts work into the queue and leads to the page of its run */
int page_enqueue(struct visit *visit, struct queue_wish *wish, json_t **document, struct err *err);

/* page_account.c: one's own account */
int page_account(struct visit *visit, json_t **document, struct err *err);
int page_password_post(struct visit *visit, json_t **document, struct err *err);
int page_sessions_end_post(struct visit *visit, json_t **document, struct err *err);
int page_theme_check(const char *value, struct err *err);
int page_theme_post(struct visit *visit, json_t **document, struct err *err);

/* page_admin.c: lists of all rows */
int page_admin(struct visit *visit, json_t **document, struct err *err);
int page_admin_list(struct visit *visit, json_t **document, struct err *err);
int page_admin_row(struct visit *visit, json_t **document, struct err *err);
int page_admin_confirm(struct visit *visit, json_t **document, struct err *err);
int page_admin_confirm_post(struct visit *visit, json_t **document, struct err *err);

/* page_api.c: the index of the API, the audit */
int page_api_index(struct visit *visit, json_t **document, struct err *err);
int page_audit(struct visit *visit, json_t **document, struct err *err);
int page_history(struct visit *visit, json_t **document, struct err *err);

/* page_calendar.c: days */
int page_strips(struct visit *visit, json_t **document, struct err *err);
int page_calendar(struct visit *visit, json_t **document, struct err *err);

/* page_deletion.c: what goes for good, and what has gone */
int page_deletion(struct visit *visit, json_t **document, struct err *err);
int page_deletion_post(struct visit *visit, json_t **document, struct err *err);
int page_incomplete(struct visit *visit, json_t **document, struct err *err);
int page_incomplete_post(struct visit *visit, json_t **document, struct err *err);
int page_host_remove(struct visit *visit, json_t **document, struct err *err);
bool page_host_remove_is_grave(const struct visit *visit);
int page_host_remove_post(struct visit *visit, json_t **document, struct err *err);
int page_purges(struct visit *visit, json_t **document, struct err *err);

/* page_discovery.c: the backup root and what is recorded of it, with a host or without */
int page_discovery(struct visit *visit, json_t **document, struct err *err);
int page_discovery_post(struct visit *visit, json_t **document, struct err *err);

/* page_space.c: what snapshots take on disk */
int page_space(struct visit *visit, json_t **document, struct err *err);
int page_space_post(struct visit *visit, json_t **document, struct err *err);
int page_host_space(struct visit *visit, json_t **document, struct err *err);
int page_host_space_post(struct visit *visit, json_t **document, struct err *err);

/* openapi.c: the description of the API */
int page_openapi(struct visit *visit, json_t **document, struct err *err);
int page_api_docs(struct visit *visit, json_t **document, struct err *err);

/* page_browse.c: what lies in snapshots */
int page_sort_check(const char *value, struct err *err);
int page_restore(struct visit *visit, json_t **document, struct err *err);
bool page_restore_is_grave(const struct visit *visit);
int page_restore_post(struct visit *visit, json_t **document, struct err *err);
int page_step_check(const char *value, struct err *err);
int page_browse(struct visit *visit, json_t **document, struct err *err);
int page_versions(struct visit *visit, json_t **document, struct err *err);
/* asks the reader; the document is the caller's */
int page_ask(struct visit *visit, struct reader_request *request, json_t **document, struct err *err);
/* page_basket.c: paths to be got back together */
int page_basket(struct visit *visit, json_t **document, struct err *err);
int page_basket_post(struct visit *visit, json_t **document, struct err *err);
int page_basket_remove_post(struct visit *visit, json_t **document, struct err *err);
/* page_files.c */
int page_basket_archive(struct visit *visit, json_t **document, struct err *err);

/* page_names.c: the names of a directory over all snapshots */
int page_names(struct visit *visit, json_t **document, struct err *err);

/* page_search.c: names in snapshots */
int page_search_all(struct visit *visit, json_t **document, struct err *err);
int page_search(struct visit *visit, json_t **document, struct err *err);
int page_diff(struct visit *visit, json_t **document, struct err *err);
/* the directories on the way to a path, with their addresses */
json_t *page_crumbs(struct visit *visit, const char *page, const char *snapshot, const char *path);
int page_text_diff(struct visit *visit, json_t **document, struct err *err);
int page_diff_choose(struct visit *visit, json_t **document, struct err *err);

/* page_events.c: what happens, as it happens */
int page_events(struct visit *visit, json_t **document, struct err *err);

/* page_files.c: the bytes of it */
int page_content(struct visit *visit, json_t **document, struct err *err);
int page_format_check(const char *value, struct err *err);
int page_archive(struct visit *visit, json_t **document, struct err *err);
int page_file_text(struct visit *visit, json_t **document, struct err *err);

/* page_host.c: dashboard, hosts, snapshots */
int page_dashboard(struct visit *visit, json_t **document, struct err *err);
int page_hosts(struct visit *visit, json_t **document, struct err *err);
int page_host(struct visit *visit, json_t **document, struct err *err);
int page_host_new(struct visit *visit, json_t **document, struct err *err);
int page_host_new_post(struct visit *visit, json_t **document, struct err *err);
int page_backup_post(struct visit *visit, json_t **document, struct err *err);
int page_dry_run_post(struct visit *visit, json_t **document, struct err *err);
int page_test_post(struct visit *visit, json_t **document, struct err *err);
int page_snapshots(struct visit *visit, json_t **document, struct err *err);
int page_kind_check(const char *value, struct err *err);
int page_snapshot(struct visit *visit, json_t **document, struct err *err);
int page_release_post(struct visit *visit, json_t **document, struct err *err);
int page_pin_post(struct visit *visit, json_t **document, struct err *err);
int page_unpin_post(struct visit *visit, json_t **document, struct err *err);

/* page_login.c: without an account */
int page_login(struct visit *visit, json_t **document, struct err *err);
int page_login_post(struct visit *visit, json_t **document, struct err *err);
int page_logout_post(struct visit *visit, json_t **document, struct err *err);
int page_setup(struct visit *visit, json_t **document, struct err *err);
int page_setup_post(struct visit *visit, json_t **document, struct err *err);

/* page_policy.c: schedule and retention of a host */
int page_schedule(struct visit *visit, json_t **document, struct err *err);
int page_schedule_post(struct visit *visit, json_t **document, struct err *err);
int page_schedule_remove_post(struct visit *visit, json_t **document, struct err *err);
int page_setup_schedule(struct visit *visit, json_t **document, struct err *err);
int page_setup_schedule_post(struct visit *visit, json_t **document, struct err *err);
int page_retention_kind_check(const char *value, struct err *err);
int page_retention(struct visit *visit, json_t **document, struct err *err);
int page_retention_post(struct visit *visit, json_t **document, struct err *err);

/* page_notification.c: who is told */
int page_notification(struct visit *visit, json_t **document, struct err *err);
int page_notification_test_post(struct visit *visit, json_t **document, struct err *err);

/* page_run.c: runs, logs, the queue */
int page_runs(struct visit *visit, json_t **document, struct err *err);
int page_run(struct visit *visit, json_t **document, struct err *err);
int page_level_check(const char *value, struct err *err);
int page_log_raw(struct visit *visit, json_t **document, struct err *err);
int page_log(struct visit *visit, json_t **document, struct err *err);
int page_cancel_post(struct visit *visit, json_t **document, struct err *err);
int page_queue(struct visit *visit, json_t **document, struct err *err);
int page_schedules(struct visit *visit, json_t **document, struct err *err);

/* page_settings.c: settings, self-check */
int settings_tagged(struct visit *visit, json_t **document, struct err *err);
int page_settings(struct visit *visit, json_t **document, struct err *err);
int page_settings_post(struct visit *visit, json_t **document, struct err *err);
int config_tagged(struct visit *visit, json_t **document, struct err *err);
int page_config(struct visit *visit, json_t **document, struct err *err);
int page_config_post(struct visit *visit, json_t **document, struct err *err);
int page_check(struct visit *visit, json_t **document, struct err *err);

/* page_setup.c: the wizard */
int page_setup_root(struct visit *visit, json_t **document, struct err *err);
int page_setup_root_post(struct visit *visit, json_t **document, struct err *err);
int page_setup_host(struct visit *visit, json_t **document, struct err *err);
int page_setup_line_check(const char *value, struct err *err);
int page_setup_key(struct visit *visit, json_t **document, struct err *err);
int page_setup_key_post(struct visit *visit, json_t **document, struct err *err);
int page_setup_connect(struct visit *visit, json_t **document, struct err *err);
int page_setup_connect_post(struct visit *visit, json_t **document, struct err *err);
int page_fingerprint_check(const char *value, struct err *err);
int page_host_key_post(struct visit *visit, json_t **document, struct err *err);
int page_preset_check(const char *value, struct err *err);
int page_setup_paths(struct visit *visit, json_t **document, struct err *err);
int page_setup_paths_post(struct visit *visit, json_t **document, struct err *err);
int page_setup_first(struct visit *visit, json_t **document, struct err *err);
int page_setup_first_post(struct visit *visit, json_t **document, struct err *err);
/* Says in the document and in visit->extra, which may be filled already, which step a page is. */
void page_setup_mark(struct visit *visit, json_t *document, const char *step);

/* page_state.c: for programs that watch */
int page_health(struct visit *visit, json_t **document, struct err *err);
int page_ready(struct visit *visit, json_t **document, struct err *err);
int page_status(struct visit *visit, json_t **document, struct err *err);
int page_metrics(struct visit *visit, json_t **document, struct err *err);

/* page_user.c: users and tokens */
int page_users(struct visit *visit, json_t **document, struct err *err);
int page_role_check(const char *value, struct err *err);
int page_yes_check(const char *value, struct err *err);
int page_users_post(struct visit *visit, json_t **document, struct err *err);
int page_user_post(struct visit *visit, json_t **document, struct err *err);
int page_user_remove_post(struct visit *visit, json_t **document, struct err *err);
int page_tokens(struct visit *visit, json_t **document, struct err *err);
int page_tokens_post(struct visit *visit, json_t **document, struct err *err);
int page_token_revoke_post(struct visit *visit, json_t **document, struct err *err);

#endif
