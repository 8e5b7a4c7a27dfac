/* Asking the reader: what the web knows of the backup root. */
#ifndef SERVICE_READER_CLIENT_H
#define SERVICE_READER_CLIENT_H

#include <jansson.h>

#include "service/reader_request.h"
#include "service/service.h"

struct reader_answer {
    json_t *document; /* the caller's */
    int fd;           /* of a file, or the end of a pipe; -1: none */
    int socket_fd;    /* of a pack: to be asked by reader_last_word() when the pipe has ended; -1 */
};

#define READER_ANSWER_EMPTY ((struct reader_answer){.fd = -1, .socket_fd = -1})
#define READER_ANSWER_SCOPED __attribute__((cleanup(reader_answer_release))) struct reader_answer
void reader_answer_release(struct reader_answer *answer);

/* Asks, as the actor of the service. The reader's own errors come back as they are; ERR_ROOT when it does not run. */
int reader_ask(struct service *service, struct reader_request *request, struct reader_answer *answer,
               struct err *err);

/* Whether the archive was written to its end. */
bool reader_last_word(int socket_fd);

#endif
