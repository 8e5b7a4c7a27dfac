/* The web's side of the reader's socket. */
#include "service/reader_client.h"

#include <stdlib.h>
#include <string.h>

#include "sys/fs.h"
#include "sys/unix_socket.h"

enum { TIMEOUT_MS = 60000 };

void reader_answer_release(struct reader_answer *answer)
{
    json_decref(answer->document);
    answer->document = NULL;
    fs_close(&answer->fd);
    fs_close(&answer->socket_fd);
}

static int connect_reader(struct service *service, struct err *err)
{
    int fd = unix_socket_connect(service->environment.home, READER_SOCKET, TIMEOUT_MS, err);

    if (fd < 0 && err->code == ERR_NOT_FOUND) {
        err_set(err, ERR_ROOT, "the reader, which looks into snapshots for the web, does not run");
        err_hint(err, "pobsync up starts it with the rest; alone: pobsync reader");
    }
    return fd;
}

static int send_request(int fd, const struct reader_request *request, struct err *err)
{
    json_t *object = reader_request_json(request);
    char *text = json_dumps(object, JSON_COMPACT);
    int result;

    json_decref(object);
    if (text == NULL)
        return err_set(err, ERR_INVALID, "this cannot be asked of the reader");
    result = unix_socket_send(fd, text, strlen(text), -1, err);
    free(text);
    return result;
}

/* An error as it was, code and all. */
static int take_error(const json_t *error, struct err *err)
{
    const char *name = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *hint = json_string_value(json_object_get(error, "hint"));
    enum err_code code = ERR_FAILED;

    for (int i = ERR_NONE + 1; name != NULL && i < ERR__MAX; i++)
        if (strcmp(err_name((enum err_code)i), name) == 0)
            code = (enum err_code)i;
    err_set(err, code, "%s", message != NULL ? message : "the reader gave no answer");
    return hint != NULL ? err_hint(err, "%s", hint) : -1;
}

static int read_answer(int fd, struct reader_answer *answer, struct err *err)
{
    BUF_SCOPED text = BUF_EMPTY;
    json_t *object;

    if (unix_socket_receive(fd, READER_ANSWER_MAX, &text, &answer->fd, err) < 0)
        return err_in(err, "the reader");
    object = json_loadb(buf_text(&text), text.size, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL)
        return err_set(err, ERR_FAILED, "the reader gave an answer that is none");
    answer->document = json_object_get(object, "document");
    json_incref(answer->document);
    if (answer->document == NULL)
        take_error(json_object_get(object, "error"), err);
    json_decref(object);
    return answer->document != NULL ? 0 : -1;
}

int reader_ask(struct service *service, struct reader_request *request, struct reader_answer *answer,
               struct err *err)
{
    FD_SCOPED fd = connect_reader(service, err);

    *answer = READER_ANSWER_EMPTY;
    request->actor = service->actor;
    request->origin = service->origin;
    if (request->wish.limit == 0)
        request->wish.limit = READER_PAGE_MAX;
    if (fd < 0 || send_request(fd, request, err) < 0)
        return -1;
    if (read_answer(fd, answer, err) < 0) {
        reader_answer_release(answer);
        return -1;
    }
    answer->socket_fd = fd;
    fd = -1;
    return 0;
}

bool reader_last_word(int socket_fd)
{
    BUF_SCOPED word = BUF_EMPTY;
    struct err err;
    int passed;
    bool good = unix_socket_receive(socket_fd, 16, &word, &passed, &err) == 0 &&
                strcmp(buf_text(&word), "complete") == 0;

    fs_close(&passed);
    return good;
}
