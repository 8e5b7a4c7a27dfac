/* The logs of runs: all of one, or a page. */
#include "service/document_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/host_directory.h"
#include "engine/run_log.h"
#include "engine/run_log_reader.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "service/reader_document.h"
#include "service/service_root.h"
#include "store/store_run.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum {
    PAGE_BYTES = 1 << 20, /* of text on one page, whatever its number of lines */
    SEARCH_MS = 2000,
    LOOK_AT_CLOCK = 4096 /* lines */
};

/* The copy that was put into the snapshot: -1 when it cannot be reached, for whatever reason. */
static int open_copy(struct service *service, const struct run *run, const char **place)
{
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    FD_SCOPED root_fd = -1;
    struct root_report report;
    struct effective effective;
    struct err unreachable;
    const char *path;

    if (run->host == NULL || run->snapshot == NULL || run->kind == NULL ||
        global_settings_load(service, &effective, &unreachable) < 0 ||
        service_root_open(service, effective.config.backup_root, &report, &root_fd, &unreachable) < 0 ||
        root_fd < 0)
        return -1;
    path = arena_printf(service->arena, "%s/%s/rsync.log.gz", run->kind, run->snapshot);
    *place = arena_printf(service->arena, "%s/%s/%s", effective.config.backup_root, run->host, path);
    if (host_directory_open(service->arena, root_fd, effective.config.backup_root, run->host, false,
                            &directory, &unreachable) < 0)
        return -1;
    return fs_open_file(directory.fd, path, &unreachable);
}

int document_log_copy(struct service *service, int64_t id, struct err *err)
{
    const char *place;
    struct run run;
    int fd;

    if (store_run_load(service->arena, service->db, id, &run, err) < 0)
        return -1;
    fd = open_copy(service, &run, &place);
    return fd >= 0 ? fd : err_set(err, ERR_NOT_FOUND, "run %lld has no log in a snapshot", (long long)id);
}

int document_log_open(struct service *service, int64_t id, int64_t offset, struct run_log_reader **reader,
                      struct err *err)
{
    const char *path = run_log_path(service->arena, service->environment.home, id);
    const char *place = "its snapshot";
    struct run run;
    int fd;

    if (store_run_load(service->arena, service->db, id, &run, err) < 0)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fd = open(run_log_packed_path(service->arena, service->environment.home, id),
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fd = service->asks_reader ? reader_document_log(service, id) : open_copy(service, &run, &place);
    if (fd >= 0)
        return run_log_reader_open(fd, offset, reader, err);
    err_set(err, ERR_NOT_FOUND, "run %lld has no log: it is neither \"%s\" nor \"%s\"", (long long)id, path,
            place);
    return err_hint(
        err, "a run that was refused before it began writes none; `pobsync runs` tells how each ended");
}

ssize_t document_log_read(struct run_log_reader *reader, char *bytes, size_t room)
{
    return run_log_reader_bytes(reader, bytes, room);
}

void document_log_close(struct run_log_reader **reader)
{
    run_log_reader_close(reader);
}

int document_log(struct service *service, int64_t id, char **text, size_t *size, struct err *err)
{
    RUN_LOG_READER_SCOPED *reader = NULL;
    BUF_SCOPED content = BUF_EMPTY;
    char chunk[16384];
    ssize_t got;

    if (document_log_open(service, id, 0, &reader, err) < 0)
        return -1;
    while ((got = run_log_reader_bytes(reader, chunk, sizeof chunk)) > 0 && content.size < RUN_LOG_MAX)
        buf_add(&content, chunk, (size_t)got);
    if (got < 0 && content.size == 0)
        return err_set(err, ERR_IO, "the log cannot be read, or is damaged");
    if (got < 0)
        buf_add_text(&content, "\n(the rest of this log is damaged)\n");
    *text = arena_copy(service->arena, buf_text(&content), content.size);
    *size = content.size;
    return 0;
}

/* --- a page ----------------------------------------------------------------------------------------------------- */

struct scan {
    const struct log_wish *wish;
    enum log_level level;
    char *needle; /* what is looked for, in small letters; NULL: nothing */
    size_t needle_size;
    int64_t number; /* of the line that was read last */
    int64_t shown_bytes;
    json_t *lines;
    bool is_full, is_partial, is_damaged, knows_all;
    int64_t next, next_at;                 /* the first line behind the page that belongs on one; 0: none */
    int64_t errors, warnings;              /* of what was read */
    int64_t first_bad, next_bad, deadline; /* lines; clock_boot_ms() */
};

static char small(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool holds_needle(const struct scan *scan, const struct run_log_line *line)
{
    char text[RUN_LOG_LINE_MAX];

    if (scan->needle == NULL)
        return true;
    for (size_t i = 0; i < line->size; i++)
        text[i] = small(line->text[i]);
    return memmem(text, line->size, scan->needle, scan->needle_size) != NULL;
}

static void show_line(struct scan *scan, const struct run_log_line *line)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = text_printable_dup(&arena, line->text, line->size);

    json_array_append_new(scan->lines,
                          json_pack("{s:I, s:s, s:s, s:b, s:b}", "number", (json_int_t)scan->number, "text",
                                    text, "level", log_level_name(line->level), "bad",
                                    line->level == LOG_LINE_ERROR, "cut", line->is_cut));
    scan->shown_bytes += (int64_t)strlen(text);
    scan->is_full =
        (int64_t)json_array_size(scan->lines) == scan->wish->limit || scan->shown_bytes >= PAGE_BYTES;
}

static void take_line(struct scan *scan, const struct run_log_line *line)
{
    bool was_full = scan->is_full, is_bad = line->level == LOG_LINE_ERROR;

    scan->errors += is_bad;
    scan->warnings += line->level == LOG_LINE_WARNING;
    if (is_bad && scan->first_bad == 0)
        scan->first_bad = scan->number;
    if (is_bad && was_full && scan->next_bad == 0)
        scan->next_bad = scan->number;
    if (scan->number < scan->wish->first || scan->next > 0 || line->level < scan->level ||
        !holds_needle(scan, line))
        return;
    if (!was_full) {
        show_line(scan, line);
    } else {
        scan->next = scan->number;
        scan->next_at = line->offset;
    }
}

/* Whether there is time to read on. What is behind it is found by the next page. */
static bool has_time(struct scan *scan, const struct run_log_line *line)
{
    if (scan->number % LOOK_AT_CLOCK != 0 || clock_boot_ms() < scan->deadline)
        return true;
    scan->is_partial = true;
    if (scan->next == 0) {
        scan->next = scan->number;
        scan->next_at = line->offset;
    }
    return false;
}

static void read_lines(struct scan *scan, struct run_log_reader *reader)
{
    bool from_the_middle = scan->number > 0;
    struct run_log_line line;
    struct err ignored;
    int got;

    while ((got = run_log_reader_next(reader, &line, &ignored)) > 0) {
        scan->number++;
        if (!has_time(scan, &line))
            return;
        take_line(scan, &line);
        /* Who comes with an offset has seen the figures of the whole, and is given its page at once. */
        if (from_the_middle && scan->next > 0)
            return;
    }
    scan->is_damaged = got < 0;
    scan->knows_all = !from_the_middle;
}

/* Where the last `limit` lines begin: counts them, and remembers the places of as many. */
static int find_tail(struct service *service, int64_t id, struct log_wish *wish, struct scan *whole,
                     struct err *err)
{
    RUN_LOG_READER_SCOPED *reader = NULL;
    int64_t *places = arena_alloc(service->arena, (size_t)wish->limit * sizeof *places);
    struct run_log_line line;
    struct err ignored;

