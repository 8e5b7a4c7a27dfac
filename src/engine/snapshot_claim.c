/* The claims of metadata, of ours and of older installations. */
#include "engine/snapshot_claim.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"
#include "base/yaml_document.h"
#include "sys/fs.h"

static const char *const files[] = {"meta.json", "meta.yaml", "meta/meta.yaml"};

static void begin(struct snapshot_claim *claim)
{
    *claim = (struct snapshot_claim){.kind = KIND__MAX, .stats = RUN_STATS_UNKNOWN};
}

static enum snapshot_status claimed_status(enum snapshot_status status)
{
    return status == SNAPSHOT_SUCCESS || status == SNAPSHOT_WARNING || status == SNAPSHOT_PARTIAL
               ? status
               : SNAPSHOT_UNKNOWN;
}

static void take_meta(struct snapshot_claim *claim)
{
    const struct snapshot_meta *meta = &claim->meta;

    claim->ours = true;
    claim->host = meta->host;
    claim->name = meta->name;
    claim->kind = meta->kind;
    claim->status = claimed_status(meta->status);
    claim->started_at = meta->started_at;
    claim->ended_at = meta->ended_at;
    claim->base = meta->base;
    claim->held_reason = meta->held_reason;
    claim->stats = meta->stats;
}

static const char *text_of(const struct yaml_value *map, const char *key)
{
    const struct yaml_value *value = yaml_find(map, key);

    return value != NULL && value->type == YAML_TEXT && value->text[0] != '\0' &&
                   !text_has_control(value->text)
               ? value->text
               : NULL;
}

/* Python writes times with and without a zone; without one they are UTC. */
static int64_t time_of(struct arena *arena, const struct yaml_value *map, const char *key)
{
    const char *text = text_of(map, key);
    int64_t when = 0;
    struct err err;

    if (text == NULL || when_parse_rfc3339(text, &when, &err) == 0)
        return when;
    return when_parse_rfc3339(arena_printf(arena, "%sZ", text), &when, &err) == 0 ? when : 0;
}

static int64_t count_of(const struct yaml_value *map, const char *key)
{
    const struct yaml_value *value = map == NULL ? NULL : yaml_find(map, key);

    return value != NULL && value->type == YAML_INT && value->number >= 0 ? value->number : -1;
}

/* A name, a path, or a map that has one of them. */
static const char *base_of(const struct yaml_value *top)
{
    const struct yaml_value *base = yaml_find(top, "base");

    if (base == NULL || base->type != YAML_MAP)
        return text_of(top, "base");
    return text_of(base, "dirname") != NULL ? text_of(base, "dirname") : text_of(base, "path");
}

static enum snapshot_status status_of(const struct yaml_value *top)
{
    const char *word = text_of(top, "status");

    if (word == NULL)
        return SNAPSHOT_UNKNOWN;
    if (strcmp(word, "ok") == 0)
        return SNAPSHOT_SUCCESS;
    return claimed_status(snapshot_status_parse(word));
}

static void take_yaml(struct arena *arena, const struct yaml_value *top, struct snapshot_claim *claim)
{
    const struct yaml_value *stats = yaml_find(top, "stats");

    claim->host = text_of(top, "host");
    claim->name = text_of(top, "name");
    claim->kind = snapshot_kind_parse(text_of(top, "kind"));
    claim->status = status_of(top);
    claim->started_at = time_of(arena, top, "started_at");
    claim->ended_at = time_of(arena, top, "ended_at");
    claim->base = base_of(top);
    claim->stats.files = count_of(stats, "files");
    claim->stats.directories = count_of(stats, "directories");
    claim->stats.bytes = count_of(stats, "bytes");
    claim->stats.linked_files = count_of(stats, "linked_files");
    claim->stats.new_bytes = count_of(stats, "new_bytes");
}

void snapshot_claim_parse(struct arena *arena, const char *file, const char *text, size_t size,
                          struct snapshot_claim *claim)
{
    struct yaml_document document;
    struct err err;

    begin(claim);
    if (size > SNAPSHOT_META_MAX) {
        claim->problem =
            arena_printf(arena, "\"%s\" has %zu bytes, more than %d", file, size, (int)SNAPSHOT_META_MAX);
        return;
    }
    if (text_is_utf8(text, size) && memchr(text, '\0', size) == NULL)
        claim->text = arena_copy(arena, text, size);
    if (snapshot_meta_parse(arena, text, size, &claim->meta, &err) == 0) {
        take_meta(claim);
        return;
    }
    claim->meta = (struct snapshot_meta){0};
    if (yaml_document_read(arena, file, text, size, &document, &err) < 0)
        claim->problem = arena_strdup(arena, err.message);
    else if (document.top->type != YAML_MAP)
        claim->problem =
            arena_printf(arena, "\"%s\" holds %s, expected a map", file, yaml_type_name(document.top->type));
    else
        take_yaml(arena, document.top, claim);
}

void snapshot_claim_load(struct arena *arena, int snapshot_fd, struct snapshot_claim *claim)
{
    begin(claim);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        BUF_SCOPED content = BUF_EMPTY;
        struct err err;

        if (fs_read_file(snapshot_fd, files[i], SNAPSHOT_META_MAX, &content, &err) == 0) {
            snapshot_claim_parse(arena, files[i], buf_text(&content), content.size, claim);
            return;
        }
        if (errno == ENOENT || errno == ENOTDIR)
            continue;
        claim->problem = arena_printf(arena, "\"%s\" cannot be read: %s", files[i], err.message);
        return;
    }
}
