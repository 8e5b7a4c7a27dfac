/*
 * The configuration files of the original, in and out: config/global.yaml and config/hosts/NAME.yaml below a prefix. What
 * their keys mean: plan/legacy_config.h.
 */
#ifndef SERVICE_SERVICE_LEGACY_H
#define SERVICE_SERVICE_LEGACY_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

/* Reads the files below `prefix` and takes what they say, in one transaction: all of it, or nothing when there is any
 * mistake. Hosts are made or changed, never removed; what a file does not mention stays as it is. A backup root is noted
 * and not marked: that is for configure-global. `dry_run`: the same, and everything is rolled back.
 *
 * *document: {"prefix","dry_run","ok","files":[{"file","host"|null,"created","items":[{"key","line","column","outcome",
 * "setting"|null,"value","before","note"}…]}…],"mistakes":[{"file","line","column","message"}…],"counts":{"taken",
 * "changed","unchanged","unknown","left_out"},"root":{"state","found","hint"}|null}. outcome: taken (was not set), changed,
 * unchanged, unknown (no such key), left_out (`note` says why). `root`: what is wrong with the root that is configured
 * then. With mistakes "ok" is false and 0 is returned all the same; -1 is for what could not be read at all
 * (ERR_NOT_FOUND: there are no such files). */
int service_legacy_import(struct service *service, const char *prefix, bool dry_run, json_t **document,
                          struct err *err);

/* Writes the same files, so that importing them gives the same settings. `prefix` must exist; links below it are refused.
 * *document: {"prefix","files":[{"file","host"|null,"bytes"}…],"left":[names of other files in config/hosts]}. */
int service_legacy_export(struct service *service, const char *prefix, json_t **document, struct err *err);

#endif
