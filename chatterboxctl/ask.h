/* SPDX-License-Identifier: MIT */
/* ask.h - JSON from chatterboxd; what can't be had is said on stderr */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "http.h"
#include "options.h"

#include "common/text.h"

#include <jansson.h>

/* An object, to be freed by the caller. Return: an exit code. */
int ctl_ask(const struct ctl_options *options, const char *method, const char *path,
	    const char *body, json_t **out);
/* A text, allocated, of whatever code: /readyz says what is wrong with 503. Without @code anything
 * but 2xx is refused. Return: an exit code. */
int ctl_ask_text(const struct ctl_options *options, const char *path, long *code, char **out);
/* All entries of a list, page by page, up to options->limit: the object of the last page with all
 * of them under @name. @query: "a=b&", or "". Return: an exit code. */
int ctl_ask_all(const struct ctl_options *options, const char *path, const char *query,
		const char *name, json_t **out);
/* Adds "name=value&"; nothing when @value is NULL */
void ctl_add_filter(struct cbx_text *query, const char *name, const char *value);
/* The same where a comma would separate two values */
void ctl_add_one(struct cbx_text *query, const char *name, const char *value);
/* The same with a query of such filters, which it frees */
int ctl_ask_list(const struct ctl_options *options, const char *path, struct cbx_text *query,
		 const char *name, json_t **out);
/* Says why it was refused, and what to do. Return: CTL_NO. */
int ctl_ask_refuse(const struct ctl_options *options, const struct ctl_reply *reply);
/* The answer has no member that it must have. Return: CTL_UNAVAILABLE. */
int ctl_ask_strange(const struct ctl_options *options, const char *path);

#endif
