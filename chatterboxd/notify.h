/* SPDX-License-Identifier: MIT */
/*
 * notify.h - what the service manager is told: systemd's protocol, sd_notify(3), in a few lines
 *
 * Without $NOTIFY_SOCKET all of this does nothing.
 */
#ifndef CBD_NOTIFY_H
#define CBD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct chatterbox;

struct cbd_watchdog {
	int64_t every_ms; /* 0 = nobody waits for it */
	int64_t next_ms;
};

void cbd_notify_ready(void);
void cbd_notify_reloading(void);
void cbd_notify_stopping(void);

/* As often as systemd asked for, thrice over */
void cbd_watchdog_begin(struct cbd_watchdog *dog);
/* Every second or so: says that all is well, when it is time and the engine's threads turn. Return:
 * whether it was said. */
bool cbd_watchdog_turn(struct cbd_watchdog *dog, struct chatterbox *box, int64_t now_ms);

#endif
