/*
 * $POBSYNC_HOME/reserve: a few megabytes that nothing uses, so that the database can be opened and written on a disk that
 * is full: who opens the service there gives them up, and can then free room by deleting snapshots. They are taken
 * again when there is plenty.
 */
#ifndef SERVICE_RESERVE_H
#define SERVICE_RESERVE_H

/* Gives the reserve up where there is next to no room, makes it where there is plenty and it is not there. What fails is
 * not worth a word: it is tried with each opening. */
void reserve_mind(const char *home);

#endif
