/*
 * The configuration files of the original (config/global.yaml, config/hosts/NAME.yaml): what each key means here, and the
 * same the other way round. Pure functions; the values go through the rules of the settings, and what these refuse is
 * told with the place in the file.
 *
 * Keys of global.yaml: backup_root, ssh{user,port,identity_file,options}, rsync{binary,args,timeout_seconds,bwlimit_kbps},
 * defaults{source_root, …}, excludes_default, retention_defaults{last,hourly,daily,weekly,monthly,yearly}. Of a host:
 * host, address, ssh, rsync{…,extra_args}, source_root, includes, excludes_add, excludes_replace, retention,
 * schedule{cron,prune,enabled,timezone}. Beside these, every setting may stand under its own name, at the top or in
 * `defaults`; some have several spellings. What nobody knows is reported and does no harm.
 *
 * A key that is there with nothing behind it (null) says "not set", an empty list "set to nothing". A list in
 * excludes_replace is what the host excludes, with excludes_add, instead of the global list; null there means that it
 * does not replace. extra_args are added to the arguments of global.yaml. Arguments that every run has anyway (--archive,
 * --delete, -aHAX) are left out.
 */
#ifndef PLAN_LEGACY_CONFIG_H
#define PLAN_LEGACY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/yaml_document.h"
#include "model/config.h"
#include "model/schedule.h"

/* One key and what it comes to. */
struct legacy_item {
    const struct yaml_value *value; /* its place */
    const char *key;                /* "ssh.port" */
    const struct field *field;      /* of a setting, or of a schedule; NULL: not taken */
    bool of_schedule;
    const char *text; /* the value as config_set() takes it; NULL: not set */
    const char *note; /* why it is not taken although it is known, or what became of it; NULL */
};

struct legacy_mistake {
    int line, column;
    const char *message; /* a sentence, without the place */
};

struct legacy_plan {
    const struct yaml_document *document;
    const char *host; /* whose it is; NULL: global.yaml */
    struct legacy_item *items;
    size_t count;
    struct legacy_mistake *mistakes; /* with any of them nothing may be taken */
    size_t mistake_count;
};

/* Notes one more mistake; the message may be an error's. */
void legacy_plan_mistake(struct arena *arena, struct legacy_plan *plan, const struct yaml_value *value,
                         const char *message);

void legacy_plan_global(struct arena *arena, const struct yaml_document *document, struct legacy_plan *plan);

/* `name` is what the file is called, without .yaml; a `host` in it must say the same. `global_args` are rsync's arguments
 * in the global layer as it will be. */
void legacy_plan_host(struct arena *arena, const struct yaml_document *document, const char *name,
                      const struct list *global_args, struct legacy_plan *plan);

/* What the files would say, so that the plan of it gives the same layer again. New references. */
json_t *legacy_global_json(const struct config *global);
json_t *legacy_host_json(const char *name, const struct config *config, const struct schedule *schedule);

#endif
