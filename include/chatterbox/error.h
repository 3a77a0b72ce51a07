/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/error.h - what a negative return value means
 *
 * Every call returns 0 when done, a positive outcome that its own comment documents, or a negative
 * failure: a negated errno (-ENOMEM, -EINVAL, ...), or one of these.
 */
#ifndef CHATTERBOX_ERROR_H
#define CHATTERBOX_ERROR_H

#ifndef CHATTERBOX_API
#define CHATTERBOX_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a buffer that takes one line on what is wrong, its NUL included */
#define CHATTERBOX_ERROR_TEXT 256

/** enum chatterbox_error_code - the failures that have no errno */
enum chatterbox_error_code {
	CHATTERBOX_E_DECODE = -1000,  /* the bytes are not what the contract says */
	CHATTERBOX_E_CONFIG = -1001,  /* a key has a wrong type or range, or the file is no JSON */
	CHATTERBOX_E_DOWN = -1002,    /* a server is down or was lost; try again later */
	CHATTERBOX_E_TIMEOUT = -1003, /* nobody answered within the deadline */
	CHATTERBOX_E_FENCED = -1004,  /* another instance holds the lease; nothing was written */
	CHATTERBOX_E_UNKNOWN = -1005, /* no such system or job */
	CHATTERBOX_E_REFUSED = -1006, /* a server answered with an error that a retry won't cure */
	CHATTERBOX_E_SCHEMA = -1007,  /* a table lacks a column, or has another type */
	CHATTERBOX_E_STANDBY = -1008, /* this instance does not lead, so it does not write */
	CHATTERBOX_E_FULL = -1009,    /* a bounded queue is full; try again later */
	CHATTERBOX_E_LIMIT = -1010,   /* larger than a configured limit */
};

/**
 * chatterbox_strerror() - one line of English for a negative return value
 * @error: what a call returned
 *
 * Any thread. Return: a static string, never NULL.
 */
CHATTERBOX_API const char *chatterbox_strerror(int error);

#ifdef __cplusplus
}
#endif
#endif
