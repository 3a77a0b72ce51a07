/* SPDX-License-Identifier: MIT */
/*
 * dial.h - where a server may be: each address of each of its hosts, tried in its turn
 *
 * One thread's. An attempt is begun, which looks the names up without waiting for long, and then
 * asks for one target after the other until one of them serves or the time is over. The next
 * attempt begins with the one that served last, or else behind those that were tried.
 */
#ifndef CBX_PORT_DIAL_H
#define CBX_PORT_DIAL_H

#include "port/clock.h"

#include <stddef.h>

struct cbx_address;

struct cbx_target {
	const char *host;                  /* the name, for certificates; or the path of a socket */
	const char *text;                  /* its address in numbers; "" for a path */
	const struct cbx_address *address; /* common/lookup.h; NULL for a path */
	uint64_t deadline;                 /* its share of the time */
};

struct cbx_dial;

/* @hosts: names, addresses and paths, by comma. @clock must outlive it. -ENOMEM, -EINVAL (none). */
int cbx_dial_new(const char *hosts, int port, struct cbx_clock *clock, struct cbx_dial **out);
void cbx_dial_free(struct cbx_dial *dial);

/* 0; CHATTERBOX_E_DOWN while there is no address, with why in @why; -ENOMEM */
int cbx_dial_begin(struct cbx_dial *dial, uint64_t deadline, char *why, size_t size);
/* The next target, until the next call; NULL when all were tried or the time is over */
const struct cbx_target *cbx_dial_next(struct cbx_dial *dial);
/* The last target serves */
void cbx_dial_serves(struct cbx_dial *dial);

/* "localhost:5432", "[::1]:5432", "/run/redis.sock": for people */
void cbx_dial_text(const char *hosts, int port, char *text, size_t size);

#endif
