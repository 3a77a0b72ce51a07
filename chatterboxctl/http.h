/* SPDX-License-Identifier: MIT */
/* http.h - one request to chatterboxd by libcurl */
#ifndef CTL_HTTP_H
#define CTL_HTTP_H

#include "options.h"

#include "common/text.h"
#include "stream.h"

#define CTL_URL_TEXT 1024

struct ctl_reply {
	long code;
	struct cbx_text body;
	char url[CTL_URL_TEXT]; /* that was asked */
};

/* @path begins with a slash and is encoded; @body is JSON, or NULL. Says itself what went wrong.
 * Return: CTL_OK when there is an answer, of whatever code; CTL_UNAVAILABLE. */
int ctl_http(const struct ctl_options *options, const char *method, const char *path,
	     const char *body, struct ctl_reply *out);
/* Gives what comes to @stream until the connection ends, from its last id on. @quiet: says nothing
 * when there is no answer. *had: it was answered. Return: CTL_OK, CTL_UNAVAILABLE; CTL_NO when it
 * was refused, as @out says. */
int ctl_http_follow(const struct ctl_options *options, const char *path, struct ctl_stream *stream,
		    bool quiet, bool *had, struct ctl_reply *out);
void ctl_reply_free(struct ctl_reply *reply);
/* Adds a part of a path or a query to @text, encoded */
void ctl_encode(struct cbx_text *text, const char *part);

#endif
