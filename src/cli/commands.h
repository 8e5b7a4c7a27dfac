/* Every command, each defined in its own file cmd_<name>.c. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command cmd_adopt;
extern const struct command cmd_backup;
extern const struct command cmd_cancel;
extern const struct command cmd_cat;
extern const struct command cmd_check;
extern const struct command cmd_complete;
extern const struct command cmd_completion;
extern const struct command cmd_configure_global;
extern const struct command cmd_configure_host;
extern const struct command cmd_create_user;
extern const struct command cmd_database;
extern const struct command cmd_delete;
extern const struct command cmd_diff;
extern const struct command cmd_discover_snapshots;
extern const struct command cmd_download;
extern const struct command cmd_export_configs;
extern const struct command cmd_find;
extern const struct command cmd_help;
extern const struct command cmd_host_key;
extern const struct command cmd_hosts;
extern const struct command cmd_import_configs;
extern const struct command cmd_incomplete;
extern const struct command cmd_key;
extern const struct command cmd_log;
extern const struct command cmd_ls;
extern const struct command cmd_migrate;
extern const struct command cmd_pin;
extern const struct command cmd_notify;
extern const struct command cmd_purges;
extern const struct command cmd_queue;
extern const struct command cmd_rebuild;
extern const struct command cmd_reader;
extern const struct command cmd_recover;
extern const struct command cmd_release;
extern const struct command cmd_remove_host;
extern const struct command cmd_restore;
extern const struct command cmd_retention;
extern const struct command cmd_run_job;
extern const struct command cmd_runs;
extern const struct command cmd_schedule;
extern const struct command cmd_schedules;
extern const struct command cmd_serve;
extern const struct command cmd_scheduler;
extern const struct command cmd_send_alerts;
extern const struct command cmd_show;
extern const struct command cmd_snapshots;
extern const struct command cmd_space;
extern const struct command cmd_status;
extern const struct command cmd_test_connection;
extern const struct command cmd_unpin;
extern const struct command cmd_users;
extern const struct command cmd_up;
extern const struct command cmd_alive;
extern const struct command cmd_versions;
extern const struct command cmd_worker;

#endif
