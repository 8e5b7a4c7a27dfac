/* The room that is kept for the database. */
#include "service/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"

#define RESERVE "reserve"

enum {
    RESERVE_SIZE = 4 << 20,
    LOW = 1 << 20,     /* less than a transaction and its log want */
    PLENTY = 256 << 20 /* nobody misses the reserve */
};

static void make(int home)
{
    FD_SCOPED fd = openat(home, RESERVE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return;
    /* If we die here: it is there, and smaller than it should be; it is no worse than none. */
    if (posix_fallocate(fd, 0, RESERVE_SIZE) != 0)
        unlinkat(home, RESERVE, 0);
}

void reserve_mind(const char *home)
{
    struct fs_room room;
    struct stat stat;
    struct err ignored;
    FD_SCOPED fd = fs_open_root(home, &ignored);

    if (fd < 0 || fs_room(fd, &room, &ignored) < 0)
        return;
    /* If we die here: the room is free, which is all that was wanted. */
    if (room.bytes_free < LOW)
        unlinkat(fd, RESERVE, 0);
    else if (room.bytes_free > PLENTY && fstatat(fd, RESERVE, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        make(fd);
}
