/* The clocks of the machine. */
#include "sys/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "base/when.h"
#include "sys/fs.h"

int64_t clock_now(void)
{
    const char *fake = getenv("POBSYNC_FAKE_NOW");
    struct timespec time;
    struct err err;
    int64_t now;

    if (fake != NULL) {
        if (parse_int(fake, INT64_MIN, INT64_MAX, &now, &err) == 0 ||
            when_parse_rfc3339(fake, &now, &err) == 0)
            return now;
        log_warning("POBSYNC_FAKE_NOW is left out: %s", err.message);
    }
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec;
}

int64_t clock_boot_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

const char *clock_boot_id(void)
{
    static char id[40];
    FD_SCOPED fd = -1;
    ssize_t got;

    if (id[0] != '\0')
        return id;
    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? -1 : read(fd, id, sizeof id - 1);
    id[got > 0 ? (size_t)got : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
    return id;
}
