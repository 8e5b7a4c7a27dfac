/* Opening and closing what every use case needs. */
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "service/database_copy.h"
#include "service/reserve.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { STATE_MODE = 02770, KEYS_MODE = 0700, RUNS_MODE = 02770 };

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        abort();
    return memory;
}

/* The modes are set after making, whatever the umask says; what is there already is left as it is: `check` looks. */
static int make_part(int home_fd, const char *name, mode_t mode, struct err *err)
{
    struct stat st;

    if (fstatat(home_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        return 0;
    if (fs_make_dir(home_fd, name, mode, true, err) < 0)
        return -1;
    if (fchmodat(home_fd, name, mode, 0) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\"", name);
    return 0;
}

static int make_home(const char *home, struct err *err)
{
    const struct group *group;

    if (access(home, F_OK) == 0)
        return 0;
    if (fs_make_path(home, STATE_MODE, err) < 0) {
        err_in(err, "state directory");
        return err_hint(err, "run as root, or name a directory that you may write in POBSYNC_HOME");
    }
    group = getgrnam("pobsync");
    if (group != NULL && geteuid() == 0 && chown(home, (uid_t)-1, group->gr_gid) < 0)
        return err_errno(err, ERR_IO, errno, "state directory \"%s\": its group", home);
    if (chmod(home, STATE_MODE) < 0)
        return err_errno(err, ERR_IO, errno, "state directory \"%s\": its mode", home);
    return 0;
}

static int make_state(const char *home, struct err *err)
{
    FD_SCOPED fd = -1;

    if (make_home(home, err) < 0)
        return -1;
    /* Links are followed: the administrator may have moved the directory to another disk. */
    fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, errno == EACCES ? ERR_NOT_ALLOWED : ERR_IO, errno, "state directory \"%s\"", home);
        return err_hint(err, "run as root or as a member of the group pobsync; or see POBSYNC_HOME");
    }
    if (make_part(fd, "keys", KEYS_MODE, err) < 0 || make_part(fd, "runs", RUNS_MODE, err) < 0)
        return err_in(err, "state directory \"%s\"", home);
    return 0;
}

/* Who really asks: sudo tells, and only root can have been reached by it. */
static const char *find_actor(struct arena *arena)
{
    const char *sudo_user = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());

    if (getuid() == 0 && sudo_user != NULL && *sudo_user != '\0')
        return arena_strdup(arena, sudo_user);
    return user != NULL ? arena_strdup(arena, user->pw_name) : arena_printf(arena, "uid %u", getuid());
}

int service_open_state(struct service *service, struct arena *arena, const char *origin, struct err *err)
{
    json_set_alloc_funcs(allocate, free);
    *service =
        (struct service){.arena = arena, .actor = find_actor(arena), .origin = origin, .now = clock_now()};
    if (environment_load(arena, &service->environment, err) < 0 ||
        make_state(service->environment.home, err) < 0)
        return -1;
    reserve_mind(service->environment.home);
    return 0;
}

int service_open_unmigrated(struct service *service, struct arena *arena, const char *origin, struct err *err)
{
    if (service_open_state(service, arena, origin, err) < 0)
        return -1;
    return db_open(service->environment.database, &service->db, err);
}

int service_migrate(struct service *service, int *applied, struct err *err)
{
    int found, expected;
    struct database_copy copy;

    if (db_schema_version(service->db, &found, &expected, err) < 0)
        return -1;
    if (found > 0 && found < expected) {
        if (database_copy_before_upgrade(service, &copy, err) < 0)
            return err_in(err, "the database is not upgraded without a copy of it");
        log_info("the database goes from version %d to %d; as it was before it is \"%s\"", found, expected,
                 copy.path);
    }
    return db_migrate(service->db, service->now, applied, err);
}

int service_open(struct service *service, struct arena *arena, const char *origin, struct err *err)
{
    if (service_open_unmigrated(service, arena, origin, err) < 0)
        return -1;
    if (service_migrate(service, NULL, err) < 0) {
        service_close(service);
        return -1;
    }
    return 0;
}

void service_close(struct service *service)
{
    db_close(&service->db);
}

int service_begin(struct service *service, struct transaction *transaction, struct err *err)
{
    if (transaction_begin(transaction, service->db, err) < 0)
        return -1;
    return service->precondition == NULL ? 0
                                         : service->precondition(service, service->precondition_context, err);
}
