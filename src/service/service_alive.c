/* Each part has its own sign of life. */
#include "service/service_alive.h"

#include <string.h>

#include "service/document_queue.h"
#include "service/reader_request.h"
#include "store/store_daemon.h"
#include "store/store_installation.h"
#include "sys/fs.h"
#include "sys/http_client.h"
#include "sys/process_name.h"
#include "sys/unix_socket.h"

enum { ANSWER_MS = 5000, SILENCE_SECONDS = 60 };

/* Where it listens on every address, it listens on this one. */
static const char *own_address(struct arena *arena, const char *listen)
{
    static const char *const every[] = {"*", "0.0.0.0", "[::]"};
    const char *port = strrchr(listen, ':');

    for (size_t i = 0; port != NULL && i < sizeof every / sizeof every[0]; i++)
        if ((size_t)(port - listen) == strlen(every[i]) && strncmp(listen, every[i], strlen(every[i])) == 0)
            return arena_printf(arena, "127.0.0.1%s", port);
    return listen;
}

static int web_is_alive(struct service *service, struct err *err)
{
    const char *url = arena_printf(service->arena, "http://%s/readyz",
                                   own_address(service->arena, service->environment.listen));
    const struct http_request request = {.url = url, .shown = url, .timeout_ms = ANSWER_MS};
    long status;

    return http_send(&request, &status, err);
}

static int reader_is_alive(struct service *service, struct err *err)
{
    FD_SCOPED fd = unix_socket_connect(service->environment.home, READER_SOCKET, ANSWER_MS, err);

    return fd < 0 ? -1 : 0;
}

static int scheduler_is_alive(struct service *service, struct err *err)
{
    json_t *pass;
    bool alive;

    if (document_scheduler(service, &pass, err) < 0)
        return -1;
    alive = json_is_true(json_object_get(pass, "alive"));
    json_decref(pass);
    return alive ? 0 : err_set(err, ERR_FAILED, "the scheduler has made no pass of late");
}

static int worker_is_alive(struct service *service, struct err *err)
{
    char own[PROCESS_NAME_SIZE];
    const char *place = strchr(process_name(own), '@');
    struct daemon_row *rows;
    size_t count;
    int64_t node;

    if (store_node_load(service->db, service->now, &node, err) < 0 ||
        store_daemon_list(service->arena, service->db, node, service->now - SILENCE_SECONDS, &rows, &count,
                          err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *its_place = strchr(rows[i].name, '@');

        if (strcmp(rows[i].role, "worker") == 0 && place != NULL && its_place != NULL &&
            strcmp(place, its_place) == 0)
            return 0;
    }
    return err_set(err, ERR_FAILED, "no worker has given a sign of life here within %d s", SILENCE_SECONDS);
}

int service_alive(struct service *service, const char *part, struct err *err)
{
    static const struct {
        const char *name;
        int (*is_alive)(struct service *service, struct err *err);
    } parts[] = {{"web", web_is_alive},
                 {"reader", reader_is_alive},
                 {"scheduler", scheduler_is_alive},
                 {"worker", worker_is_alive}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, part) == 0) {
            if (parts[i].is_alive(service, err) == 0)
                return 0;
            err->code = ERR_FAILED; /* whatever the reason */
            return -1;
        }
    err_set(err, ERR_USAGE, "\"%s\" is no part of pobsync", part);
    return err_hint(err, "the parts are web, reader, scheduler and worker");
}
