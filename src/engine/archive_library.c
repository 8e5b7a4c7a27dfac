/* libarchive by dlopen(3). */
#include "engine/archive_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Of libarchive 3, whose functions have kept their meaning since 2012. */
#define LIBRARY "libarchive.so.13"

struct archive_library libarchive;

static const struct {
    const char *name;
    size_t offset;
} calls[] = {
#define CALL(name) {#name, offsetof(struct archive_library, name)},
    ARCHIVE_LIBRARY_CALLS(CALL)
#undef CALL
};

int archive_library_load(struct err *err)
{
    static bool loaded;
    void *handle;

    if (loaded)
        return 0;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return err_set(err, ERR_IO,
                       "archives need libarchive, which cannot be loaded: %s; install the package "
                       "libarchive13",
                       dlerror());
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        void *address = dlsym(handle, calls[i].name);

        if (address == NULL)
            return err_set(err, ERR_IO, "%s lacks %s; it needs version 3.4 or newer", LIBRARY, calls[i].name);
        memcpy((char *)&libarchive + calls[i].offset, &address, sizeof(address));
    }
    loaded = true;
    return 0;
}
