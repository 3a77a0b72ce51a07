// SPDX-License-Identifier: MIT
/* peer.c - the class Peer: JavaScript as the other end of an engine's embedded bus */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const napi_type_tag peer_tag = { 0x6368617474657262, 0x6f78207065657221 };

struct addon_peer {
	struct addon_peer *next;      /* of the same engine */
	struct chatterbox_peer *peer; /* NULL: its engine is closed */
	struct addon_watch *watch;
	napi_ref on_message;
	napi_ref self; /* so long as it is connected */
	napi_env env;
};

static void set_text(napi_env env, napi_value object, const char *name, const char *text)
{
	if (text)
		addon_set(env, object, name, addon_string(env, text));
}

static napi_value describe(napi_env env, const struct chatterbox_message *message)
{
	napi_value object = NULL;
	napi_value body = NULL;

	napi_create_object(env, &object);
	napi_create_string_utf8(env, message->body, message->len, &body);
	set_text(env, object, "exchange", message->exchange);
	set_text(env, object, "routing_key", message->routing_key);
	addon_set(env, object, "body", body);
	set_text(env, object, "reply_to", message->reply_to);
	set_text(env, object, "correlation_id", message->correlation_id);
	set_text(env, object, "message_id", message->message_id);
	set_text(env, object, "type", message->type);
	return object;
}

static bool turn(napi_env env, void *user)
{
	struct addon_peer *peer = user;
	const struct chatterbox_message *message = NULL;
	napi_value function = NULL;

	if (napi_get_reference_value(env, peer->on_message, &function) != napi_ok || !function)
		return true;
	/* a callback may close the engine, and with it this */
	while (peer->peer && chatterbox_peer_receive(peer->peer, &message) == 1) {
		napi_handle_scope scope = NULL;
		napi_value object;

		if (napi_open_handle_scope(env, &scope) != napi_ok)
			return true;
		object = describe(env, message);
		addon_call(env, addon_undefined(env), function, 1, &object);
		napi_close_handle_scope(env, scope);
	}
	return true;
}

static void disconnect(struct addon_peer *peer)
{
	addon_watch_stop(peer->watch);
	peer->watch = NULL;
	peer->peer = chatterbox_peer_unref(peer->peer);
	if (peer->on_message)
		napi_delete_reference(peer->env, peer->on_message);
	peer->on_message = NULL;
	/* the last: it may be collected from now on */
	if (peer->self)
		napi_delete_reference(peer->env, peer->self);
	peer->self = NULL;
}

void addon_peers_close(struct addon_engine *engine)
{
	struct addon_peer *peer;

	while ((peer = engine->peers) != NULL) {
		engine->peers = peer->next;
		disconnect(peer);
	}
}

static void finalize(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	free(data);
}

static int connect_peer(struct addon_peer *peer, struct addon_engine *engine, napi_value queue,
			napi_value on_message, struct chatterbox_error *error)
{
	char *name = addon_text(peer->env, queue);
	bool listens = addon_is(peer->env, on_message, napi_function);
	int result = chatterbox_peer_new(engine->box, name, NULL, &peer->peer, error);

	free(name);
	if (!result && listens) {
		napi_create_reference(peer->env, on_message, 1, &peer->on_message);
		result = addon_watch_start(peer->env, chatterbox_peer_get_fd(peer->peer), turn,
					   peer, &peer->watch);
		error->code = result;
	}
	/* the engine's watch decides whether the process runs on */
	addon_watch_keep(peer->env, peer->watch, false);
	return result;
}

/* new Peer(engine, queue, onMessage) */
static napi_value construct(napi_env env, napi_callback_info info)
{
	struct chatterbox_error error = { 0 };
	struct addon_engine *engine = NULL;
	struct addon_peer *peer;
	napi_value given[3] = { NULL };
	napi_value this = NULL;
	bool ours = false;

	if (!addon_constructs(env, info, 3, given, &this))
		return NULL;
	if (napi_check_object_type_tag(env, given[0], &addon_engine_tag, &ours) == napi_ok && ours)
		napi_unwrap(env, given[0], (void **)&engine);
	if (!engine || !engine->box || engine->closing)
		return addon_fail(env, CHATTERBOX_E_DOWN, "the engine is not open");
	peer = calloc(1, sizeof(*peer));
	if (!peer || !addon_wrap(env, this, &peer_tag, peer, finalize)) {
		free(peer);
		return addon_fail(env, -ENOMEM, "out of memory");
	}
	peer->env = env;
	if (connect_peer(peer, engine, given[1], given[2], &error) < 0) {
		napi_value made = addon_error(env, &error);

		disconnect(peer);
		napi_throw(env, made);
		return NULL;
	}
	napi_create_reference(env, this, 1, &peer->self);
	peer->next = engine->peers;
	engine->peers = peer;
	return this;
}

/* publish({exchange, routing_key, body, ...}) */
static napi_value publish(napi_env env, napi_callback_info info)
{
	static const char *const names[] = { "exchange",       "routing_key", "body", "reply_to",
					     "correlation_id", "message_id",  "type" };
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	char *texts[NAMES] = { NULL };
	struct chatterbox_error error = { .code = CHATTERBOX_E_DOWN, .text = "it is closed" };
	napi_value given = NULL;
	struct addon_peer *peer = addon_unwrap(env, info, &peer_tag, 1, &given);
	int result = CHATTERBOX_E_DOWN;
	size_t i;

	if (!peer)
		return NULL;
	for (i = 0; i < NAMES; i++)
		texts[i] = addon_text(env, addon_get(env, given, names[i]));
	if (peer->peer) {
		const struct chatterbox_message message = {
			.version = CHATTERBOX_MESSAGE_VERSION,
			.exchange = texts[0],
			.routing_key = texts[1] ? texts[1] : "",
			.body = texts[2] ? texts[2] : "",
			.len = texts[2] ? strlen(texts[2]) : 0,
			.reply_to = texts[3],
			.correlation_id = texts[4],
			.message_id = texts[5],
			.type = texts[6],
		};

		result = chatterbox_peer_publish(peer->peer, &message, &error);
	}
	for (i = 0; i < NAMES; i++)
		free(texts[i]);
	if (result < 0)
		napi_throw(env, addon_error(env, &error));
	return NULL;
}

void addon_peer_define(napi_env env, napi_value exports)
{
	static const napi_property_descriptor members[] = { ADDON_METHOD("publish", publish) };

	addon_class(env, exports, "Peer", construct, 1, members);
}
