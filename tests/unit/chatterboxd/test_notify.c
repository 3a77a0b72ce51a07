// SPDX-License-Identifier: MIT
/* What is sent to systemd's socket; while the engine hangs the watchdog is sent nothing. */
#include "fake_engine.h"
#include "notify.h"
#include "unit.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int received = -1;

/* As an abstract name, which leaves no file */
static void listen_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char at[64];
	int len = snprintf(at, sizeof(at), "@%s-%d", name, (int)getpid());

	memcpy(address.sun_path + 1, at + 1, (size_t)len - 1);
	received = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(received, 0);
	ck_assert_int_eq(bind(received, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
			 0);
	setenv("NOTIFY_SOCKET", at, 1);
}

static const char *next(void)
{
	static char text[256];
	ssize_t len = recv(received, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void begin(void)
{
	listen_as("cbx-notify");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void end(void)
{
	close(received);
	unsetenv("NOTIFY_SOCKET");
}

START_TEST(each_message_is_one_datagram)
{
	cbd_notify_ready();
	ck_assert_str_eq(next(), "READY=1");
	cbd_notify_reloading();
	ck_assert_ptr_nonnull(strstr(next(), "RELOADING=1\nMONOTONIC_USEC="));
	cbd_notify_stopping();
	ck_assert_str_eq(next(), "STOPPING=1");
	ck_assert_str_eq(next(), "");
}
END_TEST

START_TEST(nobody_has_to_listen)
{
	static const char *const paths[] = { "",   "/",        "relative", "/nonexistent/socket",
					     "@x", "vsock:1:2" };
	char longer[200];
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		setenv("NOTIFY_SOCKET", paths[i], 1);
		cbd_notify_ready();
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	cbd_notify_ready();
	unsetenv("NOTIFY_SOCKET");
	cbd_notify_ready();
	ck_assert_str_eq(next(), "");
}
END_TEST

static const struct {
	const char *usec;
	const char *pid; /* "" = ours */
	int64_t every_ms;
} dogs[] = {
	{ NULL, NULL, 0 },         { "30000000", NULL, 10000 },
	{ "30000000", "", 10000 }, { "30000000", "1", 0 },
	{ "0", NULL, 0 },          { "x", NULL, 0 },
	{ "-3000000", NULL, 0 },
};

START_TEST(the_watchdog_is_as_often_as_asked_for)
{
	struct cbd_watchdog dog;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (dogs[_i].usec)
		setenv("WATCHDOG_USEC", dogs[_i].usec, 1);
	if (dogs[_i].pid)
		setenv("WATCHDOG_PID", *dogs[_i].pid ? dogs[_i].pid : pid, 1);
	cbd_watchdog_begin(&dog);
	ck_assert_int_eq(dog.every_ms, dogs[_i].every_ms);
}
END_TEST

START_TEST(an_engine_that_hangs_is_not_vouched_for)
{
	struct chatterbox *box = fake_engine_new();
	struct cbd_watchdog dog;

	setenv("WATCHDOG_USEC", "30000000", 1);
	cbd_watchdog_begin(&dog);
	ck_assert(cbd_watchdog_turn(&dog, box, 1000));
	ck_assert_str_eq(next(), "WATCHDOG=1");
	ck_assert(!cbd_watchdog_turn(&dog, box, 10999));
	ck_assert(cbd_watchdog_turn(&dog, box, 11000));
	ck_assert_str_eq(next(), "WATCHDOG=1");
	box->stuck = true;
	ck_assert(!cbd_watchdog_turn(&dog, box, 21000));
	ck_assert_str_eq(next(), "");
	box->stuck = false;
	ck_assert(cbd_watchdog_turn(&dog, box, 31000));
	chatterbox_unref(box);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("notify");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, each_message_is_one_datagram);
	tcase_add_test(tcase, nobody_has_to_listen);
	tcase_add_loop_test(tcase, the_watchdog_is_as_often_as_asked_for, 0,
			    sizeof(dogs) / sizeof(dogs[0]));
	tcase_add_test(tcase, an_engine_that_hangs_is_not_vouched_for);
	suite_add_tcase(suite, tcase);
}
