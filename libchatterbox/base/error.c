// SPDX-License-Identifier: MIT
/* error.c - the text of each error; switches without default, so that the compiler finds a missing
 * one */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *chatterbox_strerror(int error)
{
	if (error > -1000)
		return error < 0 ? strerrordesc_np(-error) ?: "unknown error" : "no error";
	switch ((enum chatterbox_error_code)error) {
	case CHATTERBOX_E_DECODE:
		return "the bytes are not what the contract says";
	case CHATTERBOX_E_CONFIG:
		return "the configuration is wrong";
	case CHATTERBOX_E_DOWN:
		return "a server is down";
	case CHATTERBOX_E_TIMEOUT:
		return "timed out";
	case CHATTERBOX_E_FENCED:
		return "another instance holds the lease";
	case CHATTERBOX_E_UNKNOWN:
		return "no such system or job";
	case CHATTERBOX_E_REFUSED:
		return "a server refused the request";
	case CHATTERBOX_E_SCHEMA:
		return "a table is not as the contract says";
	case CHATTERBOX_E_STANDBY:
		return "this instance is not the leader";
	case CHATTERBOX_E_FULL:
		return "a queue is full";
	case CHATTERBOX_E_LIMIT:
		return "larger than a configured limit";
	}
	return "unknown error";
}

const char *chatterbox_server_to_string(enum chatterbox_server server)
{
	switch (server) {
	case CHATTERBOX_SERVER_NONE:
		return "none";
	case CHATTERBOX_SERVER_REDIS:
		return "redis";
	case CHATTERBOX_SERVER_RMQ:
		return "rmq";
	case CHATTERBOX_SERVER_SQL:
		return "sql";
	case CHATTERBOX_SERVER_NL_HDMS:
		return "nl-hdms";
	case CHATTERBOX_SERVER_LEADER:
		return "leader";
	}
	return "unknown";
}

int cbx_fail(struct chatterbox_error *error, int code, enum chatterbox_server server,
	     const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	*error = (struct chatterbox_error){ .code = code, .server = server };
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	if (!error->text[0])
		snprintf(error->text, sizeof(error->text), "%s", chatterbox_strerror(code));
	return code;
}
