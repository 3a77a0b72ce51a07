// SPDX-License-Identifier: MIT
/*
 * body.c - collects the body of a request and checks it against the members that the route takes
 *
 * An unknown or repeated member is an error: an order that was understood by half is worse than a
 * refused one. So is a NUL byte, which jansson skips between tokens.
 */
#include "body.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int cbd_body_add(struct cbd_body *body, const char *bytes, size_t len)
{
	body->seen += len;
	if (body->seen > CBD_BODY_MAX)
		return -EFBIG;
	cbx_text_add(&body->text, bytes, len);
	return body->text.failed ? -ENOMEM : 0;
}

void cbd_body_free(struct cbd_body *body)
{
	cbx_text_free(&body->text);
	*body = (struct cbd_body){ 0 };
}

static const struct cbd_member *find(const struct cbd_member *members, const char *name)
{
	for (; members->name; members++)
		if (!strcmp(members->name, name))
			return members;
	return NULL;
}

static bool fits(const struct cbd_member *member, const json_t *value)
{
	if (json_is_null(value))
		return !member->needed;
	switch (member->kind) {
	case CBD_MEMBER_INTEGER:
		return json_is_integer(value);
	case CBD_MEMBER_BOOLEAN:
		return json_is_boolean(value);
	case CBD_MEMBER_TEXT:
		break;
	}
	return json_is_string(value);
}

/* The name is the client's, and is not repeated */
static void write_unknown(const struct cbd_member *members, char error[CHATTERBOX_ERROR_TEXT])
{
	int len = snprintf(error, CHATTERBOX_ERROR_TEXT, "body: there is no such member here: %s",
			   members->name ? "it takes " : "it takes none");
	size_t i;

	for (i = 0; members[i].name && len > 0 && len < CHATTERBOX_ERROR_TEXT; i++)
		len += snprintf(error + len, CHATTERBOX_ERROR_TEXT - (size_t)len, "%s%s",
				i ? ", " : "", members[i].name);
}

static int check(json_t *object, const struct cbd_member *members,
		 char error[CHATTERBOX_ERROR_TEXT])
{
	static const char *const takes[] = { [CBD_MEMBER_INTEGER] = "an integer",
					     [CBD_MEMBER_BOOLEAN] = "true or false",
					     [CBD_MEMBER_TEXT] = "a text" };
	const struct cbd_member *member;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		member = find(members, name);
		if (!member)
			write_unknown(members, error);
		else if (!fits(member, value))
			snprintf(error, CHATTERBOX_ERROR_TEXT, "%s: takes %s", name,
				 takes[member->kind]);
		if (*error)
			return -EINVAL;
	}
	for (member = members; member->name; member++)
		if (member->needed && !json_object_get(object, member->name)) {
			snprintf(error, CHATTERBOX_ERROR_TEXT, "%s: is missing", member->name);
			return -EINVAL;
		}
	return 0;
}

static int parse(const struct cbx_text *text, json_t **out, json_error_t *why)
{
	if (!text->len) {
		*out = json_object();
		return *out ? 0 : -ENOMEM;
	}
	if (memchr(text->bytes, '\0', text->len)) {
		snprintf(why->text, sizeof(why->text), "a NUL byte");
		return -EINVAL;
	}
	return cbx_json_read(text->bytes, text->len, out, why);
}

/* What is wrong, without the piece of the body that jansson shows */
static const char *complaint(json_error_t *why)
{
	char *piece = strstr(why->text, " near '");

	if (piece)
		*piece = '\0';
	return why->text;
}

int cbd_body_read(const struct cbd_body *body, const struct cbd_member *members, json_t **out,
		  char error[CHATTERBOX_ERROR_TEXT])
{
	json_error_t why = { .text = "" };
	json_t *object = NULL;
	int result = parse(&body->text, &object, &why);

	*error = '\0';
	if (result == -ENOMEM)
		return result;
	if (!json_is_object(object)) {
		snprintf(error, CHATTERBOX_ERROR_TEXT, "body: takes a JSON object%s%.160s",
			 object ? "" : ": ", object ? "" : complaint(&why));
		json_decref(object);
		return -EINVAL;
	}
	result = check(object, members, error);
	if (result < 0) {
		json_decref(object);
		return result;
	}
	*out = object;
	return 0;
}
