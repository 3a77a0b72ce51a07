// SPDX-License-Identifier: MIT
/* leadership.c - says whether this instance leads; it does not if its last renewal is older than
 * the lease */
#include "runtime/leadership.h"
#include "base/read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void cbx_leadership_init(struct cbx_leadership *leadership, struct cbx_clock *clock,
			 const char *name)
{
	char host[64] = "localhost";
	char id[CBX_UUID_TEXT];

	*leadership = (struct cbx_leadership){ .clock = clock };
	pthread_mutex_init(&leadership->lock, NULL);
	snprintf(leadership->name, sizeof(leadership->name), "%s", name);
	gethostname(host, sizeof(host) - 1);
	cbx_uuid(id);
	snprintf(leadership->self, sizeof(leadership->self), "%s:%ld:%.8s", host, (long)getpid(),
		 id);
}

int64_t cbx_leadership_epoch(struct cbx_leadership *leadership)
{
	int64_t epoch;

	pthread_mutex_lock(&leadership->lock);
	epoch = cbx_now(leadership->clock) < leadership->valid_until ? leadership->epoch : 0;
	pthread_mutex_unlock(&leadership->lock);
	return epoch;
}

uint64_t cbx_leadership_until(struct cbx_leadership *leadership, int64_t epoch)
{
	uint64_t until;

	pthread_mutex_lock(&leadership->lock);
	until = epoch && leadership->epoch == epoch ? leadership->valid_until : 0;
	pthread_mutex_unlock(&leadership->lock);
	return cbx_now(leadership->clock) < until ? until : 0;
}

struct cbx_guard cbx_leadership_guard(struct cbx_leadership *leadership, int64_t epoch)
{
	return (struct cbx_guard){ .name = leadership->name,
				   .holder = leadership->self,
				   .epoch = epoch };
}

void cbx_leadership_hold(struct cbx_leadership *leadership, int64_t epoch, uint64_t until)
{
	pthread_mutex_lock(&leadership->lock);
	if (leadership->epoch != epoch)
		leadership->newer = 0;
	leadership->epoch = epoch;
	leadership->valid_until = until;
	memcpy(leadership->leader, leadership->self, sizeof(leadership->leader));
	pthread_mutex_unlock(&leadership->lock);
}

void cbx_leadership_lose(struct cbx_leadership *leadership, const char *leader)
{
	pthread_mutex_lock(&leadership->lock);
	leadership->valid_until = 0;
	snprintf(leadership->leader, sizeof(leadership->leader), "%s", leader ? leader : "");
	pthread_mutex_unlock(&leadership->lock);
}

void cbx_leadership_rest(struct cbx_leadership *leadership, const char *why)
{
	pthread_mutex_lock(&leadership->lock);
	leadership->valid_until = 0;
	leadership->leader[0] = '\0';
	leadership->rests_until = cbx_now(leadership->clock) + CBX_LEASE_REST;
	snprintf(leadership->why, sizeof(leadership->why), "%s", why);
	pthread_mutex_unlock(&leadership->lock);
}

unsigned cbx_leadership_rests(struct cbx_leadership *leadership, char why[192])
{
	uint64_t now = cbx_now(leadership->clock);
	uint64_t until;

	pthread_mutex_lock(&leadership->lock);
	until = leadership->rests_until;
	memcpy(why, leadership->why, sizeof(leadership->why));
	pthread_mutex_unlock(&leadership->lock);
	return now < until ? (unsigned)((until - now) / CBX_SECOND) + 1 : 0;
}

void cbx_leadership_note_newer(struct cbx_leadership *leadership, int64_t epoch, int64_t newer)
{
	pthread_mutex_lock(&leadership->lock);
	if (leadership->epoch == epoch && newer >= epoch && newer > leadership->newer)
		leadership->newer = newer;
	pthread_mutex_unlock(&leadership->lock);
}

int64_t cbx_leadership_newer(struct cbx_leadership *leadership, int64_t epoch)
{
	int64_t newer;

	pthread_mutex_lock(&leadership->lock);
	newer = leadership->epoch == epoch ? leadership->newer : 0;
	pthread_mutex_unlock(&leadership->lock);
	return newer;
}

/* Call with the lock held */
static bool is_late(const struct cbx_leadership *leadership)
{
	return cbx_now(leadership->clock) >= leadership->valid_until &&
	       !strcmp(leadership->leader, leadership->self);
}

void cbx_leadership_leader(struct cbx_leadership *leadership, char out[CBX_HOLDER_TEXT])
{
	pthread_mutex_lock(&leadership->lock);
	memcpy(out, leadership->leader, CBX_HOLDER_TEXT);
	if (is_late(leadership))
		out[0] = '\0';
	pthread_mutex_unlock(&leadership->lock);
}

bool cbx_leadership_is_late(struct cbx_leadership *leadership)
{
	bool late;

	pthread_mutex_lock(&leadership->lock);
	late = is_late(leadership);
	pthread_mutex_unlock(&leadership->lock);
	return late;
}

void cbx_leadership_identify(struct cbx_leadership *leadership, const char *database)
{
	pthread_mutex_lock(&leadership->lock);
	if (!leadership->identified || strcmp(leadership->database, database) != 0)
		leadership->looked = false;
	snprintf(leadership->database, sizeof(leadership->database), "%s", database);
	leadership->identified = true;
	if (!*database || !strcmp(leadership->twin, database))
		leadership->twin_until = 0;
	pthread_mutex_unlock(&leadership->lock);
}

void cbx_leadership_database(struct cbx_leadership *leadership, char out[CBX_DATABASE_ID])
{
	pthread_mutex_lock(&leadership->lock);
	memcpy(out, leadership->database, CBX_DATABASE_ID);
	pthread_mutex_unlock(&leadership->lock);
}

bool cbx_leadership_note_mark(struct cbx_leadership *leadership, const char *database,
			      uint64_t lasts)
{
	bool twin;

	pthread_mutex_lock(&leadership->lock);
	leadership->looked = leadership->identified;
	twin = *database && *leadership->database && strcmp(database, leadership->database) != 0;
	if (twin) {
		snprintf(leadership->twin, sizeof(leadership->twin), "%s", database);
		leadership->twin_until = cbx_now(leadership->clock) + lasts;
		leadership->valid_until = 0;
		leadership->leader[0] = '\0';
	} else if (*database) {
		leadership->twin_until = 0;
	}
	pthread_mutex_unlock(&leadership->lock);
	return twin;
}

bool cbx_leadership_has_looked(struct cbx_leadership *leadership)
{
	bool looked;

	pthread_mutex_lock(&leadership->lock);
	looked = leadership->looked;
	pthread_mutex_unlock(&leadership->lock);
	return looked;
}

unsigned cbx_leadership_twin(struct cbx_leadership *leadership, char id[CBX_DATABASE_ID])
{
	uint64_t now = cbx_now(leadership->clock);
	uint64_t until;

	pthread_mutex_lock(&leadership->lock);
	until = leadership->twin_until;
	memcpy(id, leadership->twin, CBX_DATABASE_ID);
	pthread_mutex_unlock(&leadership->lock);
	return now < until ? (unsigned)((until - now) / CBX_SECOND) + 1 : 0;
}
