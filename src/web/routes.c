/* The one table of routes. */
#include "web/route.h"

#include "base/parse.h"
#include "web/page.h"

static const struct route_field login_query[] = {{"next", false, NULL}, {0}};
static const struct route_field login_form[] = {
    {"username", true, NULL}, {"password", true, NULL}, {"next", false, NULL}, {0}};
static const struct route_field setup_form[] = {
    {"code", true, NULL}, {"username", true, user_name_check}, {"password", true, NULL}, {0}};
static const struct route_field audit_query[] = {
    {"actor", false, NULL}, {"object", false, NULL}, {"before", false, NULL}, {0}};
static const struct route_field password_form[] = {
    {"password", true, NULL}, {"new_password", true, NULL}, {"again", true, NULL}, {0}};
static const struct route_field theme_form[] = {{"theme", true, page_theme_check}, {0}};
static const struct route_field filter_query[] = {{"q", false, NULL}, {0}};

/* clang-format off */
const struct route routes[] = {
    /* Without a login. */
    {.method = HTTP_GET, .path = "/login", .faces = FACE_PAGE, .open = true, .title = "Log in", .template = "login",
     .fields = login_query, .handle = page_login},
    {.method = HTTP_POST, .path = "/login", .faces = FACE_PAGE, .open = true, .form = "/login",
     .fields = login_form, .handle = page_login_post},
    {.method = HTTP_POST, .path = "/logout", .faces = FACE_PAGE, .open = true, .handle = page_logout_post},
    {.method = HTTP_GET, .path = "/setup", .faces = FACE_PAGE, .open = true, .title = "Set up", .template = "setup",
     .handle = page_setup},
    {.method = HTTP_POST, .path = "/setup", .faces = FACE_PAGE, .open = true, .form = "/setup",
     .fields = setup_form, .handle = page_setup_post},
    {.method = HTTP_GET, .path = "/healthz", .faces = FACE_PAGE, .open = true, .handle = page_health},
    {.method = HTTP_GET, .path = "/readyz", .faces = FACE_PAGE, .open = true, .handle = page_ready},

    /* Hosts. */
    {.method = HTTP_GET, .path = "/hosts", .faces = FACE_BOTH, .right = RIGHT_READ, .title = "Hosts",
     .template = "hosts", .nav = "Hosts", .command = "pobsync hosts", .fields = filter_query, .handle = page_hosts},

    /* One's own account, and what happened. */
    {.method = HTTP_GET, .path = "/account", .faces = FACE_PAGE, .right = RIGHT_READ, .title = "Your account",
     .template = "account", .handle = page_account},
    {.method = HTTP_POST, .path = "/account/password", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .fields = password_form, .handle = page_password_post},
    {.method = HTTP_POST, .path = "/account/sessions", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .handle = page_sessions_end_post},
    {.method = HTTP_POST, .path = "/account/theme", .faces = FACE_PAGE, .right = RIGHT_READ, .form = "/account",
     .fields = theme_form, .handle = page_theme_post},
    {.method = HTTP_GET, .path = "/audit", .faces = FACE_BOTH, .right = RIGHT_ADMIN, .title = "Audit",
     .template = "audit", .nav = "Audit", .fields = audit_query, .handle = page_audit},

    /* For programs. */
    {.method = HTTP_GET, .path = "/api", .faces = FACE_INDEX, .right = RIGHT_READ, .handle = page_api_index},
    {0},
};
/* clang-format on */
