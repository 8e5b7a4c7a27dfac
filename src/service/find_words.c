/* Names, sizes and times to look for. */
#include "service/find_words.h"

#include <string.h>

#include "base/moment.h"
#include "base/parse.h"

static int read_size(const char *text, struct find_wish *wish, struct err *err)
{
    int64_t bytes;

    if (parse_size(text + (*text == '+' || *text == '-'), &bytes, err) < 0)
        return err_in(err, "size");
    wish->min_size = *text == '-' ? -1 : bytes;
    wish->max_size = *text == '+' ? -1 : bytes;
    return 0;
}

int find_words_wish(const struct find_words *words, int64_t now, struct find_wish *wish, struct err *err)
{
    *wish = (struct find_wish){.name = words->name, .min_size = -1, .max_size = -1};
    if (strchr(words->name, '/') != NULL)
        return err_set(err, ERR_INVALID,
                       "what is looked for is a pattern for a name, not for a path: without \"/\"");
    if (words->size != NULL && read_size(words->size, wish, err) < 0)
        return -1;
    if (words->since != NULL && moment_parse(words->since, now, &wish->since, err) < 0)
        return err_in(err, "since");
    if (words->until != NULL && moment_parse(words->until, now, &wish->until, err) < 0)
        return err_in(err, "until");
    return 0;
}
