// SPDX-License-Identifier: MIT
/* A host in the place of nl-hdms, on the embedded bus (peer.h): it answers questions, reports, and
 * is refused what a broker refuses. */
#include "engine_kit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct engine_home home;
static struct engine_host host;
static struct chatterbox_peer *peer;
static struct chatterbox_error error;
static unsigned questions;
static const char *status = "Running"; /* of the job, in each answer */

static bool leads(struct engine_host *of)
{
	return chatterbox_get_role(of->box) == CHATTERBOX_ROLE_LEADER;
}

static void set_up(void)
{
	engine_home_open(&home);
	engine_begin(&host, engine_make(&home), 0, 0);
	engine_wait(&host, engine_is_told_ready);
	engine_wait(&host, leads);
	questions = 0;
	peer = NULL;
}

static void tear_down(void)
{
	chatterbox_peer_unref(peer);
	engine_end(&host);
	engine_home_close(&home);
}

static void answer(const struct chatterbox_message *question)
{
	bool all = strstr(question->body, "\"event\":\"job_list\"");
	char body[512];
	const struct chatterbox_message message = {
		.version = CHATTERBOX_MESSAGE_VERSION,
		.routing_key = question->reply_to,
		.correlation_id = question->correlation_id,
		.body = body,
		.len = (size_t)snprintf(
			body, sizeof(body),
			"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"%s\"},"
			"\"object\":{\"jobs\":[{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"%"
			"s\"}],"
			"\"systems\":[\"ABC1\"]}}",
			all ? "job_list" : "job_status", status),
	};

	ck_assert_ptr_nonnull(question->reply_to);
	ck_assert_str_eq(question->routing_key, "nl-hdms.request");
	ck_assert_uint_eq(question->len, strlen(question->body));
	ck_assert_int_eq(chatterbox_peer_publish(peer, &message, &error), 0);
	questions++;
}

static void answer_all(void)
{
	const struct chatterbox_message *question = NULL;
	int result;

	while ((result = chatterbox_peer_receive(peer, &question)) == 1)
		answer(question);
	ck_assert_int_eq(result, 0);
}

static bool has_status(struct engine_host *of)
{
	struct chatterbox_jobs *jobs = NULL;
	const struct chatterbox_job *job;
	bool has;

	answer_all();
	ck_assert_int_eq(chatterbox_get_jobs(of->box, " ABC1 ", &jobs), 0);
	job = chatterbox_jobs_find(jobs, "ABC1", 17);
	has = job && !strcmp(chatterbox_job_get_status(job), status);
	chatterbox_jobs_unref(jobs);
	return has;
}

START_TEST(questions_are_answered)
{
	status = "Running";
	ck_assert_int_eq(chatterbox_peer_new(host.box, "nl-hdms.request", NULL, &peer, &error), 0);
	ck_assert_int_eq(chatterbox_online_systems_set(host.box, "ABC1", true, NULL, NULL, &error),
			 0);
	engine_wait(&host, has_status);
	ck_assert_uint_gt(questions, 0);
	status = "Paused";
	engine_wait(&host, has_status);
}
END_TEST

/* Its descriptor is readable when a question comes, and not before */
START_TEST(it_is_told_of_messages)
{
	struct pollfd p = { .events = POLLIN };
	const struct chatterbox_message *question = NULL;

	ck_assert_int_eq(chatterbox_peer_new(host.box, "nl-hdms.request", NULL, &peer, &error), 0);
	p.fd = chatterbox_peer_get_fd(peer);
	ck_assert_int_eq(chatterbox_peer_receive(peer, &question), 0);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert_int_eq(chatterbox_online_systems_set(host.box, "ABC1", true, NULL, NULL, &error),
			 0);
	ck_assert_int_eq(poll(&p, 1, 30000), 1);
	ck_assert_int_eq(chatterbox_peer_receive(peer, &question), 1);
	ck_assert_ptr_nonnull(strstr(question->body, "\"ABC1\""));
}
END_TEST

/* A pushed report needs no question, and no queue of one's own */
static bool has_reported(struct engine_host *of)
{
	static const char body[] = "{\"system\":\"XYZ\",\"job_id\":5,\"status\":\"Running\"}";
	const struct chatterbox_message report = { .version = CHATTERBOX_MESSAGE_VERSION,
						   .exchange = "amq.topic",
						   .routing_key =
							   "nl-hdms.event.content.job_status",
						   .body = body,
						   .len = strlen(body) };
	struct chatterbox_jobs *jobs = NULL;
	size_t count;

	/* until the queue of the listener is bound it goes to nobody */
	ck_assert_int_eq(chatterbox_peer_publish(peer, &report, &error), 0);
	ck_assert_int_eq(chatterbox_get_jobs(of->box, "XYZ", &jobs), 0);
	count = chatterbox_jobs_count(jobs);
	chatterbox_jobs_unref(jobs);
	return count == 1;
}

START_TEST(reports_are_pushed)
{
	ck_assert_int_eq(chatterbox_peer_new(host.box, NULL, NULL, &peer, &error), 0);
	engine_wait(&host, has_reported);
}
END_TEST

START_TEST(an_exchange_leads_to_its_queue)
{
	struct chatterbox_message message = { .version = CHATTERBOX_MESSAGE_VERSION,
					      .exchange = "own",
					      .routing_key = "there",
					      .body = "{}",
					      .len = 2,
					      .message_id = "7",
					      .type = "method" };
	const struct chatterbox_message *got = NULL;

	ck_assert_int_eq(chatterbox_peer_new(host.box, "there", "own", &peer, &error), 0);
	ck_assert_int_eq(chatterbox_peer_publish(peer, &message, &error), 0);
	message.exchange = "not there yet";
	ck_assert_int_eq(chatterbox_peer_publish(peer, &message, &error), 0);
	ck_assert_int_eq(chatterbox_peer_receive(peer, &got), 1);
	ck_assert_str_eq(got->exchange, "own");
	ck_assert_str_eq(got->message_id, "7");
	ck_assert_str_eq(got->type, "method");
	ck_assert_ptr_null(got->reply_to);
	ck_assert_int_eq(chatterbox_peer_receive(peer, &got), 0);
}
END_TEST

START_TEST(what_can_not_be_is_refused)
{
	static char text[300];
	struct chatterbox_message message = { .version = CHATTERBOX_MESSAGE_VERSION + 1,
					      .routing_key = "there" };
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	ck_assert_int_eq(chatterbox_new(config, NULL, NULL, &box, &error), 0);
	ck_assert_int_eq(chatterbox_peer_new(box, "there", NULL, &peer, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "chatterbox.bus"));
	chatterbox_unref(box);
	chatterbox_config_unref(config);
	ck_assert_int_eq(chatterbox_peer_new(host.box, "amq.there", NULL, &peer, &error),
			 CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(error.server, CHATTERBOX_SERVER_RMQ);
	ck_assert_ptr_nonnull(strstr(error.text, "amq.there"));
	ck_assert_int_eq(chatterbox_peer_new(host.box, NULL, NULL, &peer, &error), 0);
	ck_assert_int_eq(chatterbox_peer_publish(peer, &message, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "version"));
	message.version = CHATTERBOX_MESSAGE_VERSION;
	memset(text, 'x', sizeof(text) - 1);
	message.routing_key = text;
	ck_assert_int_eq(chatterbox_peer_publish(peer, &message, NULL), CHATTERBOX_E_LIMIT);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, questions_are_answered, it_is_told_of_messages,
		reports_are_pushed, an_exchange_leads_to_its_queue, what_can_not_be_is_refused)
