/* Capabilities by the system calls themselves: there is nothing else to link for three of them. */
#include "sys/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GROUPS_MAX = 64 };

/* Of a set in two words of 32. */
static unsigned only(unsigned have, int word)
{
    return have & (word == CAP_TO_INDEX(CAP_DAC_READ_SEARCH) ? CAP_TO_MASK(CAP_DAC_READ_SEARCH) : 0);
}

static bool drop_bounding_set(void)
{
    bool dropped = true;

    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (capability != CAP_DAC_READ_SEARCH && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 &&
            errno != EINVAL)
            dropped = false;
    return dropped;
}

void privilege_join_group(gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX - 1, groups);

    if (count < 0)
        return;
    groups[count] = group;
    (void)!setgroups((size_t)count + 1,
                     groups); /* then we are not root, or may not: the caller will see what it can do */
}

bool privilege_keep_reading(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    bool dropped = unshare(CLONE_NEWNET) == 0;

    dropped = drop_bounding_set() && dropped;
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
        data[word].permitted = only(data[word].permitted, word);
        data[word].effective = data[word].permitted;
        data[word].inheritable = 0;
    }
    dropped = syscall(SYS_capset, &header, data) == 0 && dropped;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && dropped;
}
