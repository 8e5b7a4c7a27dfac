/* Reading a secret. */
#include "sys/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/fs.h"

enum { SECRET_MAX = 1000 };

static int check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, ERR_IO, errno, "secret file \"%s\"", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "secret file \"%s\" is no regular file", path);
    if ((st.st_mode & S_IROTH) != 0) {
        err_set(err, ERR_NOT_ALLOWED, "secret file \"%s\" may be read by everybody (mode %04o)", path,
                (unsigned)(st.st_mode & 07777));
        return err_hint(err, "chmod 600 %s", path);
    }
    return 0;
}

int secret_file_read(struct arena *arena, const char *path, const char **secret, struct err *err)
{
    FD_SCOPED fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char line[SECRET_MAX + 3];
    ssize_t size;

    if (fd < 0)
        return err_errno(err, errno == EACCES ? ERR_NOT_ALLOWED : ERR_IO, errno, "secret file \"%s\"", path);
    if (check_file(fd, path, err) < 0)
        return -1;
    size = read(fd, line, sizeof line - 1);
    if (size < 0)
        return err_errno(err, ERR_IO, errno, "secret file \"%s\"", path);
    line[size] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || strlen(line) > SECRET_MAX || !text_is_utf8(line, strlen(line)) ||
        text_has_control(line))
        return err_set(err, ERR_INVALID,
                       "the first line of secret file \"%s\" is empty, too long or holds a control character",
                       path);
    *secret = arena_strdup(arena, line);
    explicit_bzero(line, sizeof line);
    return 0;
}
