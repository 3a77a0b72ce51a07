// SPDX-License-Identifier: MIT
/* Events in the host's own loop (chatterbox_get_fd, chatterbox_dispatch): those of every job in
 * order, each once, and the periodic ones when they are asked for. */
#include "engine/internal.h"
#include "engine_kit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define JOBS 512

struct followed {
	char job[96];
	long long revision;
};

struct pending {
	unsigned ready, statuses, figures, firsts, changes, lost;
	bool out_of_order;
	bool early; /* an event came before on_ready */
	struct followed jobs[JOBS];
};

/* The entry of "<system>/<job_id>", a free one if it is new */
static struct followed *entry_of(struct pending *pending, const char *id, size_t len)
{
	struct followed *entry = pending->jobs;

	while (entry->job[0] && (strncmp(entry->job, id, len) || entry->job[len]))
		ck_assert(++entry < pending->jobs + JOBS);
	if (!entry->job[0])
		snprintf(entry->job, sizeof(entry->job), "%.*s", (int)len, id);
	return entry;
}

/* "<system>/<job_id>/<revision>": one more each time */
static void follow(struct pending *pending, const struct chatterbox_event *event)
{
	const char *slash = strrchr(event->id, '/');
	struct followed *entry = entry_of(pending, event->id, (size_t)(slash - event->id));
	long long revision = atoll(slash + 1);

	pending->firsts += revision == 1;
	pending->changes += revision > 1;
	if ((revision == 1) != (event->previous_status == NULL) || revision != entry->revision + 1)
		pending->out_of_order = true;
	entry->revision = revision;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct pending *pending = user;

	pending->early = pending->early || !pending->ready;
	if (event->type == CHATTERBOX_EVENT_UPDATE_JOB_STATUS)
		follow(pending, event);
	else if (event->type == CHATTERBOX_EVENT_JOB_STATUS)
		pending->statuses += event->params[0] == '[';
	else if (event->type == CHATTERBOX_EVENT_JOBS_DATA)
		pending->figures += strstr(event->params, "\"activte_jobs\":") != NULL;
}

static void on_ready(void *user)
{
	((struct pending *)user)->ready++;
}

static void on_lost(void *user, uint64_t count)
{
	((struct pending *)user)->lost += (unsigned)count;
}

/* Dispatches until @done, at most a minute: however many events come meanwhile */
static void run_until(struct chatterbox *box, struct pending *pending,
		      bool (*done)(struct pending *pending))
{
	time_t until = time(NULL) + 60;

	while (time(NULL) < until && !done(pending)) {
		struct pollfd p = { .fd = chatterbox_get_fd(box), .events = POLLIN };

		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	ck_assert(done(pending));
}

static bool is_told_enough(struct pending *pending)
{
	return pending->ready && pending->firsts > 2 && pending->changes;
}

static bool has_figures(struct pending *pending)
{
	return pending->statuses && pending->figures;
}

START_TEST(events_come_in_order_in_the_hosts_thread)
{
	struct pending pending = { 0 };
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = &pending,
						      .on_ready = on_ready,
						      .on_event = on_event,
						      .on_lost = on_lost };
	const struct cbx_demo_options options = { .systems = 40, .seed = 3 };
	struct cbx_demo *demo = NULL;
	struct engine_home home;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	ck_assert_int_eq(chatterbox_start(box, &observer, NULL), 0);
	ck_assert_int_eq(cbx_demo_start(box, &options, &demo), 0);
	run_until(box, &pending, is_told_enough);
	ck_assert_int_eq(chatterbox_send_status(box, NULL, NULL, NULL), 0);
	run_until(box, &pending, has_figures);
	ck_assert(!pending.out_of_order);
	ck_assert(!pending.early);
	ck_assert_uint_eq(pending.lost, 0);
	ck_assert_uint_eq(pending.ready, 1);
	chatterbox_stop(box);
	cbx_demo_stopp(&demo);
	chatterbox_unref(box);
	engine_home_close(&home);
}
END_TEST

/* What a host is told, and after how many events it learns of a loss */
struct portions {
	unsigned ready, events, lost, lost_after;
};

static void note_ready(void *user)
{
	((struct portions *)user)->ready++;
}

static void note_event(void *user, const struct chatterbox_event *event)
{
	((struct portions *)user)->events += event->type == CHATTERBOX_EVENT_STATUS;
}

static void note_lost(void *user, uint64_t count)
{
	struct portions *portions = user;

	portions->lost += (unsigned)count;
	portions->lost_after = portions->events;
}

/* As the poller's thread would, after a commit */
static void queue_events(struct chatterbox *box, size_t count)
{
	struct cbx_event event = { .name = "status", .payload = (char[]){ "{}" } };
	const struct cbx_batch batch = { .events = &event, .event_count = 1 };

	while (count--)
		cbx_engine_tell_batch(box, &batch);
}

