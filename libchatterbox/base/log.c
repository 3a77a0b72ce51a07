// SPDX-License-Identifier: MIT
/* log.c - formats lines for the host's log callback; the library itself prints nothing */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void cbx_log_write(const struct cbx_log *log, enum chatterbox_log_level level,
		   struct cbx_fields fields, const char *format, ...)
{
	char message[1024];
	va_list args;

	if (!log || !log->sink || (int)level < log->level)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log->sink(log->user, level, fields.fields, fields.count, message);
}
