/* pobsync cat */
#include <errno.h>
#include <unistd.h>

#include "cli/commands.h"
#include "model/place.h"
#include "service/service_read.h"
#include "sys/fs.h"

enum { PIECE_SIZE = 128 * 1024 };

/* Piece by piece: a file may be larger than memory. */
static int copy(struct call *call, int fd, struct err *err)
{
    char piece[PIECE_SIZE];

    while (call->out_errno == 0) {
        ssize_t got = read(fd, piece, sizeof piece);

        if (got < 0 && errno != EINTR)
            return err_errno(err, ERR_IO, errno, "cannot read on");
        if (got == 0)
            return 0;
        if (got > 0) {
            buf_add(&call->out, piece, (size_t)got);
            call_flush(call);
        }
    }
    return 0;
}

static int run(struct call *call, struct err *err)
{
    FD_SCOPED fd = -1;
    struct service *service;
    struct place place;
    struct stat stat;
    const char *name;

    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0)
        return -1;
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    fd = service_read_file(service, place.host, place.snapshot, place.path, &name, &stat, err);
    return fd < 0 ? -1 : copy(call, fd, err);
}

const struct command cmd_cat = {
    .name = "cat",
    .summary = "print a file of a snapshot",
    .operands = "PLACE",
    .details =
        "PLACE is HOST[@SNAPSHOT]:PATH, see pobsync ls. The bytes come as they are. A symbolic link is not "
        "followed, and nothing but a regular file is ever opened. Who read what stands in the audit.",
    .exits =
        "1 when it is no regular file, 5 when there is no such host, snapshot or path, 8 for the backup root.",
    .examples = "pobsync cat web1@2026-11-01:/etc/fstab > fstab",
    .run = run,
};
