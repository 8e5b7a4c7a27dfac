/* Entries of a snapshot's tree as members of documents. */
#ifndef SERVICE_DOCUMENT_ENTRY_H
#define SERVICE_DOCUMENT_ENTRY_H

#include <stdint.h>
#include <sys/stat.h>

#include <jansson.h>

/* Puts `bytes` (a name or path) into an object: as text, and with "<key>_b64" beside it where that is not all of it. */
void document_entry_put_name(json_t *object, const char *key, const char *bytes);

/* A time of a file; also 1970, which for others means "not known". */
json_t *document_entry_time(int64_t when);

/* Adds the members of an entry (service_browse.h). `stat` with st_mode 0 is one that could not be looked at; `target` may
 * be NULL. */
void document_entry_put(json_t *object, const struct stat *stat, const char *target);

/* The path of `name` in `directory`, with a slash in front. */
void document_entry_put_path(json_t *object, const char *directory, const char *name);

/* {"snapshot","why"}, appended to a list. */
void document_entry_unread(json_t *list, const char *snapshot, const char *why);

#endif
