// SPDX-License-Identifier: MIT
/*
 * sentinel.c - finds the master by Sentinels, and notices when it becomes another one
 *
 * They are asked in turn, beginning with the one that was right last, and what one names must say
 * itself that it is the master: a Sentinel that was cut off names the old one. The link to it stays
 * and listens for +switch-master, since an old master that nobody but us reaches takes whatever we
 * write.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTINEL_TIME CBX_SECOND
#define MASTER_TIME (2 * CBX_SECOND)
#define REPLACE_TIME (500 * CBX_MS)
#define WATCH_EVERY (100 * CBX_MS)
#define ASK_AGAIN (5 * CBX_SECOND)

struct cbx_sentinels {
	char *name;
	struct cbx_state **all; /* each as if it were a Redis */
	size_t count;
	size_t next;
	struct cbx_redis *listening; /* the one that we listen to; NULL: to none */
	char host[256];              /* of the master that was named */
	int port;
	uint64_t watch_at; /* when to look for its messages */
};

void cbx_sentinels_free(struct cbx_sentinels *all)
{
	size_t i;

	for (i = 0; all && i < all->count; i++)
		cbx_state_free(all->all[i]);
	if (all) {
		free(all->all);
		free(all->name);
	}
	free(all);
}

CBX_DEFINE_CLEANUP(struct cbx_sentinels *, cbx_sentinels_free)

/* Its error becomes that of @me, which says who it was */
static int failed(struct cbx_redis *me, struct cbx_redis *sentinel, int error)
{
	const char *said = sentinel->base.error;

	snprintf(me->base.error, sizeof(me->base.error), "Sentinel %.400s",
		 strncmp(said, "redis ", 6) ? said : said + 6);
	cbx_redis_disconnect(&sentinel->base);
	return error == -ENOMEM ? error : CHATTERBOX_E_DOWN;
}

static bool is_address(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
	       reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len &&
	       reply->element[0]->len < sizeof(((struct cbx_sentinels *)0)->host) &&
	       reply->element[1]->type == REDIS_REPLY_STRING && atoi(reply->element[1]->str) > 0;
}

/* Both in one step, so that no change is missed between the two */
static int ask_and_listen(struct cbx_redis *sentinel, const char *name, redisReply **out)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *listens = NULL;
	int error;

	cbx_redis_begin(sentinel, "SENTINEL");
	cbx_redis_puts(sentinel, "get-master-addr-by-name");
	cbx_redis_puts(sentinel, name);
	error = cbx_redis_send(sentinel);
	if (error)
		return error;
	cbx_redis_begin(sentinel, "SUBSCRIBE");
	cbx_redis_puts(sentinel, "+switch-master");
	error = cbx_redis_send(sentinel);
	if (!error)
		error = cbx_redis_receive(sentinel, out);
	if (!error)
		error = cbx_redis_receive(sentinel, &listens);
	/* what is wrong with both is told of the question */
	if (error || (*out)->type == REDIS_REPLY_ERROR)
		return error;
	return cbx_redis_check(sentinel, listens, "SUBSCRIBE");
}

/* Asks one, by @deadline; all->host and all->port are then what it names, *@other: another than
 * before */
static int ask_one(struct cbx_redis *me, struct cbx_redis *sentinel, uint64_t deadline, bool *other)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	struct cbx_sentinels *all = me->sentinels;
	int error = cbx_redis_connect(&sentinel->base, deadline);

	if (!error)
		error = ask_and_listen(sentinel, all->name, &reply);
	if (error)
		return failed(me, sentinel, error);
	if (!is_address(reply)) {
		if (reply->type == REDIS_REPLY_ERROR)
			cbx_redis_say(sentinel, "%.160s: is it a Sentinel?", reply->str);
		else
			cbx_redis_say(sentinel, "it knows no master %.60s: is redis.name right?",
				      all->name);
		return failed(me, sentinel, CHATTERBOX_E_DOWN);
	}
	*other = strcmp(all->host, reply->element[0]->str) != 0 ||
		 all->port != atoi(reply->element[1]->str);
	snprintf(all->host, sizeof(all->host), "%s", reply->element[0]->str);
	all->port = atoi(reply->element[1]->str);
	return 0;
}

static int aim(struct cbx_redis *me)
{
	struct cbx_sentinels *all = me->sentinels;
	struct cbx_dial *dial = NULL;
	char text[112];
	int error = cbx_dial_new(all->host, all->port, me->clock, &dial);

	if (error)
		return error;
	cbx_dial_free(me->dial);
	me->dial = dial;
	me->port = all->port;
	cbx_dial_text(all->host, all->port, text, sizeof(text));
	snprintf(me->address, sizeof(me->address), "%.40s at %.60s", all->name, text);
	return 0;
}

static uint64_t within(const struct cbx_redis *me, uint64_t time, uint64_t deadline)
{
	uint64_t end = cbx_now(me->clock) + time;

	return end < deadline ? end : deadline;
}

