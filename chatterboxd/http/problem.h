/* SPDX-License-Identifier: MIT */
/* problem.h - errors as application/problem+json (RFC 9457) */
#ifndef CBD_PROBLEM_H
#define CBD_PROBLEM_H

#include <chatterbox/error.h>

/* The title of a status code: "Not Found" */
const char *cbd_problem_title(unsigned code);
/* The status code for a return value of the library */
unsigned cbd_problem_code(int error);
/* The same for an error; 502 only when it is of nl-hdms */
unsigned cbd_problem_code_of(const struct chatterbox_error *error);
/* An allocated JSON object, NULL when out of memory. @path is as received: what does not belong
 * into a URI is percent-encoded. @reason: an error code of another program, as the member `code`;
 * "" = none. */
char *cbd_problem_json(unsigned code, const char *detail, const char *path, const char *reason);

#endif
