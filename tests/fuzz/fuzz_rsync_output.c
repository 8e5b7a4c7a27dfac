/* The parser of rsync's output: what it keeps is printable and bounded, and does not depend on where reads end. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "engine/rsync_output.h"
#include "fuzz.h"

static void assert_shown(const char *text)
{
    assert(text_is_utf8(text, strlen(text)) && !text_has_control(text));
}

static void on_line(void *context, bool is_error, const char *line)
{
    (void)context;
    (void)is_error;
    assert(strlen(line) <= 4 * RSYNC_OUTPUT_LINE_MAX + 8);
    assert_shown(line);
}

static struct rsync_output read_all(struct arena *arena, const char *bytes, size_t size, size_t step)
{
    struct rsync_output output = {.log_line = on_line};

    rsync_output_init(&output, arena);
    for (int stream = 1; stream <= 2; stream++)
        for (size_t at = 0; at < size; at += step)
            rsync_output_feed(&output, stream, bytes + at, size - at < step ? size - at : step);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    return output;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct rsync_output whole = read_all(&arena, (const char *)data, size, size + 1);
    const struct rsync_output pieces = read_all(&arena, (const char *)data, size, 7);

    assert(whole.signs == pieces.signs && whole.path_count == pieces.path_count);
    assert(memcmp(&whole.stats, &pieces.stats, sizeof whole.stats) == 0);
    assert(whole.progress.bytes == pieces.progress.bytes);
    assert(whole.progress.files_total == pieces.progress.files_total);
    assert((whole.first_error == NULL) == (pieces.first_error == NULL));
    if (whole.first_error != NULL) {
        assert(strcmp(whole.first_error, pieces.first_error) == 0);
        assert_shown(whole.first_error);
    }
    assert(whole.path_count <= RSYNC_OUTPUT_PATHS_MAX &&
           (int64_t)whole.path_count <= whole.stats.failed_paths);
    assert(whole.progress.percent >= 0 && whole.progress.percent <= 100);
    for (size_t i = 0; i < whole.path_count; i++) {
        assert_shown(whole.paths[i].path);
        assert_shown(whole.paths[i].reason);
    }
    return 0;
}
