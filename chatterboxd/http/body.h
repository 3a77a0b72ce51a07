/* SPDX-License-Identifier: MIT */
/* body.h - the body of a request: limited while it comes in, then read as a JSON object and checked
 */
#ifndef CBD_BODY_H
#define CBD_BODY_H

#include "common/text.h"

#include <chatterbox/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How much of a body is kept. More than that is still read, since a client that has begun to send
 * should get to read that it was too much. */
#define CBD_BODY_MAX ((size_t)65536)
#define CBD_BODY_DRAIN_MAX ((size_t)1048576)
#define CBD_BODY_TOO_LONG "a body may have 65536 bytes at most"

struct cbd_body {
	struct cbx_text text;
	size_t seen; /* with what was not kept */
};

enum cbd_member_kind { CBD_MEMBER_INTEGER, CBD_MEMBER_BOOLEAN, CBD_MEMBER_TEXT };

/* What a route takes; the list ends with a NULL name */
struct cbd_member {
	const char *name;
	enum cbd_member_kind kind;
	bool needed;
};

/* 0; -EFBIG when it is more than CBD_BODY_MAX (then nothing more is kept); -ENOMEM */
int cbd_body_add(struct cbd_body *body, const char *bytes, size_t len);
/* No body at all counts as an empty object. Return: 0; -EINVAL with a line in @error that names the
 * member; -ENOMEM. */
int cbd_body_read(const struct cbd_body *body, const struct cbd_member *members, json_t **out,
		  char error[CHATTERBOX_ERROR_TEXT]);
void cbd_body_free(struct cbd_body *body);

#endif
