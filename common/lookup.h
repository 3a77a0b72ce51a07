/* SPDX-License-Identifier: MIT */
/*
 * lookup.h - the addresses of a host, looked up beside the thread that wants them
 *
 * getaddrinfo() knows no deadline: with a DNS server that does not answer it takes half a minute
 * and more. So it runs in a thread of its own, at most one for each lookup; who asks waits a moment
 * and asks again later. A thread that hangs there is forgotten and ends by itself.
 *
 * c-ares would need no thread, but it knows only the hosts file and DNS: what `getent ahosts` finds
 * on a machine (sssd, nss-resolve, mDNS) must be found here, too.
 */
#ifndef CBX_COMMON_LOOKUP_H
#define CBX_COMMON_LOOKUP_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define CBX_ADDRESS_TEXT 64
#define CBX_LOOKUP_RUNS 1

struct cbx_address {
	char text[CBX_ADDRESS_TEXT]; /* in numbers */
	socklen_t size;
	struct sockaddr_storage at;
};

struct cbx_lookup;

/* @host: a name, or an address, with or without brackets. @passive: to listen on. -ENOMEM. */
int cbx_lookup_new(const char *host, int port, bool passive, struct cbx_lookup **out);
void cbx_lookup_free(struct cbx_lookup *lookup);
CBX_DEFINE_CLEANUP(struct cbx_lookup *, cbx_lookup_free)

/* One thread's. Looks the host up anew, unless that is under way, and waits for @ms at most.
 * Return: 0 and an allocated array of *count addresses, never empty; CBX_LOOKUP_RUNS; -ENXIO, and
 * cbx_lookup_why() says why; -ENOMEM. */
int cbx_lookup_ask(struct cbx_lookup *lookup, int ms, struct cbx_address **out, size_t *count);
/* How the last lookup failed, "" when it did not */
const char *cbx_lookup_why(const struct cbx_lookup *lookup);

#endif
