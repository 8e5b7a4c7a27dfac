/* How many names of a file are left, as far as somebody who removes trees has seen: snapshots share their files, so that
 * what was said of one name answers for the others. For several threads at once; an estimate that errs on the side of
 * "I do not know". */
#ifndef SYS_LINK_MEMO_H
#define SYS_LINK_MEMO_H

#include <stdbool.h>
#include <stdint.h>

struct link_memo;

/* NULL when there is no memory for it: nothing is known then. The caller frees it with link_memo_free(). */
struct link_memo *link_memo_new(void);
void link_memo_free(struct link_memo *memo);

/* A name of the file `inode` goes. True when it is known to have another one; then that is taken note of. */
bool link_memo_drop(struct link_memo *memo, uint64_t inode);

/* `names` are left of it. What is not worth a note, or has no room, is not noted. */
void link_memo_note(struct link_memo *memo, uint64_t inode, uint64_t names);

#endif
