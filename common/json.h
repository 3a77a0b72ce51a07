/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON with jansson, where speed does not matter, and safe when memory runs out
 *
 * jansson seldom tells lack of memory from bad input, and sometimes goes on without what it had no
 * memory for: a byte of a text that it reads (2.14, lex_save), the name of a member that it writes
 * (do_dump). What is read here is complete, or -ENOMEM; write objects by cbx_json_text().
 */
#ifndef CBX_COMMON_JSON_H
#define CBX_COMMON_JSON_H

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