    if (document_log_open(service, id, 0, &reader, err) < 0)
        return -1;
    while (run_log_reader_next(reader, &line, &ignored) > 0) {
        places[whole->number++ % wish->limit] = line.offset;
        whole->errors += line.level == LOG_LINE_ERROR;
        whole->warnings += line.level == LOG_LINE_WARNING;
        if (line.level == LOG_LINE_ERROR && whole->first_bad == 0)
            whole->first_bad = whole->number;
    }
    wish->first = whole->number > wish->limit ? whole->number - wish->limit + 1 : 1;
    wish->at = whole->number > wish->limit ? places[whole->number % wish->limit] : 0;
    return 0;
}

static void add_figures(json_t *document, const struct scan *whole)
{
    bool known = whole->knows_all;

    json_object_set_new(document, "total", document_count(known ? whole->number : -1));
    json_object_set_new(document, "errors", document_count(known ? whole->errors : -1));
    json_object_set_new(document, "warnings", document_count(known ? whole->warnings : -1));
    json_object_set_new(document, "first_bad",
                        document_count(known && whole->first_bad > 0 ? whole->first_bad : -1));
}

static json_t *page_of(const struct run *run, const struct log_wish *wish, const struct scan *scan,
                       const struct scan *whole)
{
    json_t *document = json_object();
    int64_t previous = wish->first > wish->limit ? wish->first - wish->limit : 1;

    json_object_set_new(document, "id", json_integer(run->id));
    json_object_set_new(document, "host", document_text(run->host));
    json_object_set_new(document, "state", json_string(run_state_name(run->state)));
    json_object_set_new(document, "first", json_integer(wish->first));
    json_object_set_new(document, "level", document_text(wish->level));
    json_object_set_new(document, "q", document_text(wish->text));
    add_figures(document, whole);
    json_object_set_new(document, "previous", document_count(wish->first == 1 ? -1 : previous));
    json_object_set_new(document, "next", document_count(scan->next > 0 ? scan->next : -1));
    json_object_set_new(document, "next_at", document_count(scan->next > 0 ? scan->next_at : -1));
    json_object_set_new(document, "next_bad", document_count(scan->next_bad > 0 ? scan->next_bad : -1));
    json_object_set_new(document, "partial", json_boolean(scan->is_partial));
    json_object_set_new(document, "damaged", json_boolean(scan->is_damaged));
    json_object_set(document, "lines", scan->lines);
    return document;
}

int document_log_page(struct service *service, int64_t id, const struct log_wish *wish, json_t **document,
                      struct err *err)
{
    RUN_LOG_READER_SCOPED *reader = NULL;
    struct log_wish asked = *wish; /* its tail is looked for */
    struct scan scan = {.wish = &asked, .deadline = clock_boot_ms() + SEARCH_MS}, whole = {.knows_all = true};
    struct run run;

    if (store_run_load(service->arena, service->db, id, &run, err) < 0 ||
        (asked.tail && find_tail(service, id, &asked, &whole, err) < 0) ||
        document_log_open(service, id, asked.at, &reader, err) < 0)
        return -1;
    if (asked.level != NULL)
        scan.level = strcmp(asked.level, "error") == 0 ? LOG_LINE_ERROR : LOG_LINE_WARNING;
    if (asked.at > 0)
        scan.number = asked.first - 1;
    if (asked.text != NULL && *asked.text != '\0') {
        scan.needle = arena_strdup(service->arena, asked.text);
        scan.needle_size = strlen(asked.text);
        for (size_t i = 0; i < scan.needle_size; i++)
            scan.needle[i] = small(scan.needle[i]);
    }
    scan.lines = json_array();
    read_lines(&scan, reader);
    *document = page_of(&run, &asked, &scan, asked.tail ? &whole : &scan);
    json_decref(scan.lines);
    return 0;
}
