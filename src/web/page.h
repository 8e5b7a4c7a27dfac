/* The handlers of the route table, each in the file of its subject page_<subject>.c. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <jansson.h>

#include "base/err.h"

struct visit;

/* page_login.c: without an account, and with one's own */
int page_login(struct visit *visit, json_t **document, struct err *err);
int page_login_post(struct visit *visit, json_t **document, struct err *err);
int page_logout_post(struct visit *visit, json_t **document, struct err *err);
int page_setup(struct visit *visit, json_t **document, struct err *err);
int page_setup_post(struct visit *visit, json_t **document, struct err *err);

/* page_host.c */
int page_hosts(struct visit *visit, json_t **document, struct err *err);

/* page_state.c: for programs that watch */
int page_health(struct visit *visit, json_t **document, struct err *err);
int page_ready(struct visit *visit, json_t **document, struct err *err);

/* page_api.c */
int page_api_index(struct visit *visit, json_t **document, struct err *err);
int page_audit(struct visit *visit, json_t **document, struct err *err);

/* page_account.c */
int page_account(struct visit *visit, json_t **document, struct err *err);
int page_password_post(struct visit *visit, json_t **document, struct err *err);
int page_sessions_end_post(struct visit *visit, json_t **document, struct err *err);
int page_theme_post(struct visit *visit, json_t **document, struct err *err);
int page_theme_check(const char *value, struct err *err);

#endif
