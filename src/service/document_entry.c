/* Files as documents tell about them. */
#include "service/document_entry.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"
#include "engine/snapshot_tree.h"
#include "service/document.h"

void document_entry_put_name(json_t *object, const char *key, const char *bytes)
{
    size_t size = strlen(bytes), room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    ARENA_SCOPED arena = ARENA_EMPTY;
    char *coded;

    json_object_set_new(object, key, document_text(bytes));
    if (text_is_utf8(bytes, size))
        return;
    coded = arena_alloc(&arena, room);
    sodium_bin2base64(coded, room, (const unsigned char *)bytes, size, sodium_base64_VARIANT_ORIGINAL);
    json_object_set_new(object, arena_printf(&arena, "%s_b64", key), json_string(coded));
}

json_t *document_entry_time(int64_t when)
{
    char text[WHEN_TEXT];

    return json_string(when_rfc3339(text, when));
}

void document_entry_put(json_t *object, const struct stat *stat, const char *target)
{
    char mode[8];

    if (stat->st_mode == 0) {
        json_object_set_new(object, "type", json_null());
        return;
    }
    snprintf(mode, sizeof mode, "%04o", stat->st_mode & 07777);
    json_object_set_new(object, "type", json_string(snapshot_tree_type(stat->st_mode)));
    json_object_set_new(object, "size", S_ISDIR(stat->st_mode) ? json_null() : json_integer(stat->st_size));
    json_object_set_new(object, "modified", document_entry_time(stat->st_mtim.tv_sec));
    json_object_set_new(object, "mode", json_string(mode));
    json_object_set_new(object, "uid", json_integer(stat->st_uid));
    json_object_set_new(object, "gid", json_integer(stat->st_gid));
    json_object_set_new(object, "inode", json_integer((json_int_t)stat->st_ino));
    json_object_set_new(object, "links", json_integer((json_int_t)stat->st_nlink));
    if (target != NULL)
        document_entry_put_name(object, "target", target);
}

void document_entry_put_path(json_t *object, const char *directory, const char *name)
{
    BUF_SCOPED path = BUF_EMPTY;

    buf_printf(&path, "/%s", directory);
    if (directory[0] != '\0' && name[0] != '\0')
        buf_add_char(&path, '/');
    buf_add_text(&path, name);
    document_entry_put_name(object, "path", buf_text(&path));
}

void document_entry_unread(json_t *list, const char *snapshot, const char *why)
{
    json_array_append_new(
        list, json_pack("{s:o, s:o}", "snapshot", document_text(snapshot), "why", document_text(why)));
}
