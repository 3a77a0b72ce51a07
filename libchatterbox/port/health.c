// SPDX-License-Identifier: MIT
/* health.c - a short list under a mutex; a server is up if all its wanted connections are */
#include "port/health.h"
#include "base/read.h"
#include "port/certificate.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 16

struct cbx_health_entry {
	struct cbx_health *health;
	const char *server;
	char purpose[32];
	char where[192];
	char why[CBX_HEALTH_WHY];
	int error; /* how it refuses us; 0: it does not */
	int64_t since_ms;
	int64_t certificate_ends;
	bool up;
	bool wanted;
};

struct cbx_health {
	pthread_mutex_t lock;
	struct cbx_clock *clock;
	struct cbx_health_entry entries[ENTRIES];
	size_t count;
};

int cbx_health_new(struct cbx_clock *clock, struct cbx_health **out)
{
	struct cbx_health *health = calloc(1, sizeof(*health));

	if (!health)
		return -ENOMEM;
	pthread_mutex_init(&health->lock, NULL);
	health->clock = clock;
	*out = health;
	return 0;
}

void cbx_health_free(struct cbx_health *health)
{
	if (!health)
		return;
	pthread_mutex_destroy(&health->lock);
	free(health);
}

struct cbx_health_entry *cbx_health_add(struct cbx_health *health, const char *server,
					const char *purpose, const char *where)
{
	struct cbx_health_entry *entry = NULL;

	pthread_mutex_lock(&health->lock);
	if (health->count < ENTRIES) {
		entry = &health->entries[health->count++];
		entry->health = health;
		entry->server = server;
		snprintf(entry->purpose, sizeof(entry->purpose), "%s", purpose);
		snprintf(entry->where, sizeof(entry->where), "%s", where);
		snprintf(entry->why, sizeof(entry->why), "not connected yet");
		entry->since_ms = cbx_wall(health->clock);
		entry->wanted = true;
	}
	pthread_mutex_unlock(&health->lock);
	return entry;
}

void cbx_health_set(struct cbx_health_entry *entry, bool up, const char *why)
{
	struct cbx_health *health = entry->health;

	pthread_mutex_lock(&health->lock);
	if (entry->up != up)
		entry->since_ms = cbx_wall(health->clock);
	entry->up = up;
	entry->error = 0;
	snprintf(entry->why, sizeof(entry->why), "%s", why ? why : "");
	pthread_mutex_unlock(&health->lock);
}

void cbx_health_refused(struct cbx_health_entry *entry, int error)
{
	pthread_mutex_lock(&entry->health->lock);
	entry->error = error;
	pthread_mutex_unlock(&entry->health->lock);
}

void cbx_health_certificate(struct cbx_health_entry *entry, int64_t ends)
{
	pthread_mutex_lock(&entry->health->lock);
	entry->certificate_ends = ends;
	pthread_mutex_unlock(&entry->health->lock);
}

int64_t cbx_health_certificate_ends(struct cbx_health *health, const char *server)
{
	int64_t first = 0;
	size_t i;

	pthread_mutex_lock(&health->lock);
	for (i = 0; i < health->count; i++)
		if (!strcmp(health->entries[i].server, server))
			first = cbx_certificate_first(first, health->entries[i].certificate_ends);
	pthread_mutex_unlock(&health->lock);
	return first;
}

void cbx_health_want(struct cbx_health_entry *entry, bool wanted)
{
	pthread_mutex_lock(&entry->health->lock);
	entry->wanted = wanted;
	pthread_mutex_unlock(&entry->health->lock);
}

bool cbx_health_is_up(struct cbx_health *health, const char *server)
{
	bool up = true;
	size_t i;

	pthread_mutex_lock(&health->lock);
	for (i = 0; i < health->count; i++) {
		const struct cbx_health_entry *entry = &health->entries[i];

		if (entry->wanted && !entry->up && (!server || !strcmp(server, entry->server)))
			up = false;
	}
	pthread_mutex_unlock(&health->lock);
	return up;
}

bool cbx_health_is_sound(const struct cbx_health_entry *entry)
{
	return cbx_health_is_up(entry->health, entry->server);
}

void cbx_health_print(struct cbx_health *health, struct cbx_text *out)
{
	char since[CBX_TIME_TEXT];
	size_t i;

	pthread_mutex_lock(&health->lock);
	for (i = 0; i < health->count; i++) {
		const struct cbx_health_entry *entry = &health->entries[i];

		cbx_time_text(entry->since_ms, since);
		cbx_text_printf(out, "%s %s (%s): ", entry->server, entry->where, entry->purpose);
		if (entry->up)
			cbx_text_printf(out, "up since %s\n", since);
		else if (!entry->wanted)
			cbx_text_puts(out, "not needed now\n");
		else
			cbx_text_printf(out, "DOWN since %s: %s\n", since, entry->why);
	}
	pthread_mutex_unlock(&health->lock);
}

static enum chatterbox_server server_of(const char *name)
{
	enum chatterbox_server server = CHATTERBOX_SERVER_REDIS;

	while (server < CHATTERBOX_SERVER_SQL &&
	       strcmp(name, chatterbox_server_to_string(server)) != 0)
		server++;
	return server;
}

static enum chatterbox_server first(struct cbx_health *health, int error, char *out, size_t size)
{
	enum chatterbox_server server = CHATTERBOX_SERVER_NONE;
	size_t i;

	out[0] = '\0';
	pthread_mutex_lock(&health->lock);
	for (i = 0; i < health->count && !server; i++) {
		const struct cbx_health_entry *entry = &health->entries[i];

		if (!entry->wanted || entry->up || (error && entry->error != error))
			continue;
		server = server_of(entry->server);
		snprintf(out, size, "%s %s (%s): %s", entry->server, entry->where, entry->purpose,
			 entry->why);
	}
	pthread_mutex_unlock(&health->lock);
	return server;
}

enum chatterbox_server cbx_health_first_down(struct cbx_health *health, char *out, size_t size)
{
	return first(health, 0, out, size);
}

enum chatterbox_server cbx_health_first_refused(struct cbx_health *health, int error, char *out,
						size_t size)
{
	return first(health, error, out, size);
}
