// SPDX-License-Identifier: MIT
/* Events in the host's own loop (chatterbox_get_fd, chatterbox_dispatch): those of every job in
 * order, each once, and the periodic ones when they are asked for. */
#include "engine_kit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct heard {
	unsigned ready, statuses, figures, firsts, lost;
	bool out_of_order;
	bool early;   /* an event came before on_ready */
	char job[96]; /* the job that is followed: the first one heard of */
	long long revision;
};

/* "<system>/<job_id>/<revision>" of the followed job: one more each time */
static void follow(struct heard *heard, const struct chatterbox_event *event)
{
	const char *slash = strrchr(event->id, '/');
	size_t len = (size_t)(slash - event->id);
	long long revision = atoll(slash + 1);

	heard->firsts += revision == 1;
	if ((revision == 1) != (event->previous_status == NULL))
		heard->out_of_order = true;
	if (!heard->job[0])
		snprintf(heard->job, sizeof(heard->job), "%.*s", (int)len, event->id);
	if (strncmp(heard->job, event->id, len) || heard->job[len])
		return;
	heard->out_of_order = heard->out_of_order || revision != heard->revision + 1;
	heard->revision = revision;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct heard *heard = user;

	heard->early = heard->early || !heard->ready;
	if (event->type == CHATTERBOX_EVENT_UPDATE_JOB_STATUS)
		follow(heard, event);
	else if (event->type == CHATTERBOX_EVENT_JOB_STATUS)
		heard->statuses += event->params[0] == '[';
	else if (event->type == CHATTERBOX_EVENT_JOBS_DATA)
		heard->figures += strstr(event->params, "\"activte_jobs\":") != NULL;
}

static void on_ready(void *user)
{
	((struct heard *)user)->ready++;
}

static void on_lost(void *user, uint64_t count)
{
	((struct heard *)user)->lost += (unsigned)count;
}

/* Dispatches until @done, at most a minute */
static void run_until(struct chatterbox *box, struct heard *heard,
		      bool (*done)(struct heard *heard))
{
	unsigned turns;

	for (turns = 0; turns < 600 && !done(heard); turns++) {
		struct pollfd p = { .fd = chatterbox_get_fd(box), .events = POLLIN };

		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	ck_assert(done(heard));
}

static bool is_told_enough(struct heard *heard)
{
	return heard->ready && heard->firsts > 2 && heard->revision > 1;
}

static bool has_figures(struct heard *heard)
{
	return heard->statuses && heard->figures;
}

START_TEST(events_come_in_order_in_the_hosts_thread)
{
	struct heard heard = { 0 };
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = &heard,
						      .on_ready = on_ready,
						      .on_event = on_event,
						      .on_lost = on_lost };
	struct engine_home home;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	ck_assert_int_eq(chatterbox_start(box, &observer, NULL), 0);
	ck_assert_int_eq(chatterbox_fleet_start(box, 40, 3), 0);
	run_until(box, &heard, is_told_enough);
	ck_assert_int_eq(chatterbox_send_status(box, NULL, NULL, NULL), 0);
	run_until(box, &heard, has_figures);
	ck_assert(!heard.out_of_order);
	ck_assert(!heard.early);
	ck_assert_uint_eq(heard.lost, 0);
	ck_assert_uint_eq(heard.ready, 1);
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

UNIT_TESTS(events_come_in_order_in_the_hosts_thread, answers_come_in_the_hosts_thread,
	   the_last_reference_delivers_what_is_left, an_observer_of_another_version_is_refused)