/* Nobody's loop stands still for a queue that is full; what is lost is told where it was lost */
START_TEST(a_full_queue_comes_in_portions)
{
	struct portions portions = { 0 };
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = &portions,
						      .on_ready = note_ready,
						      .on_event = note_event,
						      .on_lost = note_lost };
	struct engine_home home;
	struct chatterbox *box;
	struct pollfd p;
	unsigned turns;

	engine_home_open(&home);
	box = engine_make(&home);
	p = (struct pollfd){ .fd = chatterbox_get_fd(box), .events = POLLIN };
	ck_assert_int_eq(chatterbox_start(box, &observer, NULL), 0);
	for (turns = 0; turns < 600 && !portions.ready; turns++) {
		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	chatterbox_stop(box);
	while (chatterbox_dispatch(box))
		;
	queue_events(box, 20000);
	for (turns = 0; !portions.lost; turns++) {
		ck_assert_int_eq(poll(&p, 1, 0), 1);
		ck_assert_int_le(chatterbox_dispatch(box), 256 + 1);
		/* what comes meanwhile is not put before the loss */
		if (!portions.lost)
			queue_events(box, 1);
	}
	ck_assert_uint_eq(turns, 16384 / 256);
	ck_assert_uint_eq(portions.lost, 20000 - 16384);
	ck_assert_uint_eq(portions.lost_after, 16384);
	/* and none is forgotten that came between two portions */
	while (poll(&p, 1, 0) == 1)
		chatterbox_dispatch(box);
	ck_assert_uint_eq(portions.events, 16384 + turns - 1);
	chatterbox_unref(box);
	engine_home_close(&home);
}
END_TEST

/* Answers of calls, in the order they came */
struct answers {
	pthread_t thread; /* the host's */
	unsigned count;
	int results[8];
	char text[CHATTERBOX_ERROR_TEXT]; /* of the last one that failed */
	char json[256];                   /* of the last one that did not */
};

static void take_answer(void *user, const struct chatterbox_answer *answer)
{
	struct answers *answers = user;

	ck_assert(pthread_equal(answers->thread, pthread_self()));
	ck_assert((answer->result < 0) == (answer->error != NULL));
	ck_assert((answer->result < 0) == (answer->json == NULL));
	if (answer->error)
		ck_assert_int_eq(answer->error->code, answer->result);
	snprintf(answers->text, sizeof(answers->text), "%s",
		 answer->error ? answer->error->text : "");
	snprintf(answers->json, sizeof(answers->json), "%s", answer->json ? answer->json : "");
	answers->results[answers->count++ % 8] = answer->result;
}

static void dispatch_until(struct chatterbox *box, const struct answers *answers, unsigned count)
{
	struct pollfd p = { .fd = chatterbox_get_fd(box), .events = POLLIN };
	unsigned turns;

	for (turns = 0; turns < 600 && answers->count < count; turns++) {
		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	ck_assert_uint_eq(answers->count, count);
}

static bool leads(struct engine_host *host)
{
	return chatterbox_get_role(host->box) == CHATTERBOX_ROLE_LEADER;
}

START_TEST(answers_come_in_the_hosts_thread)
{
	struct answers answers = { .thread = pthread_self() };
	struct engine_home home;
	struct engine_host host;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	engine_begin(&host, box, 0, 0);
	engine_wait(&host, engine_is_told_ready);
	engine_wait(&host, leads);
	ck_assert_int_eq(chatterbox_set_interval(box, 60, take_answer, &answers, NULL), 0);
	ck_assert_int_eq(chatterbox_set_interval(box, 0, take_answer, &answers, NULL), 0);
	ck_assert_int_eq(chatterbox_pause_jobs(box, NULL, take_answer, &answers, NULL), 0);
	/* they are carried out by now or not, but none is told but by a dispatch */
	ck_assert_double_ge(chatterbox_get_interval(box, NULL), 1);
	ck_assert_uint_eq(answers.count, 0);
	dispatch_until(box, &answers, 3);
	ck_assert_int_eq(answers.results[0], 0);
	ck_assert_int_eq(answers.results[1], -EINVAL);
	ck_assert_int_eq(answers.results[2], 0);
	ck_assert_str_eq(answers.json, "{\"jobs\":0}");
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_JOB,
					  "{\"system\":\"ABC1\",\"job_id\":\"7\"}", take_answer,
					  &answers, NULL, NULL),
			 0);
	dispatch_until(box, &answers, 4);
	ck_assert_int_eq(answers.results[3], CHATTERBOX_E_UNKNOWN);
	ck_assert_str_eq(answers.text, "no job 7 of system ABC1 is known");
	/* what is refused at once has no answer */
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_JOB, "7", take_answer, &answers,
					  NULL, NULL),
			 -EINVAL);
	chatterbox_unref(box);
	ck_assert_uint_eq(answers.count, 4);
	engine_home_close(&home);
}
END_TEST

/* Whoever stops dispatching hears of his calls all the same: so what they hold is given back */
START_TEST(the_last_reference_delivers_what_is_left)
{
	struct answers answers = { .thread = pthread_self() };
	struct engine_home home;
	struct engine_host host;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	engine_begin(&host, box, 0, 0);
	engine_wait(&host, engine_is_told_ready);
	ck_assert_int_eq(chatterbox_set_interval(box, 60, take_answer, &answers, NULL), 0);
	ck_assert_int_eq(chatterbox_send_status(box, take_answer, &answers, NULL), 0);
	chatterbox_stop(box);
	ck_assert_int_eq(chatterbox_send_status(box, take_answer, &answers, NULL),
			 CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(answers.count, 0);
	chatterbox_unref(box);
	ck_assert_uint_eq(answers.count, 2);
	engine_home_close(&home);
}
END_TEST

/* A host that was built for a later library */
START_TEST(an_observer_of_another_version_is_refused)
{
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION + 1 };
	struct chatterbox_error error;
	struct engine_home home;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	ck_assert_int_eq(chatterbox_start(box, &observer, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "struct chatterbox_observer"));
	/* it can still be started as it should be */
	ck_assert_int_eq(chatterbox_start(box, NULL, &error), 0);
	chatterbox_unref(box);
	engine_home_close(&home);
}
END_TEST

UNIT_TESTS(events_come_in_order_in_the_hosts_thread, a_full_queue_comes_in_portions,
	   answers_come_in_the_hosts_thread, the_last_reference_delivers_what_is_left,
	   an_observer_of_another_version_is_refused)
