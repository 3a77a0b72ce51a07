// SPDX-License-Identifier: MIT
/*
 * dial.c - shares the time of an attempt to connect among the addresses
 *
 * The remaining addresses get equal shares, but a second each at least, so that one attempt may not
 * reach the last of many.
 */
#include "port/dial.h"

#include "common/lookup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HOSTS 8
#define TARGETS 64
/* Most lookups take less. A thread that connects has other servers to look after. */
#define LOOKUP_MS 500
#define LEAST CBX_SECOND

struct host {
	char *name;
	bool path;
	struct cbx_lookup *lookup; /* NULL for a path */
	struct cbx_address *addresses;
	size_t count;
};

struct cbx_dial {
	struct cbx_clock *clock;
	struct host hosts[HOSTS];
	size_t host_count;
	struct cbx_target targets[TARGETS];
	size_t count;
	size_t next; /* index among all addresses, over several attempts */
	size_t left; /* in this attempt */
	uint64_t deadline;
};

static int add_host(struct cbx_dial *dial, const char *name, size_t len, int port)
{
	struct host *host = &dial->hosts[dial->host_count];

	if (!len)
		return 0;
	if (dial->host_count == HOSTS)
		return -EINVAL;
	/* an address of IPv6 as URLs have it; certificates hold it without brackets */
	if (len > 2 && name[0] == '[' && name[len - 1] == ']') {
		name++;
		len -= 2;
	}
	host->name = strndup(name, len);
	if (!host->name)
		return -ENOMEM;
	dial->host_count++;
	host->path = *name == '/';
	return host->path ? 0 : cbx_lookup_new(host->name, port, false, &host->lookup);
}

CBX_DEFINE_CLEANUP(struct cbx_dial *, cbx_dial_free)

int cbx_dial_new(const char *hosts, int port, struct cbx_clock *clock, struct cbx_dial **out)
{
	cbx_auto(cbx_dial_freep) struct cbx_dial *dial = calloc(1, sizeof(*dial));
	int result = dial ? 0 : -ENOMEM;

	while (!result && *hosts) {
		size_t len = strcspn(hosts, ",");
		size_t blank = strspn(hosts, " ");
		size_t end = len;

		while (end > blank && hosts[end - 1] == ' ')
			end--;
		result = add_host(dial, hosts + blank, end > blank ? end - blank : 0, port);
		hosts += len + (hosts[len] == ',');
	}
	if (!result && !dial->host_count)
		result = -EINVAL;
	if (result)
		return result;
	dial->clock = clock;
	*out = cbx_steal(dial);
	return 0;
}

void cbx_dial_free(struct cbx_dial *dial)
{
	size_t i;

	for (i = 0; dial && i < dial->host_count; i++) {
		free(dial->hosts[i].name);
		free(dial->hosts[i].addresses);
		cbx_lookup_free(dial->hosts[i].lookup);
	}
	free(dial);
}

static void add_target(struct cbx_dial *dial, const struct host *host,
		       const struct cbx_address *address)
{
	if (dial->count < TARGETS)
		dial->targets[dial->count++] = (struct cbx_target){
			.host = host->name, .text = address ? address->text : "", .address = address
		};
}

static void explain(char *why, size_t size, const struct host *host, int result)
{
	const char *said = cbx_lookup_why(host->lookup);

	if (result == CBX_LOOKUP_RUNS)
		snprintf(why, size, "looking up %.100s%s%s", host->name,
			 *said ? ", last without success: " : "", said);
	else
		snprintf(why, size, "no address of %.100s: %s", host->name, said);
}

/* Names that are not resolved yet don't delay those that are */
static int collect(struct cbx_dial *dial, struct host *host, int ms, char *why, size_t size)
{
	size_t i;
	int result;

	if (host->path) {
		add_target(dial, host, NULL);
		return 0;
	}
	free(cbx_steal(host->addresses));
	host->count = 0;
	result = cbx_lookup_ask(host->lookup, ms, &host->addresses, &host->count);
	if (result && result != -ENOMEM && !*why)
		explain(why, size, host, result);
	for (i = 0; i < host->count; i++)
		add_target(dial, host, &host->addresses[i]);
	return result == -ENOMEM ? result : 0;
}

int cbx_dial_begin(struct cbx_dial *dial, uint64_t deadline, char *why, size_t size)
{
	uint64_t patience = cbx_now(dial->clock) + LOOKUP_MS * CBX_MS;
	size_t i;
	int result = 0;

	*why = '\0';
	dial->deadline = deadline;
	dial->count = 0;
	for (i = 0; i < dial->host_count && !result; i++)
		result = collect(dial, &dial->hosts[i],
				 cbx_ms_left(dial->clock, patience, LOOKUP_MS), why, size);
	dial->left = dial->count;
	if (!result && !dial->count)
		result = CHATTERBOX_E_DOWN;
	return result;
}

const struct cbx_target *cbx_dial_next(struct cbx_dial *dial)
{
	uint64_t now = cbx_now(dial->clock);
	struct cbx_target *target;
	uint64_t share;

	if (!dial->left || now >= dial->deadline)
		return NULL;
	share = (dial->deadline - now) / dial->left;
	if (share < LEAST)
		share = LEAST;
	target = &dial->targets[dial->next++ % dial->count];
	target->deadline = now + share < dial->deadline ? now + share : dial->deadline;
	dial->left--;
	return target;
}

void cbx_dial_text(const char *hosts, int port, char *text, size_t size)
{
	bool v6 = *hosts != '/' && *hosts != '[' && strchr(hosts, ':') && !strchr(hosts, ',');

	if (*hosts == '/' && !strchr(hosts, ','))
		snprintf(text, size, "%s", hosts);
	else
		snprintf(text, size, v6 ? "[%.200s]:%d" : "%.200s:%d", hosts, port);
}

void cbx_dial_serves(struct cbx_dial *dial)
{
	dial->next--;
}
