/* SPDX-License-Identifier: MIT */
/* say.h - a line for the operator on stderr */
#ifndef CTL_SAY_H
#define CTL_SAY_H

/* "chatterboxctl: ...", without what could move a terminal's cursor */
void ctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Return: -ENOMEM */
int ctl_say_memory(void);

#endif
