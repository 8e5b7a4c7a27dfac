/* Names and ports, on loopback alone. */
#include "scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/net.h"

/* A socket on a free port of 127.0.0.1. */
static int bind_loopback(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void addresses_are_text(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list addresses;
    struct err err;

    (void)state;
    assert_ok(net_resolve(&arena, "127.0.0.1", 0, &addresses, &err), &err);
    assert_int_equal(addresses.count, 1);
    assert_string_equal(addresses.items[0], "127.0.0.1");
    assert_ok(net_resolve(&arena, "::1", 6, &addresses, &err), &err);
    assert_string_equal(addresses.items[0], "::1");
    assert_ok(net_resolve(&arena, "localhost", 4, &addresses, &err), &err);
    assert_true(list_has(&addresses, "127.0.0.1"));
    assert_fails(net_resolve(&arena, "127.0.0.1", 6, &addresses, &err), &err, ERR_UNREACHABLE);
    assert_non_null(strstr(err.message, "IPv6 address of \"127.0.0.1\""));
    assert_int_equal(addresses.count, 0);
}

static void a_listener_is_found(void **state)
{
    int64_t took = -1;
    struct err err;
    int port;
    int fd = bind_loopback(&port);

    (void)state;
    assert_int_equal(listen(fd, 5), 0);
    assert_ok(net_probe("127.0.0.1", port, 0, 10000, &took, &err), &err);
    assert_in_range(took, 0, 10000);
    close(fd);
}

static void a_refusal_is_told(void **state)
{
    int64_t took = -1;
    struct err err;
    int port;
    int fd = bind_loopback(&port);

    (void)state;
    assert_fails(net_probe("127.0.0.1", port, 4, 10000, &took, &err), &err, ERR_UNREACHABLE);
    assert_non_null(strstr(err.message, "Connection refused"));
    assert_non_null(strstr(err.hint, "nothing listens"));
    close(fd);
}

/* A listener whose queue is full does not answer at all. */
static void silence_is_told(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t took = -1;
    int queued[4];
    struct err err;
    int port;
    int fd = bind_loopback(&port);

    (void)state;
    assert_int_equal(listen(fd, 0), 0);
    address.sin_port = htons((uint16_t)port);
    for (int i = 0; i < 4; i++) {
        queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(queued[i], (struct sockaddr *)&address, sizeof address) == 0 ||
                    errno == EINPROGRESS);
    }
    assert_fails(net_probe("127.0.0.1", port, 4, 300, &took, &err), &err, ERR_UNREACHABLE);
    assert_non_null(strstr(err.message, "timed out"));
    assert_non_null(strstr(err.hint, "firewall"));
    for (int i = 0; i < 4; i++)
        close(queued[i]);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_text),
        cmocka_unit_test(a_listener_is_found),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(silence_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
