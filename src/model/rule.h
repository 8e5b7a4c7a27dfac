/*
 * The grammars of names, addresses, paths, patterns and options: one place for command line, web, YAML and worker.
 * Each is 0, or -1 with ERR_INVALID and a sentence that says what was found and what is allowed.
 * All refuse control characters and invalid UTF-8 unless they say otherwise.
 */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include "base/err.h"

/* A host's name: it is a directory name and part of ssh's HostKeyAlias. [a-z0-9] first, then [a-z0-9._-], at most 64,
 * not ending in ".", lower case only (two hosts that differ in case would share a directory on some file systems). */
int rule_host_name(const char *value, struct err *err);

/* A DNS name, an IPv4 or an IPv6 address (with or without brackets). Never a leading "-", "%", "@", ":" of a port,
 * "::module", "rsync://", blanks; at most 253 bytes. */
int rule_address(const char *value, struct err *err);

/* A remote user: [a-zA-Z_][a-zA-Z0-9._-]*, at most 32, a final "$" allowed. */
int rule_ssh_user(const char *value, struct err *err);

/* An absolute path on the remote: starts with "/", no "..", no "//", no wildcard * ? [ (the remote shell expands them
 * even when rsync quotes), no backslash; at most 4,000 bytes. */
int rule_source_root(const char *value, struct err *err);

/* A path below the source root: as above, with or without the leading "/". */
int rule_include(const char *value, struct err *err);

/* A pattern of rsync's filter language: wildcards allowed, no control characters; not empty; at most 4,000 bytes. */
int rule_exclude(const char *value, struct err *err);

/* An absolute path on this server, no "..", no quote, no control character. */
int rule_local_path(const char *value, struct err *err);

/* The local rsync: "rsync", or an absolute path whose last part begins with "rsync". */
int rule_rsync_binary(const char *value, struct err *err);

/* One option of rsync, spelled out (no abbreviation, no bundled letters), from the allow-list of product.md §3. */
int rule_rsync_arg(const char *value, struct err *err);

/* "Name=value" from the allow-list of ssh options, each with its own grammar of the value. */
int rule_ssh_option(const char *value, struct err *err);

/* The name of such an option as ssh_config(5) spells it ("ProxyJump" for "proxyjump=bastion"), always the same
 * pointer for the same option; NULL for one that is not on the list. */
const char *rule_ssh_option_name(const char *value);

/* An IANA zone that this machine knows ("Europe/Amsterdam", "UTC"): grammar here; that its file exists is checked by
 * opening it below /usr/share/zoneinfo (TZDIR), the one rule that looks at the disk. */
int rule_timezone(const char *value, struct err *err);

/* A host name or address for the web's allow-list; a CIDR range or address of a proxy. */
int rule_allowed_host(const char *value, struct err *err);
int rule_proxy(const char *value, struct err *err);

/* One mail address "local@domain" (RFC 5321 without quoted parts, ASCII), at most 254 bytes. No control character, no
 * blank, no angle bracket: libcurl would pass them on as commands to the server. */
int rule_mail_address(const char *value, struct err *err);

/* An http:// or https:// address with a host; no user, no blank, printable ASCII; at most 2,000 bytes. */
int rule_url(const char *value, struct err *err);

/* A login at a mail server: one line without control characters, at most 256 bytes. */
int rule_smtp_user(const char *value, struct err *err);

/* "none", "starttls" or "tls"; "attention" or "failures". */
int rule_smtp_security(const char *value, struct err *err);
int rule_alert_on(const char *value, struct err *err);

/* A reason that a person gives: one line, at most 400 bytes, not empty. */
int rule_reason(const char *value, struct err *err);

#endif
