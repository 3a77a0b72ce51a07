/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON with jansson, by somebody who may run out of memory
 *
 * jansson tells lack of memory from bad input in few places, and passes over it in others: a byte
 * of a text that it reads (2.14, lex_save), the name of a member that it writes (do_dump). Decides
 * that what was read is believed when it came out the same twice, and that what is written is
 * whole.
 */
#ifndef CBD_JSON_H
#define CBD_JSON_H

#include <jansson.h>
#include <stddef.h>

/* An object or array, no repeated members. -EINVAL: @why has words for it; -ENOMEM. */
int cbd_json_read(const char *bytes, size_t len, json_t **out, json_error_t *why);
/* Compact, allocated; NULL when there is no memory for all of it */
char *cbd_json_text(const json_t *json);

#endif
