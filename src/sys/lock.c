/*
 * Lock files. Their content is text, "name value" a line, with "end" as the last one: whoever reads while
 * somebody writes sees that a part is missing.
 */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/fs.h"

enum { CONTENT_MAX = 512 };

int lock_take(int dirfd, const char *name, struct lock_owner *owner, struct err *err)
{
    FD_SCOPED file = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int fd;

    *owner = (struct lock_owner){0};
    if (file < 0)
        return err_errno(err, ERR_IO, errno, "cannot open the lock file \"%s\"", name);
    if (flock(file, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return err_errno(err, ERR_IO, errno, "cannot lock \"%s\"", name);
        if (lock_read(file, owner, err) < 0)
            return -1;
        if (owner->pid == 0)
            return err_set(err, ERR_BUSY, "\"%s\" is locked by another process", name);
        return err_set(err, ERR_BUSY, "\"%s\" is locked by process %d: %s", name, (int)owner->pid,
                       owner->text);
    }
    /* What it says is about somebody who has gone. */
    if (ftruncate(file, 0) < 0)
        return err_errno(err, ERR_IO, errno, "cannot write the lock file \"%s\"", name);
    fd = file;
    file = -1;
    return fd;
}

int lock_write(int fd, const struct lock_owner *owner, struct err *err)
{
    char content[CONTENT_MAX];
    int size = snprintf(content, sizeof content,
                        "run %lld\npid %d\ngroup %d\nstarted %lld\nboot_id %s\ntext %.*s\nend\n",
                        (long long)owner->run, (int)owner->pid, (int)owner->group, (long long)owner->started,
                        owner->boot_id, (int)strcspn(owner->text, "\n"), owner->text);

    if (pwrite(fd, content, (size_t)size, 0) != size || ftruncate(fd, size) < 0)
        return err_errno(err, ERR_IO, errno, "cannot write the lock file");
    return 0;
}

/* Takes one line of the file; false when it makes no sense. */
static bool take_line(struct lock_owner *owner, const char *line)
{
    const char *value = strchr(line, ' ');
    struct err ignored;
    int64_t number = 0;

    if (value == NULL)
        return false;
    value++;
    if (strncmp(line, "boot_id ", 8) == 0)
        return snprintf(owner->boot_id, sizeof owner->boot_id, "%s", value) < (int)sizeof owner->boot_id;
    if (strncmp(line, "text ", 5) == 0)
        return snprintf(owner->text, sizeof owner->text, "%s", value) < (int)sizeof owner->text;
    if (parse_int(value, 0, INT64_MAX, &number, &ignored) < 0)
        return false;
    if (strncmp(line, "run ", 4) == 0)
        owner->run = number;
    else if (strncmp(line, "started ", 8) == 0)
        owner->started = number;
    else if (strncmp(line, "pid ", 4) == 0 && number <= INT_MAX)
        owner->pid = (pid_t)number;
    else if (strncmp(line, "group ", 6) == 0 && number <= INT_MAX)
        owner->group = (pid_t)number;
    else
        return false;
    return true;
}

int lock_read(int fd, struct lock_owner *owner, struct err *err)
{
    char content[CONTENT_MAX];
    struct lock_owner said = {0};
    ssize_t size = pread(fd, content, sizeof content - 1, 0);
    char *next = content;
    char *line;

    *owner = (struct lock_owner){0};
    if (size < 0)
        return err_errno(err, ERR_IO, errno, "cannot read the lock file");
    content[size] = '\0';
    while ((line = strsep(&next, "\n")) != NULL) {
        if (strcmp(line, "end") == 0) {
            *owner = said;
            return 0;
        }
        if (!take_line(&said, line))
            return 0;
    }
    return 0;
}

int lock_wait(int fd, const char *what, struct err *err)
{
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return err_errno(err, ERR_IO, errno, "cannot lock \"%s\"", what);
    return 0;
}
