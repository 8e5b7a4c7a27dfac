/* The one table of what keys of the original's files are called, for reading and writing; part of legacy_config.h. */
#ifndef PLAN_LEGACY_KEYS_H
#define PLAN_LEGACY_KEYS_H

#include "model/config.h"
#include "model/schedule.h"

enum legacy_section {
    LEGACY_TOP, /* also within `defaults` */
    LEGACY_SSH,
    LEGACY_RSYNC,
    LEGACY_RETENTION,
    LEGACY_SCHEDULE,
    LEGACY__MAX
};

/* The section that a key at the top begins; LEGACY__MAX: none. "defaults" begins LEGACY_TOP. */
enum legacy_section legacy_section_find(const char *key);

/* The setting (or field of a schedule) that a key in a section means; NULL for an unknown one. */
const struct field *legacy_field_find(enum legacy_section section, const char *key);

/* Where a setting is written, and under which key. */
enum legacy_section legacy_field_section(const struct field *field);
const char *legacy_field_key(const struct field *field);

/* Whether rsync gets this argument, or a bundle of such letters, in every run without being told. */
bool legacy_arg_is_implied(const char *argument);

#endif
