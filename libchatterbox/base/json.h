/* SPDX-License-Identifier: MIT */
/*
 * json.h - reading JSON with jansson, where it is not hot
 *
 * Decides what was the input's fault. jansson tells lack of memory from bad input in few places,
 * and where its buffer can't grow inside a text, it goes on without the byte (2.14, lex_save). So
 * everything is read twice, and what does not come out the same both times was no fault of the
 * input. And where it has no memory to write the name of a member, it goes on without that (2.14,
 * do_dump): an object that goes out is written by cbx_json_text().
 */
#ifndef CBX_BASE_JSON_H
#define CBX_BASE_JSON_H

#include <chatterbox/error.h>
#include <errno.h>
#include <jansson.h>
#include <stddef.h>

/* Any value, no repeated members. 0, CHATTERBOX_E_DECODE (then @error, which may be NULL, says
 * where and why), -ENOMEM. */
int cbx_json_read(const char *bytes, size_t len, json_t **out, json_error_t *error);
/* Compact, allocated; NULL when there is no memory for all of it */
char *cbx_json_text(const json_t *json);
/* Overwrites every text, then gives it back */
void cbx_json_wipe(json_t **json);

#endif
