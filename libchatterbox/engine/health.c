// SPDX-License-Identifier: MIT
/* engine/health.c - liveness, readiness, metrics and migrations for hosts */
#include "engine/internal.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>

/* A thread that has not turned for so long is stuck (contract 6.2) */
#define STUCK (60 * CBX_SECOND)

static uint64_t stuck_seconds(const struct chatterbox *box, uint64_t last_turn)
{
	uint64_t now = cbx_now(box->clock);

	if (!box->started || box->stopped || !last_turn || now < last_turn ||
	    now - last_turn < STUCK)
		return 0;
	return (now - last_turn) / CBX_SECOND;
}

static bool is_moving(const struct chatterbox *box, uint64_t last_turn, const char *name,
		      struct cbx_text *out)
{
	uint64_t seconds = stuck_seconds(box, last_turn);

	if (seconds)
		cbx_text_printf(out, "thread %s: stuck for %llu s\n", name,
				(unsigned long long)seconds);
	return !seconds;
}

/* Nobody asks or records if the poller does not move, and nobody is told without the others */
static bool is_stuck(const struct chatterbox *box, char why[192])
{
	const struct {
		const char *name;
		uint64_t last_turn;
	} threads[] = { { "poller", box->poller.last_turn },
			{ "teller", box->teller.last_turn },
			{ "listener", box->listener.last_turn } };
	size_t i;

	for (i = 0; i < CBX_COUNT(threads); i++) {
		uint64_t seconds = stuck_seconds(box, threads[i].last_turn);

		if (!seconds)
			continue;
		snprintf(why, 192, "its thread %s is stuck for %llu s", threads[i].name,
			 (unsigned long long)seconds);
		return true;
	}
	return false;
}

bool cbx_engine_is_hindered(void *user, uint64_t since, char why[192])
{
	struct chatterbox *box = user;
	const struct cbx_road *road = &box->poller.road;
	int64_t epoch = cbx_leadership_epoch(&box->leadership);
	uint64_t advanced = road->load_advanced_at;
	uint64_t now = cbx_now(box->clock);

	if (is_stuck(box, why))
		return true;
	if (advanced < since)
		advanced = since;
	if (!epoch || road->loaded_epoch == epoch || now < advanced || now - advanced < STUCK)
		return false;
	snprintf(why, 192, "it could load nothing more of status_monitor for %llu s",
		 (unsigned long long)((now - advanced) / CBX_SECOND));
	return true;
}

static void print_leader(const struct chatterbox *box, struct cbx_text *out)
{
	unsigned strangers = box->listener.strangers;

	cbx_text_printf(out, "leader: this instance; queues: %s",
			box->listener.bound ? "bound" : "NOT BOUND");
	if (strangers)
		cbx_text_printf(out, ", but %u consumers of others take a part of our messages",
				strangers);
	cbx_text_puts(out, "\n");
}

/* A chatterbox with another database leads on our Redis */
static void print_twin(struct chatterbox *box, struct cbx_text *out)
{
	char twin[CBX_DATABASE_ID];
	char ours[CBX_DATABASE_ID];
	unsigned seconds = cbx_leadership_twin(&box->leadership, twin);

	if (!seconds)
		return;
	cbx_leadership_database(&box->leadership, ours);
	cbx_text_printf(out,
			"twin: %s:state in Redis (%s) is that of database %s, ours (%s) is %s: "
			"another chatterbox uses the same Redis and app_name; change "
			"chatterbox.app_name or redis.db of one, or sequelize.database; its mark "
			"lasts %u s more\n",
			box->leadership.name, box->lease_keeper.redis, twin,
			box->lease_keeper.sql->where, ours, seconds);
}

int chatterbox_get_health(struct chatterbox *box, bool *ready, bool *alive, char **text)
{
	struct cbx_text out = { 0 };
	char leader[CBX_HOLDER_TEXT];
	char why[192];
	unsigned rests = cbx_leadership_rests(&box->leadership, why);
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
		print_leader(box, &out);
	else {
		cbx_leadership_leader(&box->leadership, leader);
		cbx_text_printf(&out, "leader: %s\n", leader[0] ? leader : "nobody known");
	}
	if (rests)
		cbx_text_printf(&out, "lease: GIVEN UP: %s; tried again in %u s\n", why, rests);
	print_twin(box, &out);
	if (ready)
		*ready = cbx_engine_is_ready(box);
	if (alive)
		*alive = moving;
	return cbx_text_take(&out, text, NULL);
}

/* These change with time alone, so they are counted when somebody asks, not on the road */
static void count_figures(struct chatterbox *box)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);
	cbx_auto(cbx_moment_close) struct cbx_moment moment;
	struct cbx_figure_counts counts;

	cbx_request_worker_moment(&box->worker, snapshot, &moment);
	if (!moment.stale_after) {
		cbx_metric_clear(box->counters.stalled_jobs);
		cbx_metric_clear(box->counters.stale_jobs);
		return;
	}
	cbx_job_figures_count(snapshot, &moment, &counts);
	cbx_metric_set(box->counters.stalled_jobs, "ocd", NULL, (double)counts.stalled_ocd);
	cbx_metric_set(box->counters.stalled_jobs, "user", NULL,
		       (double)(counts.stalled - counts.stalled_ocd));
	cbx_metric_set(box->counters.stale_jobs, NULL, NULL, (double)counts.stale);
}

int chatterbox_get_metrics(struct chatterbox *box, bool openmetrics, char **text)
{
	struct cbx_text out = { 0 };

	count_figures(box);
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
