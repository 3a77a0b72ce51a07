/* SPDX-License-Identifier: MIT */
/*
 * servers.h - the real servers of the test environment
 *
 * `tests/kit/servers/servers.sh run` starts them and says where they are in the environment. A test
 * that finds nothing there fails, it is never skipped. All calls end the test on trouble, with a
 * text that says what is missing; names of servers are "redis", "rmq" and "pg".
 */
#ifndef CBX_TESTS_SERVERS_H
#define CBX_TESTS_SERVERS_H

/* The port of "REDIS", "RMQ" or "PG" (in any case), from CBX_TEST_<name>_PORT */
int cbx_test_port(const char *name);

/* The value of CBX_TEST_<name>, as "PG_USER"; lives as long as the environment */
const char *cbx_test_env(const char *name);

/* Ends it at once; starts it again on its port and data, and waits until it answers */
void servers_kill(const char *name);
void servers_up(const char *name);

/* Freezes it (SIGSTOP), and lets it go on */
void servers_pause(const char *name);
void servers_cont(const char *name);

/* What `rabbitmqctl --quiet` prints; arguments end with NULL; free() the result */
char *servers_rabbitmqctl(const char *arg, ...) __attribute__((sentinel));

#endif