/* Is what was named the master, and does it let us in? */
static int try_master(struct cbx_redis *me, uint64_t deadline)
{
	size_t replicas;
	int error = aim(me);

	if (!error)
		error = cbx_redis_try(me, within(me, MASTER_TIME, deadline));
	return error ? error : cbx_redis_role(me, &replicas);
}

/* Asks them in turn until the master that one names serves */
static int seek(struct cbx_redis *me, uint64_t deadline)
{
	struct cbx_sentinels *all = me->sentinels;
	int error = CHATTERBOX_E_DOWN;
	bool tried = false;
	size_t i;

	if (all->listening)
		cbx_redis_disconnect(&cbx_steal(all->listening)->base);
	all->watch_at = UINT64_MAX;
	for (i = 0; i < all->count && cbx_now(me->clock) < deadline; i++, all->next++) {
		struct cbx_redis *sentinel = cbx_redis_of(all->all[all->next % all->count]);
		bool other = false;
		int asked = ask_one(me, sentinel, within(me, SENTINEL_TIME, deadline), &other);

		if (asked == -ENOMEM)
			return asked;
		if (asked || (tried && !other)) {
			cbx_redis_disconnect(&sentinel->base);
			continue;
		}
		tried = true;
		error = try_master(me, deadline);
		if (!error) {
			all->listening = sentinel;
			all->watch_at = cbx_now(me->clock);
			me->behind = false;
			return 0;
		}
		cbx_redis_disconnect(&me->base);
		cbx_redis_disconnect(&sentinel->base);
		if (error == -ENOMEM || (error == CHATTERBOX_E_REFUSED && me->refusal))
			return error;
	}
	return error;
}

/* Does this message say that our master is another one? "<name> <old ip> <port> <new ip> <port>" */
static bool names_another(const struct cbx_sentinels *all, const redisReply *message)
{
	size_t len = strlen(all->name);
	const char *text;
	char is[300];

	if (message->type != REDIS_REPLY_ARRAY || message->elements != 3 ||
	    message->element[2]->type != REDIS_REPLY_STRING)
		return false;
	text = message->element[2]->str;
	if (strncmp(text, all->name, len) != 0 || text[len] != ' ')
		return false;
	len = (size_t)snprintf(is, sizeof(is), " %s %d", all->host, all->port);
	return strlen(text) < len || strcmp(text + strlen(text) - len, is) != 0;
}

/* Takes what the Sentinel has said; 1: the master is another one; CHATTERBOX_E_DOWN: it is gone */
static int take_messages(struct cbx_sentinels *all)
{
	redisContext *context = all->listening->context;
	struct pollfd waiting = { .fd = context->fd, .events = POLLIN };
	int result = 0;

	if (poll(&waiting, 1, 0) <= 0)
		return 0;
	if (redisBufferRead(context) != REDIS_OK)
		return CHATTERBOX_E_DOWN;
	for (;;) {
		cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
		void *got = NULL;

		if (redisGetReplyFromReader(context, &got) != REDIS_OK)
			return CHATTERBOX_E_DOWN;
		reply = got;
		if (!reply)
			return result;
		if (names_another(all, reply))
			result = 1;
	}
}

/* Finds another Sentinel to listen to; 1: it names another master */
static int listen_again(struct cbx_redis *me)
{
	struct cbx_sentinels *all = me->sentinels;
	struct cbx_redis *sentinel = cbx_redis_of(all->all[++all->next % all->count]);
	uint64_t deadline = within(me, REPLACE_TIME, UINT64_MAX);
	bool other = false;

	if (ask_one(me, sentinel, deadline, &other)) {
		all->watch_at = cbx_now(me->clock) + ASK_AGAIN;
		return 0;
	}
	all->listening = sentinel;
	return other;
}

/* Has the master become another one? Then the connection is given up. */
static int watch(struct cbx_redis *me)
{
	struct cbx_sentinels *all = me->sentinels;
	uint64_t now = cbx_now(me->clock);
	int news = 0;

	if (now < all->watch_at)
		return 0;
	all->watch_at = now + WATCH_EVERY;
	if (all->listening) {
		news = take_messages(all);
		if (news < 0)
			cbx_redis_disconnect(&cbx_steal(all->listening)->base);
	}
	if (!all->listening)
		news = listen_again(me);
	if (news <= 0)
		return 0;
	cbx_redis_say(me, "a Sentinel names another master now");
	cbx_redis_disconnect(&me->base);
	return CHATTERBOX_E_DOWN;
}

int cbx_sentinels_new(struct cbx_redis *me, const char *name, size_t count)
{
	cbx_auto(cbx_sentinels_freep) struct cbx_sentinels *all = calloc(1, sizeof(*all));

	if (!all || !(all->name = strdup(name)) || !(all->all = calloc(count, sizeof(*all->all))))
		return -ENOMEM;
	me->sentinels = cbx_steal(all);
	me->seek = seek;
	me->watch = watch;
	return 0;
}

void cbx_sentinels_add(struct cbx_redis *me, struct cbx_state *sentinel)
{
	struct cbx_sentinels *all = me->sentinels;

	all->all[all->count++] = sentinel;
	cbx_redis_of(sentinel)->is_sentinel = true;
}
