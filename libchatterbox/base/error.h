/* SPDX-License-Identifier: MIT */
/* error.h - fills what a public call tells of its failure */
#ifndef CBX_BASE_ERROR_H
#define CBX_BASE_ERROR_H

#include <chatterbox/error.h>

/* @error may be NULL; an empty text becomes that of the code. Return: @code. */
int cbx_fail(struct chatterbox_error *error, int code, enum chatterbox_server server,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
