/* SPDX-License-Identifier: MIT */
/*
 * notify.h - reports to the service manager by systemd's protocol, sd_notify(3)
 *
 * Without $NOTIFY_SOCKET these functions do nothing.
 */
#ifndef CBD_NOTIFY_H
#define CBD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct chatterbox;

struct cbd_watchdog {
	int64_t every_ms; /* 0 = there is no watchdog */
	int64_t next_ms;
};

void cbd_notify_ready(void);
void cbd_notify_reloading(void);
void cbd_notify_stopping(void);

/* Reads how often systemd expects a message; they are sent three times as often */
void cbd_watchdog_begin(struct cbd_watchdog *dog);
/* To be called every second or so: tells the watchdog that all is well, if it is time and the
 * engine's threads are moving. Return: whether it was sent. */
bool cbd_watchdog_turn(struct cbd_watchdog *dog, struct chatterbox *box, int64_t now_ms);

#endif
