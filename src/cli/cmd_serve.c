/* pobsync serve */
#include "base/log.h"
#include "cli/commands.h"
#include "web/web_server.h"

static int run(struct call *call, struct err *err)
{
    struct web_options options = {.certificate = call_value(call, "tls-cert"),
                                  .key = call_value(call, "tls-key")};
    struct environment environment;

    if ((options.certificate == NULL) != (options.key == NULL)) {
        err_set(err, ERR_USAGE, "--tls-cert and --tls-key belong together");
        return err_hint(err, "give both, or neither");
    }
    if (environment_load(call->arena, &environment, err) < 0)
        return -1;
    options.listen = call_value(call, "listen");
    if (options.listen == NULL)
        options.listen = environment.listen;
    options.allow_http = environment.allow_http;
    if (!call->quiet && !log_is_on(LOG_LEVEL_INFO))
        log_set_level(LOG_LEVEL_INFO);
    return web_serve(&options, err);
}

static const struct option_spec options[] = {
    {"listen", 0, "ADDRESS:PORT", "where to listen (default: POBSYNC_LISTEN, else 127.0.0.1:8010)"},
    {"tls-cert", 0, "FILE", "certificate chain in PEM, for https"},
    {"tls-key", 0, "FILE", "its private key in PEM"},
    {0},
};

const struct command cmd_serve = {
    .name = "serve",
    .summary = "serve the web pages and the API",
    .options = options,
    .details =
        "Runs until a signal ends it. Whoever has an account can log in (pobsync create-user); while there is no "
        "admin, a code for the page /setup is printed when it starts. Beyond loopback it listens only with TLS, or "
        "with POBSYNC_ALLOW_HTTP=1 when something in front of it does TLS. A socket of systemd is used when there is "
        "one.",
    .exits = "4 when it would listen beyond loopback without TLS.",
    .examples = "pobsync serve\npobsync serve --listen '[::1]:8010'\n"
                "pobsync serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem",
    .long_running = true,
    .run = run,
};
