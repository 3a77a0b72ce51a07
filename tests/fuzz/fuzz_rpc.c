// SPDX-License-Identifier: MIT
/*
 * fuzz_rpc.c - requests over AMQP, and the parameters of every call, carried out in the poller's
 * world
 *
 * The first byte picks: a message of APP.request, bare (with a method's name in `type`) or
 * JSON-RPC; or one of the methods, its parameters being the rest. Each request has exactly one
 * answer, which is JSON, carries the request's id, and has a result or one of the contract's
 * errors.
 */
#include "fuzz.h"

#include "adapter/sqlite/sqlite.h"
#include "common/utf8.h"
#include "controller/orders.h"
#include "listen/listen.h"
#include "road/command.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define RENEW 200 /* runs in one world: what they leave there must not slow the search down */

static const char *const methods[] = {
	"nl-ocd.content.job.status",
	"nl-ocd.content.job.statusAll",
	"nl-ocd.content.job.find",
	"nl-ocd.content.job.pause",
	"nl-ocd.content.job.resume",
	"nl-ocd.content.job.kill",
	"nl-ocd.content.job.pauseAll",
	"nl-ocd.content.job.resumeAll",
	"nl-ocd.content.job.cleanUpErrored",
	"nl-ocd.server.errors.get",
	"nl-ocd.server.errors.remove",
	"nl-ocd.chatterbox.pause",
	"nl-ocd.chatterbox.interval",
	"chatterbox.delete_entry",
	"chatterbox.errors.report",
	"chatterbox.errors.store",
	"chatterbox.syncing.add",
	"chatterbox.syncing.remove",
	"chatterbox.syncing.has",
	"chatterbox.internal_systems.put",
	"chatterbox.internal_systems.remove",
	"chatterbox.update_server_configuration",
	"chatterbox.jobs",
	"chatterbox.job",
	"chatterbox.systems",
	"chatterbox.system",
	"chatterbox.online_systems.online",
};

static struct cbx_request_worker worker;
static struct cbx_calls calls;
static struct cbx_settings_place place;
static unsigned acknowledged; /* requests, on receipt */

static int acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok)
{
	(void)bus;
	FUZZ_CHECK(tag == 1 && !multiple && ok);
	acknowledged++;
	return 0;
}

static const struct cbx_bus_ops ops = { .acknowledge = acknowledge };
static struct cbx_bus bus = { .ops = &ops };
static struct cbx_listener listener = { .calls = &calls, .connection = 1, .bus = &bus };
static unsigned runs;
static unsigned finished;

static void make_world(void)
{
	world_set_up();
	fuzz_world_controllers();
	world_insert("ABC1", "17 Running 42% t=Music", "ocd", 3);
	world_insert("ABC1", "18 Paused", "user", 1);
	world_insert("ABC1", "19 Errored", "user", 2);
	world_insert("XYZ", "1 Queued", "user", 1);
	world_lead();
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	cbx_settings_place_init(&place);
	cbx_settings_put(&place, cbx_settings_ref(world.settings));
	worker = (struct cbx_request_worker){
		.slot = &world.slot, .clock = road->clock, .settings = &place, .calls = &calls
	};
	pthread_mutex_init(&worker.lock, NULL);
	ck_assert_int_eq(cbx_mailbox_new(16, &worker.inbox), 0);
	ck_assert_int_eq(cbx_mailbox_new(16, &listener.inbox), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &worker.sql), 0);
	world_link(&worker.link, WORLD_SQL, worker.sql);
	listener.clock = road->clock;
	listener.log = &world.log;
	listener.settings = world.settings;
	calls = (struct cbx_calls){ .methods = cbx_methods,
				    .worker = worker.inbox,
				    .poller = road->inbox,
				    .leadership = &world.leadership };
}

static void end_world(void)
{
	cbx_request_worker_close(&worker);
	cbx_settings_place_close(&place);
	cbx_sql_free(worker.sql);
	cbx_mailbox_free(worker.inbox, NULL);
	cbx_mailbox_free(listener.inbox, NULL);
	pthread_mutex_destroy(&worker.lock);
	world_tear_down();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_world();
	return 0;
}

static void check_error(const json_t *error)
{
	static const int codes[] = { -32700, -32600, -32601, -32602, -32603,
				     -32001, -32002, -32003, -32004 };
	json_int_t code = json_integer_value(json_object_get(error, "code"));
	size_t i;

	for (i = 0; i < CBX_COUNT(codes) && codes[i] != code; i++)
		;
	FUZZ_CHECK(i < CBX_COUNT(codes));
	FUZZ_CHECK(*json_string_value(json_object_get(error, "message")));
}

