// SPDX-License-Identifier: MIT
/* status_texts.c - parses the short texts of status_texts.h */
#include "status_texts.h"
#include "base/read.h"
#include "common/text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(const char **text, size_t *len, const char *value)
{
	*text = value;
	*len = strlen(value);
}

static void take_member(struct cbx_status_parts *parts, char *token, struct cbx_text *tail)
{
	char *value = strchr(token, '=');
	char *c;

	*value++ = '\0';
	for (c = value; *token == 'm' && *c; c++)
		if (*c == '_')
			*c = ' ';
	if (!strcmp(token, "t"))
		set(&parts->job_type, &parts->job_type_len, value);
	else if (!strcmp(token, "c"))
		set(&parts->error_code, &parts->error_code_len, value);
	else if (!strcmp(token, "m"))
		set(&parts->error_message, &parts->error_message_len, value);
	else
		cbx_text_printf(tail, ",\"%s\":%s", token, value);
}

static void take_token(struct cbx_status_parts *parts, char *token, struct cbx_text *tail)
{
	size_t last = strlen(token) - 1;
	long long done;
	long long total;

	if (strchr(token, '=')) {
		take_member(parts, token, tail);
	} else if (token[last] == '%') {
		token[last] = '\0';
		set(&parts->percent_text, &parts->percent_len, token);
	} else if (sscanf(token, "%lld/%lld", &done, &total) == 2) {
		parts->downloaded = done;
		parts->total_files = total;
	} else {
		set(&parts->speed_text, &parts->speed_len, token);
	}
}

struct cbx_status *status_of(const char *system, const char *text)
{
	struct cbx_status_parts parts;
	struct cbx_status *status = NULL;
	struct cbx_text tail = { 0 };
	char *copy = strdup(text);
	char *rest = copy;
	char *token = strtok_r(copy, " ", &rest);

	cbx_status_parts_init(&parts);
	set(&parts.system, &parts.system_len, system);
	ck_assert_msg(token && cbx_parse_count(token, strlen(token), &parts.job_id), "%s", text);
	token = strtok_r(NULL, " ", &rest);
	ck_assert_msg(token != NULL, "%s", text);
	set(&parts.text, &parts.text_len, token);
	while ((token = strtok_r(NULL, " ", &rest)))
		take_token(&parts, token, &tail);
	parts.tail = tail.bytes;
	parts.tail_len = tail.len;
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	cbx_text_free(&tail);
	free(copy);
	return status;
}

size_t statuses_of(const char *system, const char *text, struct cbx_status **out, size_t most)
{
	char *copy = strdup(text);
	char *rest = copy;
	char *one;
	size_t count = 0;

	for (one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
		if (one[strspn(one, " ")] == '\0')
			continue;
		ck_assert_uint_lt(count, most);
		out[count++] = status_of(system, one);
	}
	free(copy);
	return count;
}
