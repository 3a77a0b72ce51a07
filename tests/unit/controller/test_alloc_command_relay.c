// SPDX-License-Identifier: MIT
/*
 * test_alloc_command_relay.c - memory runs out while a command goes out or its answer comes
 *
 * Each command ends once, as it was carried out or with an error, and leaves nothing behind; when
 * it is given again it comes through. A message that nobody waits for is left where it is until it
 * is out.
 */
#include "alloc_faults.h"
#include "command_relay_world.h"

#include <errno.h>
#include <string.h>

#define PAUSE "nl-ocd.content.job.pause"
/* The name of its second member lies where jansson needs more memory to write it */
#define JOB "{\"system\":\"A\",\"job_id\":17}"

/* One that nobody waits for */
static struct cbx_inbound *inbound;

static void *set_up_rpc(void)
{
	relay_set_up();
	relay_serve();
	return NULL;
}

static void *set_up_event(void)
{
	relay_set_up();
	relay_listen("#");
	return NULL;
}

static void tear_down(void *fixture)
{
	(void)fixture;
	relay_tear_down();
}

/* What an error may be called, and then the observer's loop makes a lost connection anew */
static int take_outcome(void)
{
	static const char *const weather[] = {
		"-32603 out of memory",
		"-32603 the leader's answer can't be understood",
		"-32003 the request could not be sent to RabbitMQ",
		"-32003 lost",
	};
	size_t i;

	if (!strcmp(relay_outcome, "0 {\"ok\":true}"))
		return 0;
	for (i = 0; i < CBX_COUNT(weather); i++)
		if (!strcmp(relay_outcome, weather[i]))
			break;
	ck_assert_msg(i < CBX_COUNT(weather), "%s", relay_outcome);
	return -ENOMEM;
}

static int outcome(void)
{
	int result;

	alloc_faults_pause(); /* of the assertion's own memory */
	result = take_outcome();
	alloc_faults_resume();
	return result;
}

static void nothing_is_left(void *fixture)
{
	(void)fixture;
	ck_assert_ptr_null(relay->under_way);
	relay_connect();
}

/* As relay_turn(), of a poller that may lack memory: then its connection is lost */
static void turn(void)
{
	struct cbx_bus_event event = { 0 };
	int result;

	do {
		cbx_bus_event_clear(&event);
		result = relay_road.bus->ops->take(relay_road.bus, -1, cbx_now(relay_road.clock),
						   &event);
		if (!result && event.type != CBX_BUS_NOTHING)
			cbx_command_relay_receive(relay, &event);
	} while (!result && event.type != CBX_BUS_NOTHING);
	cbx_bus_event_clear(&event);
	if (result < 0) {
		cbx_link_lost(&relay_road.bus_link, result);
		cbx_command_relay_lost(relay, "lost");
	}
	cbx_command_relay_turn(relay);
}

/* Whatever goes out is whole */
static void check_request(const struct cbx_bus_message *message)
{
	json_t *request = json_loadb(message->body, message->body_len, 0, NULL);
	json_t *expected = json_loads(JOB, 0, NULL);

	ck_assert_msg(json_equal(json_object_get(request, "params"), expected), "%.*s",
		      (int)message->body_len, (const char *)message->body);
	json_decref(request);
	json_decref(expected);
}

/* The leader takes what has come, if it has, and answers it */
static bool answer(void)
{
	struct cbx_bus_event event = { 0 };
	bool came;

	ck_assert_int_eq(relay_peer->ops->take(relay_peer, -1, 0, &event), 0);
	came = event.type == CBX_BUS_DELIVERY;
	if (came && !inbound)
		check_request(&event.message);
	if (came && event.message.reply_to)
		relay_reply(event.message.reply_to, event.message.correlation_id,
			    "{\"jsonrpc\":\"2.0\",\"result\":{\"ok\":true}}");
	cbx_bus_event_clear(&event);
	return came;
}

static struct cbx_call *new_call(const char *method, const char *params)
{
	struct cbx_call *call;

	alloc_faults_pause();
	call = relay_call(method, params);
	alloc_faults_resume();
	return call;
}

static int ask(void *fixture)
{
	(void)fixture;
	cbx_command_relay_rpc(relay, new_call(PAUSE, JOB));
	alloc_faults_pause();
	if (!relay_outcome[0])
		ck_assert(answer());
	alloc_faults_resume();
	turn();
	return outcome();
}

static void it_was_told(void *fixture)
{
	bool told = false;

	(void)fixture;
	while (answer())
		told = true;
	ck_assert(told);
}

static const struct alloc_case commands[] = {
	{ "a request", set_up_rpc, ask, nothing_is_left, NULL, tear_down, NULL },
};

START_TEST(a_command_ends_once)
{
	ck_assert_uint_gt(alloc_faults_sweep(&commands[_i]), 5);
}
END_TEST

/* --- messages that nobody waits for --- */

static void *set_up_command(void)
{
	static const char key[] = "a.system_online";
	static const char body[] = "[\"ABC1\",\"ABC2\"]";
	struct cbx_decode_limits limits = { 1000, 10 };

	set_up_event();
	ck_assert_int_eq(cbx_inbound_decode(key, body, strlen(body), &limits, &inbound), 0);
	return NULL;
}

static int say(void *fixture)
{
	(void)fixture;
	return cbx_follower_inbound(&world.poller, inbound) ? 0 : -ENOMEM;
}

/* The poller makes the connection anew, and what was under way on the old one is over */
static void it_is_left(void *fixture)
{
	ck_assert(!relay_road.bus_link.up);
	cbx_command_relay_lost(relay, "lost");
	nothing_is_left(fixture);
}

static void it_was_said(void *fixture)
{
	turn();
	it_was_told(fixture);
}

static const struct alloc_case words[] = {
	{ "who is online", set_up_command, say, it_is_left, it_was_said, tear_down, NULL },
};

START_TEST(a_request_is_left_until_it_is_sent)
{
	ck_assert_uint_gt(alloc_faults_sweep(&words[_i]), 3);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_command_relay");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_command_ends_once, 0, (int)CBX_COUNT(commands));
	tcase_add_loop_test(tcase, a_request_is_left_until_it_is_sent, 0, (int)CBX_COUNT(words));
	suite_add_tcase(suite, tcase);
}
