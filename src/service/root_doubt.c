/* Doubts about a root. */
#include "service/root_doubt.h"

#include <string.h>

#include "service/host_file.h"
#include "service/service_root.h"
#include "store/store_installation.h"
#include "store/store_root.h"
#include "sys/fs.h"
#include "sys/random.h"

/* Ours, made if it is not there yet. */
static int load_installation(struct service *service, struct installation *installation, struct err *err)
{
    char uuid[37];

    random_uuid(uuid);
    return store_installation_load(service->arena, service->db, uuid, service->now, installation, err);
}

/* What a file below `fd` says about how far the rows had come. `what` was written then. */
static int look(struct service *service, int fd, const char *file, const char *what, const char **doubt,
                struct err *err)
{
    struct host_file_stamp stamp;
    struct installation_marks marks;
    struct installation installation;
    int known;

    *doubt = NULL;
    if (fd < 0 || !host_file_stamp_load(service->arena, fd, file, &stamp))
        return 0;
    if (load_installation(service, &installation, err) < 0 ||
        store_installation_marks(service->db, &marks, err) < 0)
        return -1;
    if (strcmp(stamp.installation, installation.uuid) != 0 || stamp.epoch < installation.epoch)
        return 0;
    known = store_installation_knows(service->db, &stamp.marks, err);
    if (known < 0)
        return -1;
    if (stamp.epoch > installation.epoch || !known)
        *doubt =
            arena_printf(service->arena,
                         "the database is older than the disk: %s was written when run "
                         "%lld and change %lld were recorded, the newest recorded ones are %lld and %lld",
                         what, (long long)stamp.marks.run, (long long)stamp.marks.change,
                         (long long)marks.run, (long long)marks.change);
    return 0;
}

int root_doubt_look(struct service *service, int host_fd, const char *host, const char **doubt,
                    struct err *err)
{
    return look(service, host_fd, HOST_FILE, arena_printf(service->arena, "the directory of \"%s\"", host),
                doubt, err);
}

static int note(struct service *service, const char *doubt, struct err *err)
{
    struct root root;
    bool known;

    if (doubt == NULL)
        return 0;
    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    return known ? store_root_set_doubt(service->db, root.id, doubt, service->now, err) : 0;
}

int root_doubt_note(struct service *service, int host_fd, const char *host, struct err *err)
{
    const char *doubt;

    return root_doubt_look(service, host_fd, host, &doubt, err) < 0 ? -1 : note(service, doubt, err);
}

int root_doubt_note_root(struct service *service, int root_fd, struct err *err)
{
    const char *doubt;

    return look(service, root_fd, GLOBAL_FILE, "\"" GLOBAL_FILE "\"", &doubt, err) < 0
               ? -1
               : note(service, doubt, err);
}

int root_doubt_load(struct survey *survey, const struct host *hosts, size_t count, const char **doubt,
                    struct err *err)
{
    *doubt = survey->known ? survey->root.doubt : NULL;
    for (size_t i = 0; *doubt == NULL && survey->root_fd >= 0 && i < count; i++) {
        struct err ignored;
        FD_SCOPED fd = fs_open_dir(survey->root_fd, hosts[i].name, true, &ignored);

        if (root_doubt_look(survey->service, fd, hosts[i].name, doubt, err) < 0)
            return -1;
    }
    return 0;
}

int root_doubt_settle(struct service *service, const struct root *root, struct err *err)
{
    return root->doubt != NULL && store_installation_next_epoch(service->db, err) < 0
               ? -1
               : store_root_confirm(service->db, root->id, service->now, err);
}

/* The newest finished snapshot of the rows is not on disk, and nobody has said that this is right. */
static bool has_lost_newest(const struct root *root, const struct host_directory *directory,
                            const struct snapshot *snapshots, size_t count, const char **name)
{
    const struct snapshot *newest = NULL;
    struct err ignored;

    for (size_t i = 0; i < count; i++)
        if (snapshots[i].kind != KIND_INCOMPLETE && snapshots[i].status != SNAPSHOT_DELETING &&
            snapshots[i].status != SNAPSHOT_DELETED &&
            (newest == NULL || strcmp(snapshots[i].name, newest->name) > 0))
            newest = &snapshots[i];
    if (newest == NULL || (newest->missing_since != 0 && newest->missing_since <= root->confirmed_at))
        return false;
    *name = newest->name;
    return discovery_is_there(directory->fd, newest->kind, newest->name, &ignored) == 0;
}

int root_doubt_refuse_prune(struct service *service, const struct host_directory *directory,
                            const struct snapshot *snapshots, size_t count, struct err *err)
{
    const char *doubt = NULL, *name;
    struct root root;
    bool known;

    if (service_root_load(service, &root, &known, err) < 0)
        return -1;
    if (!known)
        return 0;
    doubt = root.doubt;
    if (doubt == NULL && root_doubt_look(service, directory->fd, directory->name, &doubt, err) < 0)
        return -1;
    if (doubt == NULL && has_lost_newest(&root, directory, snapshots, count, &name))
        doubt = arena_printf(service->arena,
                             "the newest recorded snapshot of \"%s\", %s, is not on disk: the disk may be an "
                             "older copy",
                             directory->name, name);
    if (doubt == NULL)
        return 0;
    err_set(err, ERR_REFUSED, "%s; nothing is pruned", doubt);
    return err_hint(err, "compare rows and disk (pobsync discover-snapshots --preflight), then: "
                         "pobsync discover-snapshots --confirm");
}
