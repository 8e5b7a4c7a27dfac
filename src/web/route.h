/*
 * The route table: what a request may be about, and what must be true before its handler runs. The router enforces all
 * of it; a handler can rely on every line of its row.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"
#include "model/field.h"
#include "model/user.h"
#include "web/http.h"

struct visit;

/* One field of a query or form. */
struct route_field {
    const char *name;
    bool required;
    int (*check)(const char *value, struct err *err); /* NULL: any text */
};

enum route_faces {
    FACE_PAGE = 1, /* below / */
    FACE_API = 2,  /* the same path below /api/v1 */
    FACE_BOTH = 3,
    FACE_INDEX = 4, /* JSON at the path itself, for the addresses that are older than /api/v1 */
};

struct route {
    enum http_method method;
    const char
        *path; /* "/hosts/:host": a part with ":" is a parameter; ":path*" at the end is all the rest */
    enum route_faces faces;
    bool open;        /* without a login */
    enum right right; /* that is needed otherwise */
    const char *title;
    const char *template; /* of the page, of a GET */
    const char *nav;      /* its word in the navigation, NULL: none */
    const char *tab;      /* its word in the tabs of a host, NULL: none */
    const char *command;  /* the same on the command line, ":host" filled in; NULL: nothing is the same */
    const char *form; /* of a POST: the path of the page whose form it is, shown again with what is wrong */
    const struct route_field *fields; /* ended by a NULL name; NULL: none */
    unsigned settings;                /* enum field_scope: fields of that scope are allowed as well */
    bool columns;      /* further fields are names of columns: the handler refuses those that there are not */
    bool tells_secret; /* the answer holds a secret that is told once */
    /* Whether what was sent, which has been checked, destroys a host or overwrites a machine. Then the password is asked
     * once more, in the field "password", and a token needs the right "destroy". NULL: never. */
    bool (*is_grave)(const struct visit *visit);
    /* The document whose tag is the ETag of a GET here, and which a change here may demand (precondition.h); NULL: none. */
    int (*tagged)(struct visit *visit, json_t **document, struct err *err);
    /* A GET fills *document: the API's answer, and what the template shows. A POST does its work, sets
     * visit->location, and fills *document with the API's answer. */
    int (*handle)(struct visit *visit, json_t **document, struct err *err);
};

/* Ended by a NULL path. */
extern const struct route routes[];

/* Whether the parts of a path are those of the route; its parameters go into `params`. */
bool route_matches(const struct route *route, struct arena *arena, const struct list *parts, size_t first,
                   struct url_pairs *params);

/* [{"method","path","faces","open","right","asks_password","fields"}…], for tests and the index of the API. */
json_t *route_document(void);

#endif
