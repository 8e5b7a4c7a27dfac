/* Our own program as a child. */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fs.h"
#include "sys/service_manager.h"
#include "sys/stop.h"

enum { CANNOT_EXEC = 127 };

int child_user_find(const char *name, struct child_user *user, struct err *err)
{
    const struct passwd *found = getpwnam(name);

    if (found == NULL)
        return err_set(err, ERR_INVALID, "there is no user \"%s\"", name);
    *user = (struct child_user){name, found->pw_uid, found->pw_gid};
    if (geteuid() != 0 && geteuid() != user->uid) {
        err_set(err, ERR_NOT_ALLOWED, "uid %u may not run a process as \"%s\"", (unsigned)geteuid(), name);
        return err_hint(err, "run as root");
    }
    return 0;
}

static bool take_identity(const struct child_user *user)
{
    if (user == NULL || user->uid == geteuid())
        return true;
    return initgroups(user->name, user->gid) == 0 && setgid(user->gid) == 0 && setuid(user->uid) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Does not return. The path leads to the very file that we are, also after an upgrade has replaced it. */
static void become(const char *const *argv, const struct child_user *user, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    stop_reset();
    if (null_fd >= 0)
        dup2(null_fd, STDIN_FILENO);
    service_manager_leave();
    /* Another user comes first: it makes the kernel forget the signal. */
    if (setpgid(0, 0) == 0 && take_identity(user) && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 &&
        getppid() == parent)
        execv("/proc/self/exe", (char *const *)argv);
    _exit(CANNOT_EXEC);
}

int child_start(const char *const *argv, const struct child_user *user, struct child *child, struct err *err)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    *child = CHILD_NONE;
    if (pid < 0)
        return err_errno(err, ERR_IO, errno, "cannot start \"pobsync %s\"", argv[1]);
    if (pid == 0)
        become(argv, user, parent);
    child->pid = pid;
    child->pidfd = pidfd_open(pid, 0);
    return 0;
}

void child_signal(const struct child *child, int signal)
{
    if (child->pid > 0)
        kill(child->pid, signal);
}

bool child_reap(struct child *child, int *status)
{
    pid_t reaped = child->pid <= 0 ? -1 : waitpid(child->pid, status, WNOHANG);

    if (reaped == 0 || (reaped < 0 && errno == EINTR))
        return false;
    if (reaped < 0)
        *status = 0;
    fs_close(&child->pidfd);
    *child = CHILD_NONE;
    return true;
}
