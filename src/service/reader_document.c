/* Which function makes which document. */
#include "service/reader_document.h"

#include "service/document.h"
#include "service/document_overview.h"
#include "service/document_preflight.h"
#include "service/document_setup.h"
#include "service/document_status.h"
#include "service/reader_client.h"
#include "service/service_delete.h"

static const struct maker {
    int (*of_all)(struct service *service, json_t **document, struct err *err);
    int (*of_host)(struct service *service, const char *host, json_t **document, struct err *err);
    bool host_may_miss;
} makers[READER_DOCUMENT__MAX] = {
    [READER_STATUS] = {.of_all = document_status},
    [READER_CHECK] = {.of_all = document_check},
    [READER_HOSTS] = {.of_all = document_hosts},
    [READER_HOST] = {.of_host = document_host},
    [READER_OVERVIEW] = {.of_host = document_host_overview},
    [READER_PREFLIGHT] = {.of_host = document_preflight, .host_may_miss = true},
    [READER_INCOMPLETE] = {.of_host = service_incomplete_list},
    [READER_SETUP_ROOT] = {.of_all = document_setup_root},
    [READER_SETUP_HOST] = {.of_host = document_setup_host},
};

int reader_document(struct service *service, enum reader_document document, const char *host, json_t **answer,
                    struct err *err)
{
    struct reader_request request = {.verb = READER_DOCUMENT, .document = document, .host = host};
    READER_ANSWER_SCOPED told = READER_ANSWER_EMPTY;

    if (reader_ask(service, &request, &told, err) < 0)
        return -1;
    *answer = json_incref(told.document);
    return 0;
}

int reader_document_log(struct service *service, int64_t run)
{
    struct reader_request request = {.verb = READER_LOG, .run = (size_t)run};
    READER_ANSWER_SCOPED told = READER_ANSWER_EMPTY;
    struct err ignored;
    int fd;

    if (reader_ask(service, &request, &told, &ignored) < 0)
        return -1;
    fd = told.fd;
    told.fd = -1;
    return fd;
}

int reader_document_make(struct service *service, enum reader_document document, const char *host,
                         json_t **answer, struct err *err)
{
    const struct maker *maker = &makers[document];

    if (maker->of_all != NULL)
        return maker->of_all(service, answer, err);
    if (host == NULL && !maker->host_may_miss)
        return err_set(err, ERR_INVALID, "a document of a host was asked for, and no host was named");
    return maker->of_host(service, host, answer, err);
}
