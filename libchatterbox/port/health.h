/* SPDX-License-Identifier: MIT */
/*
 * health.h - which connections are up
 *
 * Each engine has one list. The owner of a connection writes; anybody may read: /readyz,
 * chatterbox_server_up, error texts.
 */
#ifndef CBX_PORT_HEALTH_H
#define CBX_PORT_HEALTH_H

#include "common/text.h"
#include "port/clock.h"

#include <chatterbox/error.h>
#include <stdbool.h>

#define CBX_HEALTH_WHY 512

struct cbx_health;
struct cbx_health_entry; /* the entry of one connection */

int cbx_health_new(struct cbx_clock *clock, struct cbx_health **out);
void cbx_health_free(struct cbx_health *health);
/* At start only. @server: "redis", "rmq" or "sql"; @purpose: "questions", ...; @where: its address.
 * The texts are copied, but @server must be static. NULL when out of memory. */
struct cbx_health_entry *cbx_health_add(struct cbx_health *health, const char *server,
					const char *purpose, const char *where);
/* @up with why NULL, or down and why. Any thread. */
void cbx_health_set(struct cbx_health_entry *entry, bool up, const char *why);
/* It answers, but does not let us work: @error says how, as of cbx_link_ops.examine; 0: not so */
void cbx_health_refused(struct cbx_health_entry *entry, int error);
/* When the first of its certificates ends, in seconds; 0: there is none */
void cbx_health_certificate(struct cbx_health_entry *entry, int64_t ends);
/* The first of all connections to @server */
int64_t cbx_health_certificate_ends(struct cbx_health *health, const char *server);
/* A standby needs no queues, for example: an entry that is not wanted is ignored. */
void cbx_health_want(struct cbx_health_entry *entry, bool wanted);
/* Are all wanted connections to the server of @entry up? */
bool cbx_health_is_sound(const struct cbx_health_entry *entry);
/* Are all wanted connections (of @server, NULL = all) up? */
bool cbx_health_is_up(struct cbx_health *health, const char *server);
/* One line a connection */
void cbx_health_print(struct cbx_health *health, struct cbx_text *out);
/* Whose connection is the first wanted one that is down, and in @out "redis 127.0.0.1:6379: why";
 * CHATTERBOX_SERVER_NONE and "" when none is */
enum chatterbox_server cbx_health_first_down(struct cbx_health *health, char *out, size_t size);
/* The same of those alone that were refused with @error */
enum chatterbox_server cbx_health_first_refused(struct cbx_health *health, int error, char *out,
						size_t size);

#endif
