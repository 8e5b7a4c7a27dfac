/* Starting and stopping. */
#include "web/web_server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "service/document_status.h"
#include "service/service_user.h"
#include "sys/fs.h"
#include "sys/listen.h"
#include "sys/random.h"
#include "sys/service_manager.h"
#include "sys/stop.h"
#include "web/asset.h"
#include "web/format.h"
#include "web/strip.h"
#include "web/visit.h"

enum { PEM_MAX = 1024 * 1024 };

/* Links are followed: certificates are renewed by pointing a link elsewhere. */
static int read_pem(struct arena *arena, const char *path, const char **text, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED fd = open(path, O_RDONLY | O_CLOEXEC);
    char chunk[4096];
    ssize_t got = 0;

    while (fd >= 0 && content.size < PEM_MAX && (got = read(fd, chunk, sizeof chunk)) > 0)
        buf_add(&content, chunk, (size_t)got);
    if (fd < 0 || got < 0)
        return err_errno(err, ERR_INVALID, errno, "\"%s\" cannot be read", path);
    *text = arena_copy(arena, buf_text(&content), content.size);
    return 0;
}

static int open_socket(const struct web_options *options, int *fd, struct err *err)
{
    *fd = listen_inherited(err);
    if (*fd == -2)
        return -1;
    if (*fd == -1)
        *fd = listen_open(options->listen, err);
    if (*fd < 0)
        return -1;
    if (listen_is_loopback(*fd) || options->certificate != NULL || options->allow_http)
        return 0;
    fs_close(fd);
    err_set(err, ERR_NOT_ALLOWED,
            "%s is reached from other machines, and passwords would cross the network unencrypted",
            options->listen);
    return err_hint(err,
                    "listen on 127.0.0.1 behind a proxy that does TLS, give --tls-cert and --tls-key, or set "
                    "POBSYNC_ALLOW_HTTP=1");
}

/* Who reads this code in the log may make the first account. It lives as long as this process. */
static int make_setup_code(struct web *web, struct arena *arena, struct err *err)
{
    struct service service;
    bool has_admin;
    int result;

    if (service_pool_take(web->pool, arena, "web", &service, err) < 0)
        return -1;
    result = service_user_has_admin(&service, &has_admin, err);
    service_pool_give(web->pool, &service);
    web->setup_code =
        result < 0 || has_admin ? "" : arena_printf(arena, "%08x-%08x", random_u32(), random_u32());
    return result;
}

static void announce(const struct web *web)
{
    const char *scheme = web->tls ? "https" : "http";

    log_info("listening on %s://%s/", scheme, web->listen);
    if (*web->setup_code != '\0')
        log_warning("nobody has an account yet: make the first one at %s://%s/setup with the code %s", scheme,
                    web->listen, web->setup_code);
}

/* Requests are answered by threads of their own. */
static void wait_for_the_end(void)
{
    struct service_manager manager;

    service_manager_begin(&manager);
    while (stop_requested() == 0) {
        service_manager_live(&manager);
        stop_poll(NULL, 0, service_manager_wait_ms(&manager, -1));
    }
}

static int serve(const struct web_options *options, struct web *web, struct arena *arena, struct err *err)
{
    struct http_options http = {.listen_fd = -1, .handle = router_handle, .context = web};
    struct http_server *server = NULL;
    int result = 0;

    if (options->certificate != NULL && (read_pem(arena, options->certificate, &http.certificate, err) < 0 ||
                                         read_pem(arena, options->key, &http.key, err) < 0))
        return -1;
    if (make_setup_code(web, arena, err) < 0 || open_socket(options, &http.listen_fd, err) < 0)
        return -1;
    web->listen = listen_name(arena, http.listen_fd);
    web->tls = http.certificate != NULL;
    if (events_open(web->pool, &web->events, err) < 0 || http_start(&http, &server, err) < 0) {
        fs_close(&http.listen_fd);
        result = -1;
    } else {
        announce(web);
        wait_for_the_end();
    }
    if (web->events != NULL)
        events_stop(web->events);
    http_stop(&server);
    events_close(&web->events);
    if (result == 0)
        log_info("stopped");
    return result;
}

int web_serve(const struct web_options *options, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct web web = {.setup_code = ""};
    int result = -1;

    if (template_set_load(web_templates, web_template_count, web_formatters, &web.templates, err) < 0)
        return -1;
    web.status = shared_document_new(document_status);
    web.strips = shared_document_new(strip_document);
    if (service_pool_open(&web.pool, err) == 0)
        result = serve(options, &web, &arena, err);
    service_pool_close(&web.pool);
    shared_document_free(&web.strips);
    shared_document_free(&web.status);
    template_set_free(&web.templates);
    return result;
}
