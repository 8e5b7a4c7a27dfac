/* "Did you mean": the best of several candidates for a word that nobody knows. */
#ifndef CLI_SUGGESTION_H
#define CLI_SUGGESTION_H

struct suggestion {
    const char *typed;
    const char *best;  /* NULL: nothing comes near */
    unsigned distance; /* of best */
};

#define SUGGESTION_FOR(word) ((struct suggestion){.typed = (word)})

/* Takes `candidate` when it is nearer than what there was. */
void suggestion_offer(struct suggestion *suggestion, const char *candidate);

#endif
