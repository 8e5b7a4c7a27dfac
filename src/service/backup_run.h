/*
 * The state of one backup between its steps. service_backup.c decides the order of the steps and what a failure of each
 * means; backup_prepare.c and backup_finish.c hold the steps themselves.
 */
#ifndef SERVICE_BACKUP_RUN_H
#define SERVICE_BACKUP_RUN_H

#include "engine/base_snapshot.h"
#include "engine/host_directory.h"
#include "engine/incomplete.h"
#include "engine/rsync_output.h"
#include "engine/run_log.h"
#include "engine/ssh_session.h"
#include "engine/transfer.h"
#include "model/host.h"
#include "model/root.h"
#include "plan/outcome.h"
#include "service/recovery.h"
#include "service/service_backup.h"

struct backup {
    struct service *service;
    const struct backup_request *request;
    struct arena *arena;

    struct host host;
    struct config global;
    struct effective effective;
    const struct config *config; /* of `effective` */

    struct root root;
    int root_fd;
    struct host_directory directory;
    struct recovery recovery;

    struct run run;
    struct run_log log;
    struct snapshot *snapshots; /* of the host, newest first */
    size_t snapshot_count;
    struct snapshot snapshot; /* the new one's row */
    bool snapshot_recorded;   /* that row has got its final name already */
    struct base_snapshot base;
    const char *no_base_reason; /* why there is none although there are good snapshots */
    struct incomplete incomplete;
    struct snapshot_meta meta;

    const char *identity;
    struct host_key *keys;
    size_t key_count;
    struct ssh_session session;
    const char *const *environment;
    const char *const *argv;

    struct rsync_output output;
    struct transfer_result transfer;

    enum cause cause; /* of the step that failed, beside its err */
    enum backup_phase phase;
    int64_t begun_ms, phase_ms;
    int64_t next_beat_ms; /* when the next sign of life is due */
    int64_t usual_seconds;
    pid_t rsync;                      /* while it runs, 0: it does not */
    int64_t moved_at;                 /* when a figure of the progress or the phase last changed */
    int64_t moved_bytes, moved_files; /* what they were then */
    int64_t noted_ms;                 /* when the row was last told how far it is, 0: never */
};

/* Each returns 0, or -1 with `backup->cause` and *err. */
int backup_open_root(struct backup *backup, struct err *err);
int backup_require_room(struct backup *backup, struct err *err);
int backup_open_identity(struct backup *backup, struct err *err);
int backup_pin_host(struct backup *backup, struct err *err);
int backup_choose_base(struct backup *backup, struct err *err);
int backup_begin_snapshot(struct backup *backup, struct err *err);
int backup_plan_transfer(struct backup *backup, struct err *err);

/* Scans and judges what the transfer left; publishes it when it deserves a final name. Fills run and snapshot. */
int backup_judge(struct backup *backup, struct err *err);

/* Records the snapshot, and deletes what retention says: for a good run only. A prune that is refused or fails makes
 * the run a warning, with its sentence. */
void backup_prune(struct backup *backup);

/* Ends the run's row (and its snapshot's) with what `run` says. */
int backup_record_end(struct backup *backup, struct err *err);

/* What no longer matters once the row has ended: unfinished directories, trash, host.json. Failures are only logged. */
void backup_tidy(struct backup *backup);

/* Sets phase and tells whoever watches; once the run has taken a second, its row as well. */
void backup_enter(struct backup *backup, enum backup_phase phase);
void backup_notice(struct backup *backup, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What went wrong besides, and does not change how the run ends, for the log of the service: "run 17 of "web1": its log is not
 * kept: ...". */
void backup_warn(const struct backup *backup, const char *what, const struct err *err);

/* The failure of a step: keeps cause and sentence. Returns -1. */
int backup_fail(struct backup *backup, enum cause cause);
/* The same for a step on the backup root; errno tells a full disk from the rest. */
int backup_fail_io(struct backup *backup);

#endif
