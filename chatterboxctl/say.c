// SPDX-License-Identifier: MIT
/* say.c - what is wrong goes to stderr, so that a pipe gets answers alone */
#include "say.h"

#include "show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static char *kept;
static size_t kept_size;

void ctl_say_into(char *buffer, size_t size)
{
	kept = buffer;
	kept_size = size;
}

void ctl_say(const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (kept) {
		snprintf(kept, kept_size, "%s", line);
		return;
	}
	fputs("chatterboxctl: ", stderr);
	ctl_print_clean(stderr, line);
	fputc('\n', stderr);
}

int ctl_say_memory(void)
{
	ctl_say("out of memory");
	return -ENOMEM;
}
