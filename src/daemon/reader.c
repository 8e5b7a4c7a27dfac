/* Accepting, and one child for each request. */
#include "daemon/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "service/document_log.h"
#include "service/reader_document.h"
#include "service/reader_request.h"
#include "service/service_basket.h"
#include "service/service_browse.h"
#include "service/service_download.h"
#include "service/service_read.h"
#include "sys/fs.h"
#include "sys/privilege.h"
#include "sys/service_manager.h"
#include "sys/stop.h"
#include "sys/unix_socket.h"

enum {
    CHILDREN_MAX = 32,
    REQUEST_MS = 5000,     /* for the request to come in */
    ANSWER_MS = 60000,     /* for each piece of the answer to go out */
    CPU_SECONDS = 60,      /* of one answer, but an archive */
    EVERYWHERE_MS = 20000, /* for a search of all hosts: somebody waits */
    LOOK_MS = 200,
    SOCKET_MODE = 0660
};

struct reader {
    int listen_fd;
    uid_t web_uid;
    bool has_web_user;
    int children;
};

static int send_document(int fd, json_t *document, int passed, struct err *err)
{
    json_t *answer = json_pack("{s:o}", "document", document);
    char *text = json_dumps(answer, JSON_COMPACT);
    int result;

    json_decref(answer);
    if (text == NULL)
        abort();
    result = strlen(text) > READER_ANSWER_MAX ? err_set(err, ERR_FAILED, "the answer is too long")
                                              : unix_socket_send(fd, text, strlen(text), passed, err);
    free(text);
    return result;
}

static void send_error(int fd, const struct err *error)
{
    json_t *answer = json_pack("{s:{s:s, s:s, s:s}}", "error", "code", err_name(error->code), "message",
                               error->message, "hint", error->hint);
    char *text = json_dumps(answer, JSON_COMPACT);
    struct err err;

    json_decref(answer);
    if (text != NULL && unix_socket_send(fd, text, strlen(text), -1, &err) < 0)
        log_debug("%s", err.message);
    free(text);
}

static int answer_read(struct service *service, const struct reader_request *request, int fd, struct err *err)
{
    const char *name;
    struct stat stat;
    FD_SCOPED file =
        service_read_file(service, request->host, request->snapshot, request->path, &name, &stat, err);

    if (file < 0)
        return -1;
    return send_document(fd,
                         json_pack("{s:s, s:I, s:I}", "snapshot", name, "size", (json_int_t)stat.st_size,
                                   "modified", (json_int_t)stat.st_mtim.tv_sec),
                         file, err);
}

static int answer_log(struct service *service, const struct reader_request *request, int fd, struct err *err)
{
    FD_SCOPED file = document_log_copy(service, (int64_t)request->run, err);

    return file < 0 ? -1 : send_document(fd, json_object(), file, err);
}

static int open_pack(struct service *service, const struct reader_request *request, struct list *paths,
                     struct download *download, struct err *err)
{
    if (!request->basket)
        return service_download_open(service, request->host, request->snapshot, request->path,
                                     request->format, download, err);
    if (service_basket_paths(service, request->host, paths, err) < 0)
        return -1;
    return service_download_open_several(service, request->host, request->snapshot, paths, request->format,
                                         download, err);
}

/* The archive goes into a pipe whose other end the web has; a last word says whether it is whole. */
static int answer_pack(struct service *service, const struct reader_request *request, int fd, struct err *err)
{
    DOWNLOAD_SCOPED download = DOWNLOAD_CLOSED;
    struct list left_out = {0}, paths = {0};
    int64_t entries;
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    int ends[2], result;

    if (open_pack(service, request, &paths, &download, err) < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, ERR_IO, errno, "cannot make a pipe");
    result = send_document(
        fd, json_pack("{s:s, s:s}", "snapshot", download.snapshot, "file_name", download.file_name), ends[0],
        err);
    fs_close(&ends[0]);
    if (result == 0) {
        setrlimit(RLIMIT_CPU, &unlimited);
        result = service_download_write(service, &download, ends[1], &entries, &left_out, err);
        fs_close(&ends[1]);
        if (result < 0 && err->code != ERR_PARTIAL)
            log_warning("an archive of %s was not finished: %s", request->host, err->message);
        else if (unix_socket_send(fd, "complete", strlen("complete"), -1, err) < 0)
            log_debug("%s", err->message);
    }
    fs_close(&ends[1]);
    return 0; /* the answer is out: an error has no place any more */
}

static int answer_find(struct service *service, const struct reader_request *request, json_t **document,
                       struct err *err)
{
    const struct browse_search search = {.host = request->host,
                                         .snapshot = request->snapshot,
                                         .wish = request->find,
                                         .limit = request->wish.limit};

    if (request->host == NULL)
        return service_browse_find_everywhere(service, &search, EVERYWHERE_MS, document, err);
    return service_browse_find(service, &search, document, err);
}

