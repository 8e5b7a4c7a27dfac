/* Reading logs; gzread() hands on what is not compressed as it is, so one reader does for both. */
#include "engine/run_log_reader.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "sys/fs.h"

enum { CHUNK = 128 << 10, MARK = 10 };

struct run_log_reader {
    gzFile file;
    char chunk[CHUNK];
    size_t at, size; /* of the chunk */
    int64_t offset;  /* of chunk[at] */
    bool is_damaged;
    char line[RUN_LOG_LINE_MAX]; /* one that stands in two chunks */
};

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"plain", "warning", "error"};

    return (unsigned)level < sizeof names / sizeof names[0] ? names[level] : "unknown";
}

/* 1: there is something in the chunk; 0: no more; -1: damaged. */
static int fill(struct run_log_reader *reader)
{
    int got;

    if (reader->at < reader->size)
        return 1;
    got = reader->is_damaged ? -1 : gzread(reader->file, reader->chunk, CHUNK);
    if (got == 0) {
        int code;

        /* Of a packed log that was cut off, all that is there is given first. */
        gzerror(reader->file, &code);
        got = code == Z_OK || code == Z_STREAM_END ? 0 : -1;
    }
    reader->at = 0;
    reader->size = got > 0 ? (size_t)got : 0;
    reader->is_damaged = got < 0;
    return got > 0 ? 1 : got;
}

int run_log_reader_open(int fd, int64_t offset, struct run_log_reader **reader, struct err *err)
{
    char before = '\n';

    *reader = calloc(1, sizeof **reader);
    if (*reader == NULL || ((*reader)->file = gzdopen(fd, "rb")) == NULL)
        abort();
    gzbuffer((*reader)->file, CHUNK);
    (*reader)->offset = offset;
    if (offset == 0 || (offset > 0 && gzseek((*reader)->file, offset - 1, SEEK_SET) == offset - 1 &&
                        gzread((*reader)->file, &before, 1) == 1 && before == '\n'))
        return 0;
    run_log_reader_close(reader);
    err_set(err, ERR_INVALID, "no line of the log begins at byte %lld", (long long)offset);
    return err_hint(err, "leave it out, or take the one that the page before gives");
}

void run_log_reader_close(struct run_log_reader **reader)
{
    if (*reader == NULL)
        return;
    gzclose((*reader)->file);
    free(*reader);
    *reader = NULL;
}

static bool begins_with(const char *text, size_t size, const char *beginning)
{
    size_t length = strlen(beginning);

    return size >= length && memcmp(text, beginning, length) == 0;
}

/* What rsync, ssh and we ourselves say when something is wrong. */
static bool tells_error(const char *text, size_t size)
{
    static const char *const beginnings[] = {"rsync: ", "rsync error", "ssh: ", "error", "ERROR"};
    static const char *const parts[] = {"ermission denied", "No space left", "erification failed",
                                        " failed: "};

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (begins_with(text, size, beginnings[i]))
            return true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (memmem(text, size, parts[i], strlen(parts[i])) != NULL)
            return true;
    return false;
}

/* The line that says how the run ended: what made it fail is an error, whoever said it. */
static enum log_level level_of_end(const char *text, size_t size)
{
    if (begins_with(text, size, "failed: ") || begins_with(text, size, "partial: "))
        return LOG_LINE_ERROR;
    return begins_with(text, size, "warning: ") ? LOG_LINE_WARNING : LOG_LINE_PLAIN;
}

/* "   12.3 !text" or "   12.3  text": seconds with one decimal, right-aligned in nine columns. */
static enum log_level level_of(const char *line, size_t size)
{
    bool is_ours = size > MARK && line[MARK - 1] == ' ' && line[MARK - 3] == '.' && line[MARK - 2] >= '0' &&
                   line[MARK - 2] <= '9';

    if (!is_ours)
        return tells_error(line, size) ? LOG_LINE_ERROR : LOG_LINE_PLAIN;
    if (line[MARK] != '!')
        return level_of_end(line + MARK + 1, size - MARK - 1);
    return tells_error(line + MARK + 1, size - MARK - 1) ? LOG_LINE_ERROR : LOG_LINE_WARNING;
}

/* The rest of a line that did not end in its chunk. */
static void join(struct run_log_reader *reader, struct run_log_line *line)
{
    size_t kept = line->size < RUN_LOG_LINE_MAX ? line->size : RUN_LOG_LINE_MAX;
    const char *feed = NULL;

    memcpy(reader->line, line->text, kept);
    while (feed == NULL && fill(reader) > 0) {
        const char *start = reader->chunk + reader->at;
        size_t length, more;

        feed = memchr(start, '\n', reader->size - reader->at);
        length = feed == NULL ? reader->size - reader->at : (size_t)(feed - start);
        more = length < RUN_LOG_LINE_MAX - kept ? length : RUN_LOG_LINE_MAX - kept;
        memcpy(reader->line + kept, start, more);
        kept += more;
        line->size += length;
        length += feed != NULL;
        reader->at += length;
        reader->offset += (int64_t)length;
    }
    line->text = reader->line;
}

int run_log_reader_next(struct run_log_reader *reader, struct run_log_line *line, struct err *err)
{
    const char *start, *feed;
    size_t taken;
    int filled = fill(reader);

    if (filled < 0)
        return err_set(err, ERR_IO, "the log cannot be read, or is damaged");
    if (filled == 0)
        return 0;
    start = reader->chunk + reader->at;
    feed = memchr(start, '\n', reader->size - reader->at);
    *line = (struct run_log_line){.text = start, .offset = reader->offset};
    line->size = feed == NULL ? reader->size - reader->at : (size_t)(feed - start);
    taken = line->size + (feed != NULL);
    reader->at += taken;
    reader->offset += (int64_t)taken;
    if (feed == NULL)
        join(reader, line);
    line->is_cut = line->size > RUN_LOG_LINE_MAX;
    if (line->is_cut)
        line->size = RUN_LOG_LINE_MAX;
    line->level = level_of(line->text, line->size);
    return 1;
}

ssize_t run_log_reader_bytes(struct run_log_reader *reader, char *bytes, size_t room)
{
    int filled = fill(reader);
    size_t size = reader->size - reader->at < room ? reader->size - reader->at : room;

    if (filled <= 0)
        return filled;
    memcpy(bytes, reader->chunk + reader->at, size);
    reader->at += size;
    reader->offset += (int64_t)size;
    return (ssize_t)size;
}
