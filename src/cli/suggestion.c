/* Nearest words. */
#include "cli/suggestion.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t length = strlen(suggestion->typed);
    unsigned distance = text_distance(suggestion->typed, candidate);

    /* The beginning of a word is a better guess than any typing error. */
    if (length >= 2 && strncmp(suggestion->typed, candidate, length) == 0)
        distance = 0;
    if (distance > 1 + length / 4)
        return;
    if (suggestion->best == NULL || distance < suggestion->distance) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
