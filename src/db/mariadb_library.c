/* libmariadb by dlopen(3). */
#include "db/mariadb_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Of Connector/C 3, whose functions are those of the headers. */
#define LIBRARY "libmariadb.so.3"

struct mariadb_library libmariadb;

static const struct {
    const char *name;
    size_t offset;
} calls[] = {
#define CALL(name) {#name, offsetof(struct mariadb_library, name)},
    MARIADB_LIBRARY_CALLS(CALL)
#undef CALL
};

static int load(struct err *err)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        err_set(err, ERR_DATABASE, "a MariaDB database needs its client library, which cannot be loaded: %s",
                dlerror());
        return err_hint(err, "install the package libmariadb3");
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        void *address = dlsym(handle, calls[i].name);

        if (address == NULL)
            return err_set(err, ERR_DATABASE, "%s lacks %s; it needs version 3.1 or newer", LIBRARY,
                           calls[i].name);
        memcpy((char *)&libmariadb + calls[i].offset, &address, sizeof(address));
    }
    if (libmariadb.mysql_server_init(0, NULL, NULL) != 0)
        return err_set(err, ERR_DATABASE, "%s cannot be set up", LIBRARY);
    return 0;
}

int mariadb_library_load(struct err *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool loaded;
    int result = 0;

    pthread_mutex_lock(&lock);
    if (!loaded)
        result = load(err);
    loaded = result == 0;
    pthread_mutex_unlock(&lock);
    return result;
}
