/* SPDX-License-Identifier: MIT */
/* redis_kit.h - what the tests of redis_state share: a plain hiredis eye, private servers, fakes */
#ifndef CBX_TESTS_REDIS_KIT_H
#define CBX_TESTS_REDIS_KIT_H

#include "adapter/redis_state/redis_state.h"
#include "common/cleanup.h"

#include <check.h>
#include <hiredis.h>
#include <sys/types.h>

#define APP "suite-app"

/* A state on the test server (or on @host), not connected */
struct cbx_state *redis_open(void);
struct cbx_state *redis_open_at(const char *host, int port, const char *username,
				const char *password);
/* The same, connected */
struct cbx_state *redis_up(void);
uint64_t redis_deadline(unsigned ms);

/* Our own connection to the test server. It is opened anew after a loss. */
redisContext *redis_eye(void);
void redis_eye_close(void);
/* Runs a command there (hiredis' format) and gives its reply as one text: arrays as "[a b]", (nil),
 * (error) ... Lives until the next call. */
const char *redis_look(const char *format, ...);
const char *redis_look_in(redisContext *context, const char *format, ...);
/* How often this command was called since CONFIG RESETSTAT */
long redis_calls_of(const char *command);

/* A redis-server of the test's own, on a Unix socket: for what would spoil the shared one */
struct redis_own {
	pid_t pid;
	char folder[64];
	char path[96];
	redisContext *eye;
};

void redis_own_start(struct redis_own *own);
void redis_own_stop(struct redis_own *own);

/* A port that answers each thing it reads with @answer, like no Redis would */
struct redis_fake;

struct redis_fake *redis_fake_start(const char *answer, int *port);
void redis_fake_stop(struct redis_fake *fake);

void redis_keys_add(Suite *suite);
void redis_pieces_add(Suite *suite);
void redis_faults_add(Suite *suite);
void redis_refusals_add(Suite *suite);
void redis_transactions_add(Suite *suite);

#endif
