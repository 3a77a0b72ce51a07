/* SPDX-License-Identifier: MIT */
/* demo.h - the demo's private directory, which is gone when the demo is */
#ifndef CBD_DEMO_H
#define CBD_DEMO_H

/* Makes it, once in a process. Return: 0 or -errno. */
int cbd_demo_begin(void);
/* The database file in it; NULL when there is no demo */
const char *cbd_demo_sqlite_path(void);
/* Removes it. Does nothing when there is none; safe inside a signal handler. */
void cbd_demo_end(void);

#endif
