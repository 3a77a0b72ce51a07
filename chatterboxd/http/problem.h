/* SPDX-License-Identifier: MIT */
/* problem.h - errors as application/problem+json (RFC 9457) */
#ifndef CBD_PROBLEM_H
#define CBD_PROBLEM_H

#include <chatterbox/error.h>

/* The title of a status code: "Not Found" */
const char *cbd_problem_title(unsigned code);
/* The status code for what a call of the library returned */
unsigned cbd_problem_code(int error);
/* The same, of an error: 502 is what nl-hdms answered alone */
unsigned cbd_problem_code_of(const struct chatterbox_error *error);
/* An allocated JSON object (free() it), NULL when out of memory. @path is as the client sent it:
 * whatever does not belong into a URI is percent-encoded. @reason: what another program called the
 * error, as the member `code`; "" = nothing. */
char *cbd_problem_json(unsigned code, const char *detail, const char *path, const char *reason);

#endif
