/* The service manager's socket. */
#include "sys/service_manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/clock.h"
#include "sys/fs.h"

void service_manager_tell(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path == NULL ? 0 : strlen(path);
    FD_SCOPED fd = -1;

    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract name, unix(7) */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        sendto(fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static int64_t watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t interval, whom;
    struct err ignored;

    if (usec == NULL || parse_int(usec, 1, INT64_MAX, &interval, &ignored) < 0)
        return 0;
    if (pid != NULL && (parse_int(pid, 1, INT64_MAX, &whom, &ignored) < 0 || whom != getpid()))
        return 0;
    return interval / 1000;
}

void service_manager_begin(struct service_manager *manager)
{
    *manager = (struct service_manager){.interval_ms = watchdog_ms() / 2};
    service_manager_tell("READY=1");
    service_manager_live(manager);
}

void service_manager_live(struct service_manager *manager)
{
    if (manager->interval_ms == 0 || clock_boot_ms() < manager->next_ms)
        return;
    manager->next_ms = clock_boot_ms() + manager->interval_ms;
    service_manager_tell("WATCHDOG=1");
}

int64_t service_manager_wait_ms(const struct service_manager *manager, int64_t wait_ms)
{
    int64_t left = manager->next_ms - clock_boot_ms();

    if (manager->interval_ms == 0 || (wait_ms >= 0 && wait_ms <= left))
        return wait_ms;
    return left < 0 ? 0 : left;
}

void service_manager_leave(void)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}