/* A bare answer is the result itself, or an object with the error */
static void check_answer(const struct cbx_response *response, const json_t *request, bool bare)
{
	json_t *answer = fuzz_json(response->body, response->len);
	const json_t *error = json_object_get(answer, "error");
	const json_t *id = json_object_get(request, "id");

	FUZZ_CHECK(json_is_object(answer) && !strcmp(response->reply_to, "there"));
	FUZZ_CHECK(!strcmp(response->correlation_id, "7"));
	if (error)
		check_error(error);
	if (!bare) {
		FUZZ_CHECK(!error == !!json_object_get(answer, "result"));
		FUZZ_CHECK(!strcmp(json_string_value(json_object_get(answer, "jsonrpc")), "2.0"));
		FUZZ_CHECK(json_is_string(id) || json_is_number(id)
				   ? json_equal(json_object_get(answer, "id"), id)
				   : json_is_null(json_object_get(answer, "id")));
	}
	json_decref(answer);
}

/* What the desk's thread and the poller's do, until all is answered */
static void carry_out(struct cbx_call *call)
{
	if (call->method->worker)
		call->method->worker(&worker, call);
	else
		call->method->poller(&world.poller, call);
	ck_assert_int_ge(cbx_road_commit(road), 0);
	/* nl-hdms is silent here */
	cbx_command_end(road, CHATTERBOX_E_TIMEOUT);
}

static void try_message(struct fuzz_input *in, const char *type)
{
	const struct cbx_bus_event event = {
		.type = CBX_BUS_DELIVERY,
		.tag = 1,
		.message = { .reply_to = "there",
			     .correlation_id = "7",
			     .type = type,
			     .body = in->at,
			     .body_len = in->left },
	};
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *answer = NULL;
	json_t *request = json_loadb(in->at, in->left, JSON_REJECT_DUPLICATES, NULL);
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *order = NULL;
	struct cbx_call *call;

	acknowledged = 0;
	FUZZ_CHECK(!cbx_listener_serve(&listener, &event));
	call = cbx_mailbox_take(worker.inbox);
	order = cbx_mailbox_take(road->inbox);
	FUZZ_CHECK(!call || !order);
	if (order)
		call = order->call;
	if (call)
		carry_out(call);
	answer = cbx_mailbox_take(listener.inbox);
	FUZZ_CHECK(answer && answer->type == CBX_IN_ANSWER && answer->ok && answer->tag == 1);
	FUZZ_CHECK(answer->acknowledged == (order != NULL));
	FUZZ_CHECK(acknowledged == answer->acknowledged);
	FUZZ_CHECK(!listener.unanswered && !cbx_mailbox_count(listener.inbox));
	FUZZ_CHECK(!cbx_mailbox_count(worker.inbox) && !cbx_mailbox_count(road->inbox));
	check_answer(&answer->response, request,
		     json_is_object(request) && !json_object_get(request, "jsonrpc"));
	json_decref(request);
}

static void finish(struct cbx_call *call)
{
	finished++;
	FUZZ_CHECK(!call->code == !!call->result && (!call->code || *call->message));
	FUZZ_CHECK(cbx_utf8_valid(call->message, strlen(call->message)));
	if (call->result)
		json_decref(fuzz_json(call->result, strlen(call->result)));
	cbx_call_free(call);
}

static void try_method(const char *name, const struct fuzz_input *in)
{
	json_t *params = json_loadb(in->at, in->left, JSON_REJECT_DUPLICATES, NULL);
	struct cbx_call *call = NULL;

	if (!json_is_object(params)) {
		json_decref(params);
		return;
	}
	finished = 0;
	FUZZ_CHECK(!cbx_call_new(cbx_method_find(cbx_methods, name), params, finish, NULL, &call));
	FUZZ_CHECK(call->method);
	carry_out(call);
	FUZZ_CHECK(finished == 1);
	/* what it told the poller without waiting */
	cbx_inbound_free(cbx_mailbox_take(road->inbox));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	unsigned pick = fuzz_pick(&in, 2 * CBX_COUNT(methods) + 1);

	if (++runs % RENEW == 0) {
		end_world();
		make_world();
	}
	if (pick < CBX_COUNT(methods))
		try_method(methods[pick], &in);
	else if (pick < 2 * CBX_COUNT(methods))
		try_message(&in, methods[pick - CBX_COUNT(methods)]);
	else
		try_message(&in, NULL);
	return 0;
}
