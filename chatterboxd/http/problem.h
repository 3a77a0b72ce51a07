/* SPDX-License-Identifier: MIT */
/* problem.h - errors as application/problem+json (RFC 9457) */
#ifndef CBD_PROBLEM_H
#define CBD_PROBLEM_H

#include <chatterbox/call.h>

/* The title of a status code: "Not Found" */
const char *cbd_problem_title(unsigned code);
/* The status code for a return value of the library */
unsigned cbd_problem_code(int error);
/* The status code for an outcome other than CHATTERBOX_CALL_OK */
unsigned cbd_problem_code_of_call(enum chatterbox_call_code code);
/* An allocated JSON object, NULL when out of memory. @path is as received: what does not belong
 * into a URI is percent-encoded. @reason: an error code of another program, as the member `code`;
 * "" = none. */
char *cbd_problem_json(unsigned code, const char *detail, const char *path, const char *reason);

#endif
