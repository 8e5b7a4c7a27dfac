/*
 * What may be asked of the reader: the helper through which the web sees what lies below the backup root, as it has no
 * right to see it itself. A request is one JSON object of at most READER_REQUEST_MAX bytes; whatever the web has become,
 * it gets no more than this. Bytes of names travel as base64.
 */
#ifndef SERVICE_READER_REQUEST_H
#define SERVICE_READER_REQUEST_H

#include <jansson.h>

#include "engine/find.h"
#include "engine/listing.h"
#include "model/pack_format.h"

#define READER_SOCKET "reader.sock" /* in POBSYNC_HOME */

enum { READER_REQUEST_MAX = 64 * 1024, READER_ANSWER_MAX = 32 << 20, READER_PAGE_MAX = 1000 };

/* The verb and its name. */
#define READER_VERB_LIST(X)                                                                                  \
    X(READER_LIST, "list")         /* a page of a directory */                                               \
    X(READER_VERSIONS, "versions") /* of a path */                                                           \
    X(READER_HISTORY, "history")   /* of the names of a directory; wish.offset counts snapshots */           \
    X(READER_DIFF, "diff")         /* of a directory in two snapshots */                                     \
    X(READER_LINES, "lines")       /* of a file in two snapshots: what differs */                            \
    X(READER_FIND, "find")         /* names in a snapshot, in all, or, without a host, everywhere */         \
    X(READER_READ, "read")         /* a file: the answer has its descriptor */                               \
    X(READER_DOCUMENT, "document") /* what a page says that tells of the root itself */                      \
    X(READER_LOG, "log")           /* of a run: the answer has the descriptor of its copy in the snapshot */ \
    X(READER_PACK, "pack") /* a tree: the answer has the end of a pipe, and a last word comes after it */

/* The documents that may be asked for and their names: those that look at the root. */
#define READER_DOCUMENT_LIST(X)                                                                              \
    X(READER_STATUS, "status")                                                                               \
    X(READER_CHECK, "check")                                                                                 \
    X(READER_HOSTS, "hosts")                                                                                 \
    X(READER_HOST, "host")                                                                                   \
    X(READER_OVERVIEW, "overview")                                                                           \
    X(READER_PREFLIGHT, "preflight") /* without a host: of all */                                            \
    X(READER_INCOMPLETE, "incomplete")                                                                       \
    X(READER_SETUP_ROOT, "setup-root")                                                                       \
    X(READER_SETUP_HOST, "setup-host")

enum reader_verb {
#define READER_VERB_ENUM(verb, name) verb,
    READER_VERB_LIST(READER_VERB_ENUM)
#undef READER_VERB_ENUM
        READER_VERB__MAX
};

enum reader_document {
#define READER_DOCUMENT_ENUM(document, name) document,
    READER_DOCUMENT_LIST(READER_DOCUMENT_ENUM)
#undef READER_DOCUMENT_ENUM
        READER_DOCUMENT__MAX
};

struct reader_request {
    enum reader_verb verb;
    const char *actor, *origin; /* who asks, for the audit: as the web says */
    const char *host;           /* NULL only for a document, a log and a find */
    enum reader_document document;
    size_t run;               /* of a log */
    const char *snapshot;     /* NULL: the newest good one; of a find: all */
    const char *other;        /* of a diff and of lines: the later one */
    const char *path;         /* model/place.h, without slashes at its ends */
    struct listing_wish wish; /* of a list; its limit goes for a diff and a find too */
    struct find_wish find;    /* of a find */
    enum pack_format format;
    bool basket; /* of a pack: what the actor has in its basket of the host; `path` is not read */
};

/* The object that says it. */
json_t *reader_request_json(const struct reader_request *request);

/* Reads one, in `arena`; every part is checked again. ERR_INVALID. */
int reader_request_parse(struct arena *arena, const char *text, size_t size, struct reader_request *request,
                         struct err *err);

#endif
