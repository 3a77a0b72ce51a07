/* SPDX-License-Identifier: MIT */
/* say.h - a line for the operator on stderr */
#ifndef CTL_SAY_H
#define CTL_SAY_H

#include <stddef.h>

/* "chatterboxctl: ...", without what could move a terminal's cursor */
void ctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on into @buffer instead, the last line only; NULL: to stderr again */
void ctl_say_into(char *buffer, size_t size);
/* Return: -ENOMEM */
int ctl_say_memory(void);

#endif
