/* SPDX-License-Identifier: MIT */
/* demo.h - a private directory that exists as long as the demo runs */
#ifndef CBD_DEMO_H
#define CBD_DEMO_H

/* Creates it; once per process. Return: 0 or -errno. */
int cbd_demo_begin(void);
/* The database file in it; NULL when there is no demo */
const char *cbd_demo_sqlite_path(void);
/* Removes it, if there is one; safe in a signal handler */
void cbd_demo_end(void);

#endif
