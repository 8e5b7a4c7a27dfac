/* The version of the local rsync. */
#include "engine/rsync_version.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "engine/ssh_session.h"
#include "sys/spawn.h"

enum { ANSWER_MS = 10000, ANSWER_MAX = 4096 };

bool rsync_version_parse(const char *text, struct rsync_version *version)
{
    return sscanf(text, "rsync version %d.%d.%d", &version->major, &version->minor, &version->patch) == 3;
}

int rsync_version_require(const char *binary, struct rsync_version *version, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED answer = BUF_EMPTY;
    const char *const argv[] = {binary, "--version", NULL};
    struct spawn_result result;

    if (spawn_collect(argv, ssh_session_environment(&arena, 0), ANSWER_MS, ANSWER_MAX, &answer, NULL, &result,
                      err) < 0)
        return err_hint(err, "install it, or name it: pobsync configure-global --rsync-binary PATH");
    if (result.end != SPAWN_EXITED || result.exit_status != 0 ||
        !rsync_version_parse(buf_text(&answer), version))
        return err_set(err, ERR_INVALID, "\"%s\" does not answer like rsync to --version", binary);
    if (version->major * 10000 + version->minor * 100 + version->patch < 30204) {
        err_set(err, ERR_INVALID, "\"%s\" is version %d.%d.%d, 3.2.4 or newer is needed", binary,
                version->major, version->minor, version->patch);
        return err_hint(err, "older ones leave remote paths unquoted: update rsync on this server");
    }
    return 0;
}