static int answer(struct service *service, const struct reader_request *request, int fd, struct err *err)
{
    json_t *document = NULL;
    int result = -1;

    switch (request->verb) {
    case READER_LIST:
        result = service_browse_list(service, request->host, request->snapshot, request->path, &request->wish,
                                     &document, err);
        break;
    case READER_VERSIONS:
        result = service_browse_versions(service, request->host, request->path, &document, err);
        break;
    case READER_HISTORY:
        result = service_browse_history(service, request->host, request->path, request->wish.after,
                                        request->wish.limit, request->wish.offset, &document, err);
        break;
    case READER_DIFF:
        result = service_browse_diff(service, request->host, request->snapshot, request->other, request->path,
                                     request->wish.limit, &document, err);
        break;
    case READER_LINES:
        result = service_browse_text_diff(service, request->host, request->snapshot, request->other,
                                          request->path, &document, err);
        break;
    case READER_FIND:
        result = answer_find(service, request, &document, err);
        break;
    case READER_READ:
        return answer_read(service, request, fd, err);
    case READER_DOCUMENT:
        result = reader_document_make(service, request->document, request->host, &document, err);
        break;
    case READER_LOG:
        return answer_log(service, request, fd, err);
    case READER_PACK:
        return answer_pack(service, request, fd, err);
    case READER_VERB__MAX:
        return err_set(err, ERR_INTERNAL, "no verb");
    }
    return result < 0 ? -1 : send_document(fd, document, -1, err);
}

static int receive_request(struct arena *arena, int fd, struct reader_request *request, struct err *err)
{
    BUF_SCOPED text = BUF_EMPTY;
    int passed;

    unix_socket_set_timeout(fd, REQUEST_MS);
    if (unix_socket_receive(fd, READER_REQUEST_MAX, &text, &passed, err) < 0)
        return -1;
    fs_close(&passed);
    unix_socket_set_timeout(fd, ANSWER_MS);
    return reader_request_parse(arena, buf_text(&text), text.size, request, err);
}

/* In the child. */
static int serve(int fd)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct reader_request request;
    struct service service;
    struct err err = {0};
    int result;

    if (receive_request(&arena, fd, &request, &err) < 0 ||
        service_open(&service, &arena, request.origin, &err) < 0) {
        send_error(fd, &err);
        return EXIT_FAILURE;
    }
    service.actor = request.actor;
    service.is_reader = true;
    result = answer(&service, &request, fd, &err);
    if (result < 0)
        send_error(fd, &err);
    service_close(&service);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool may_ask(const struct reader *reader, int fd)
{
    struct err err;
    uid_t uid;

    if (unix_socket_peer(fd, &uid, &err) < 0) {
        log_warning("%s", err.message);
        return false;
    }
    if (uid == 0 || uid == geteuid() || (reader->has_web_user && uid == reader->web_uid))
        return true;
    log_warning("the user with the number %u may not ask the reader", (unsigned)uid);
    return false;
}

static void start_child(struct reader *reader, int fd)
{
    static const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};
    pid_t parent = getpid(), pid = fork();

    if (pid < 0) {
        log_error("a request cannot be answered: %s", strerror(errno));
        return;
    }
    if (pid > 0) {
        reader->children++;
        return;
    }
    fs_close(&reader->listen_fd);
    setrlimit(RLIMIT_CPU, &cpu);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    _exit(serve(fd));
}

static void reap(struct reader *reader)
{
    while (reader->children > 0 && waitpid(-1, NULL, WNOHANG) > 0)
        reader->children--;
}

static void accept_one(struct reader *reader)
{
    FD_SCOPED fd = accept4(reader->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0 && may_ask(reader, fd))
        start_child(reader, fd);
}

/* A full house accepts nobody: who connects waits. */
static void work(struct reader *reader)
{
    struct service_manager manager;

    service_manager_begin(&manager);
    while (stop_requested() == 0) {
        struct pollfd socket = {.fd = reader->listen_fd, .events = POLLIN};

        reap(reader);
        service_manager_live(&manager);
        if (reader->children >= CHILDREN_MAX)
            stop_poll(NULL, 0, LOOK_MS);
        else if (stop_poll(&socket, 1,
                           service_manager_wait_ms(&manager, reader->children > 0 ? LOOK_MS : -1)) > 0)
            accept_one(reader);
    }
}

static int find_web_user(const char *name, struct reader *reader, struct err *err)
{
    const struct passwd *user = name != NULL ? getpwnam(name) : NULL;

    if (name != NULL && user == NULL)
        return err_set(err, ERR_INVALID, "there is no user \"%s\"", name);
    reader->has_web_user = user != NULL;
    reader->web_uid = user != NULL ? user->pw_uid : 0;
    return 0;
}

/* The files of the database may be those of the web's user; they belong to the group of the state directory. */
static void join_state_group(const char *home)
{
    struct stat st;

    if (stat(home, &st) == 0 && st.st_gid != getegid())
        privilege_join_group(st.st_gid);
}

int reader_run(const struct reader_options *options, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct reader reader = {.listen_fd = -1};
    struct service service;

    if (find_web_user(options->web_user, &reader, err) < 0 ||
        service_open(&service, &arena, "reader", err) < 0)
        return -1;
    reader.listen_fd = unix_socket_listen(service.environment.home, READER_SOCKET, SOCKET_MODE, err);
    service_close(&service);
    if (reader.listen_fd < 0)
        return -1;
    join_state_group(service.environment.home);
    if (!privilege_keep_reading())
        log_debug("the reader keeps more rights than it needs: this system does not let it give them up");
    log_info("the reader answers");
    work(&reader);
    fs_close(&reader.listen_fd);
    return 0;
}
