// SPDX-License-Identifier: MIT
/* All addresses of a name are listened on, at one port; one that is taken leaves nothing open */
#include "common/cleanup.h"
#include "fake_names.h"
#include "http/listen.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char error[CHATTERBOX_ERROR_TEXT];

/* Whether somebody listens there */
static bool answers(const char *address, unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers;

	ck_assert_int_eq(inet_pton(AF_INET, address, &to.sin_addr), 1);
	ck_assert_int_ge(fd, 0);
	answers = !connect(fd, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
	return answers;
}

START_TEST(each_address_of_a_name_is_listened_on)
{
	struct cbd_listener listener = { 0 };

	ck_assert_int_eq(cbd_listen("two.test", 0, &listener, error), 0);
	ck_assert_uint_eq(listener.count, 2);
	ck_assert(listener.loopback);
	ck_assert(answers("127.0.0.8", listener.port) && answers("127.0.0.9", listener.port));
	cbd_listener_close(&listener);
	ck_assert(!answers("127.0.0.8", listener.port));
}
END_TEST

START_TEST(one_that_is_taken_leaves_nothing_open)
{
	struct cbd_listener other = { 0 };
	struct cbd_listener listener = { 0 };

	ck_assert_int_eq(cbd_listen("127.0.0.9", 0, &other, error), 0);
	ck_assert_int_eq(cbd_listen("two.test", other.port, &listener, error), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error, "http_server.port: can't listen on two.test"));
	ck_assert(!answers("127.0.0.8", other.port));
	cbd_listener_close(&other);
	ck_assert_int_eq(cbd_listen("two.test", other.port, &listener, error), 0);
	cbd_listener_close(&listener);
}
END_TEST

START_TEST(what_may_pass_is_told_from_what_may_not)
{
	struct cbd_listener listener = { 0 };

	ck_assert_int_eq(cbd_listen("fails.test", 0, &listener, error), -EADDRNOTAVAIL);
	ck_assert_int_eq(cbd_listen("192.0.2.1", 0, &listener, error), -EADDRNOTAVAIL);
	ck_assert_ptr_nonnull(strstr(error, "http_server.host: can't listen on 192.0.2.1"));
}
END_TEST

START_TEST(brackets_are_none_of_an_address)
{
	struct cbd_listener listener = { 0 };

	ck_assert_int_eq(cbd_listen("[::1]", 0, &listener, error), 0);
	ck_assert(listener.loopback);
	cbd_listener_close(&listener);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("listen");
	const TTest *const tests[] = {
		each_address_of_a_name_is_listened_on,
		one_that_is_taken_leaves_nothing_open,
		what_may_pass_is_told_from_what_may_not,
		brackets_are_none_of_an_address,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
