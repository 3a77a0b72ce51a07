// SPDX-License-Identifier: MIT
/* error.c - the text of each error; a switch without default, so that the compiler finds a missing
 * one */
#include <chatterbox/error.h>

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
