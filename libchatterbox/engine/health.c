// SPDX-License-Identifier: MIT
/* engine/health.c - liveness, readiness, metrics and migrations for hosts */
#include "engine/internal.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>

/* A thread that has not turned for so long is stuck (contract 6.2) */
#define STUCK (60 * CBX_SECOND)

static bool is_moving(const struct chatterbox *box, uint64_t last_turn, const char *name,
		      struct cbx_text *out)
{
	uint64_t now = cbx_now(box->clock);

	if (!box->started || box->stopped || !last_turn || now < last_turn ||
	    now - last_turn < STUCK)
		return true;
	cbx_text_printf(out, "thread %s: stuck for %llu s\n", name,
			(unsigned long long)((now - last_turn) / CBX_SECOND));
	return false;
}

int chatterbox_get_health(struct chatterbox *box, bool *ready, bool *alive, char **text)
{
	struct cbx_text out = { 0 };
	char leader[CBX_HOLDER_TEXT];
	bool moving = is_moving(box, box->lease_keeper.last_turn, "lease", &out);

	moving = is_moving(box, box->poller.last_turn, "poller", &out) && moving;
	moving = is_moving(box, box->teller.last_turn, "teller", &out) && moving;
	moving = is_moving(box, box->listener.last_turn, "listener", &out) && moving;
	cbx_health_print(box->health, &out);
	if (box->lease_keeper.observer)
		cbx_text_puts(&out, "migrations: not by an observer\n");
	else
		cbx_text_printf(&out, "migrations: %s\n",
				box->lease_keeper.migrated ? "applied" : "NOT APPLIED");
	if (cbx_leadership_epoch(&box->leadership))
		cbx_text_printf(&out, "leader: this instance; queues: %s\n",
				box->listener.bound ? "bound" : "NOT BOUND");
	else {
		cbx_leadership_leader(&box->leadership, leader);
		cbx_text_printf(&out, "leader: %s\n", leader[0] ? leader : "nobody known");
	}
	if (ready)
		*ready = cbx_engine_is_ready(box);
	if (alive)
		*alive = moving;
	return cbx_text_take(&out, text, NULL);
}

int chatterbox_get_metrics(struct chatterbox *box, bool openmetrics, char **text)
{
	struct cbx_text out = { 0 };

	cbx_metrics_process(&out, openmetrics);
	cbx_metrics_render(box->counters.registry, openmetrics, &out);
	return cbx_text_take(&out, text, NULL);
}

int chatterbox_migrate(struct chatterbox *box, int *applied, struct chatterbox_error *error)
{
	struct cbx_request_worker *worker = &box->worker;
	int count = 0;
	int result;

	pthread_mutex_lock(&worker->lock);
	result = cbx_link_ensure(&worker->link);
	if (result >= 0)
		result = worker->sql->ops->migrate(worker->sql, &count);
	if (!result)
		result = worker->sql->ops->check_schema(worker->sql);
	if (result < 0)
		cbx_fail(error, result,
			 result == -ENOMEM ? CHATTERBOX_SERVER_NONE : CHATTERBOX_SERVER_SQL, "%s",
			 worker->sql->error);
	pthread_mutex_unlock(&worker->lock);
	if (result < 0)
		return result;
	if (applied)
		*applied = count;
	return 0;
}
