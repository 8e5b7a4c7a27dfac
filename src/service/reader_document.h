/*
 * Documents that look at the backup root, where the web has no right to: the reader makes them, by the functions that make
 * them everywhere else. Each of these begins by asking whether it is to be asked for instead (service->asks_reader).
 */
#ifndef SERVICE_READER_DOCUMENT_H
#define SERVICE_READER_DOCUMENT_H

#include <jansson.h>

#include "service/reader_request.h"
#include "service/service.h"

/* The web's side. `host` is NULL where the document is of no host. The reader's own errors, as they are. */
int reader_document(struct service *service, enum reader_document document, const char *host, json_t **answer,
                    struct err *err);

/* The descriptor of the log of a run, in its snapshot; -1: there is none, or it cannot be reached. */
int reader_document_log(struct service *service, int64_t run);

/* The reader's side. */
int reader_document_make(struct service *service, enum reader_document document, const char *host,
                         json_t **answer, struct err *err);

#endif
