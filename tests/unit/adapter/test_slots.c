// SPDX-License-Identifier: MIT
/* The slots of a Redis Cluster: where keys live, and what nodes say of it, well-formed or not */
#include "unit.h"

#include "adapter/redis_state/slots.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

/* As CLUSTER KEYSLOT of redis-server 7.0 has them */
static const struct {
	const char *key;
	unsigned slot;
} keys[] = {
	{ "", 0 },
	{ "123456789", 12739 },
	{ "foo", 12182 },
	{ "{foo}", 12182 },
	{ "a:{foo}:b{bar}", 12182 },
	{ "foo{}{bar}", 8363 },
	{ "foo{{bar}}zap", 4015 },
	{ "foo{bar", 15278 },
	{ "nl-ocd-chatterbox:jobs:{ABC1}", 5384 },
	{ "nl-ocd-chatterbox:rev:{ABC1}", 5384 },
	{ "nl-ocd-chatterbox:events", 10835 },
	{ "nl-ocd-chatterbox:rev:{nl-ocd-chatterbox:events}", 10835 },
};

START_TEST(a_key_has_its_slot)
{
	ck_assert_uint_eq(cbx_slot_of(keys[_i].key, strlen(keys[_i].key)), keys[_i].slot);
}
END_TEST

struct seen {
	char text[512];
};

static int note(void *user, const struct cbx_slot_range *range)
{
	struct seen *seen = user;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%u-%u %s:%d %zu\n", range->first,
		 range->last, range->host, range->port, range->replicas);
	return 0;
}

#define NODE(host, port) "*3\r\n" host ":" port "\r\n$2\r\nid\r\n"
#define HOST "$4\r\nh-01\r\n"
#define ONE(node) "*1\r\n*3\r\n:0\r\n:16383\r\n" node
#define NAMED(first, name, value) ONE("*4\r\n" first ":7\r\n$2\r\nid\r\n*2\r\n" name value)

/* @expected NULL: it is no map */
static const struct {
	const char *reply;
	bool by_name;
	const char *expected;
} maps[] = {
	{ "*0\r\n", false, "" },
	{ ONE(NODE(HOST, "7")), false, "0-16383 h-01:7 0\n" },
	{ "*2\r\n*4\r\n:0\r\n:9\r\n" NODE(HOST, "7")
		  NODE(HOST, "8") "*3\r\n:10\r\n:10\r\n" NODE("$0\r\n\r\n", "65535"),
	  false, "0-9 h-01:7 1\n10-10 :65535 0\n" },
	{ ONE(NODE("$-1\r\n", "7")), false, "0-16383 :7 0\n" },
	{ ONE(NODE("$1\r\n?\r\n", "7")), false, NULL },
	{ NAMED("$1\r\n?\r\n", "$2\r\nip\r\n", "$7\r\n1.2.3.4\r\n"), false,
	  "0-16383 1.2.3.4:7 0\n" },
	{ NAMED(HOST, "$8\r\nhostname\r\n", "$3\r\nr-1\r\n"), true, "0-16383 r-1:7 0\n" },
	{ NAMED(HOST, "$8\r\nhostname\r\n", "$3\r\nr-1\r\n"), false, "0-16383 h-01:7 0\n" },
	{ NAMED(HOST, "$8\r\nhostname\r\n", "$0\r\n\r\n"), true, "0-16383 h-01:7 0\n" },
	{ NAMED(HOST, "$8\r\nhostname\r\n", ":1\r\n"), true, "0-16383 h-01:7 0\n" },
	{ "+OK\r\n", false, NULL },
	{ "*1\r\n+OK\r\n", false, NULL },
	{ ONE("$2\r\nid\r\n"), false, NULL },
	{ ONE(NODE(HOST, "0")), false, NULL },
	{ ONE(NODE(HOST, "65536")), false, NULL },
	{ ONE(NODE(":1\r\n", "7")), false, NULL },
	{ "*1\r\n*3\r\n:0\r\n:16384\r\n" NODE(HOST, "7"), false, NULL },
	{ "*1\r\n*3\r\n:-1\r\n:7\r\n" NODE(HOST, "7"), false, NULL },
	{ "*1\r\n*3\r\n:8\r\n:7\r\n" NODE(HOST, "7"), false, NULL },
	{ "*1\r\n*2\r\n:8\r\n:9\r\n", false, NULL },
};

START_TEST(a_map_is_read_or_refused)
{
	redisReader *reader = redisReaderCreate();
	struct seen seen = { "" };
	void *reply = NULL;
	int result;

	redisReaderFeed(reader, maps[_i].reply, strlen(maps[_i].reply));
	ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
	ck_assert_ptr_nonnull(reply);
	result = cbx_slots_read(reply, maps[_i].by_name, note, &seen);
	ck_assert_int_eq(result, maps[_i].expected ? 0 : CHATTERBOX_E_DOWN);
	if (maps[_i].expected)
		ck_assert_str_eq(seen.text, maps[_i].expected);
	freeReplyObject(reply);
	redisReaderFree(reader);
}
END_TEST

/* @expected NULL: it is none */
static const struct {
	const char *text;
	const char *expected;
} redirects[] = {
	{ "MOVED 3999 127.0.0.1:6381", "moved 3999 127.0.0.1:6381" },
	{ "ASK 0 redis-1.example:1", "ask 0 redis-1.example:1" },
	{ "MOVED 16383 ::1:65535", "moved 16383 ::1:65535" },
	{ "MOVED 1 :6381", "moved 1 :6381" },
	{ "MOVED 16384 h:1", NULL },
	{ "MOVED -1 h:1", NULL },
	{ "MOVED  h:1", NULL },
	{ "MOVED 1 h", NULL },
	{ "MOVED 1 h:", NULL },
	{ "MOVED 1 h:0", NULL },
	{ "MOVED 1 h:65536", NULL },
	{ "MOVED 1 h:1x", NULL },
	{ "MOVED 1", NULL },
	{ "MOVED ", NULL },
	{ "ASKING", NULL },
	{ "TRYAGAIN Multiple keys", NULL },
	{ "", NULL },
};

START_TEST(a_redirect_is_read_or_refused)
{
	struct cbx_redirect to;
	char text[320];

	ck_assert(cbx_redirect_read(redirects[_i].text, &to) == (redirects[_i].expected != NULL));
	if (!redirects[_i].expected)
		return;
	snprintf(text, sizeof(text), "%s %u %s:%d", to.moved ? "moved" : "ask", to.slot, to.host,
		 to.port);
	ck_assert_str_eq(text, redirects[_i].expected);
}
END_TEST

START_TEST(a_host_has_its_bounds)
{
	struct cbx_redirect to;
	char text[400];

	snprintf(text, sizeof(text), "MOVED 1 %0255d:1", 7);
	ck_assert(cbx_redirect_read(text, &to));
	snprintf(text, sizeof(text), "MOVED 1 %0256d:1", 7);
	ck_assert(!cbx_redirect_read(text, &to));
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("adapter_slots");

	tcase_add_loop_test(tcase, a_key_has_its_slot, 0, (int)CBX_COUNT(keys));
	tcase_add_loop_test(tcase, a_map_is_read_or_refused, 0, (int)CBX_COUNT(maps));
	tcase_add_loop_test(tcase, a_redirect_is_read_or_refused, 0, (int)CBX_COUNT(redirects));
	tcase_add_test(tcase, a_host_has_its_bounds);
	suite_add_tcase(suite, tcase);
}
