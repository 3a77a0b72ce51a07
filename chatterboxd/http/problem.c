// SPDX-License-Identifier: MIT
/* problem.c - maps failures of the library to HTTP status codes, and writes problems as JSON */
#include "problem.h"

#include "common/cleanup.h"
#include "common/json.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>

const char *cbd_problem_title(unsigned code)
{
	switch (code) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 415:
		return "Unsupported Media Type";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 502:
		return "Bad Gateway";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Gateway Timeout";
	default:
		return "Error";
	}
}

unsigned cbd_problem_code(int error)
{
	switch (error) {
	case -EINVAL:
		return 400;
	case CHATTERBOX_E_UNKNOWN:
		return 404;
	case CHATTERBOX_E_STANDBY:
	case CHATTERBOX_E_FENCED:
		return 409;
	case CHATTERBOX_E_REFUSED:
		return 502;
	case CHATTERBOX_E_DOWN:
	case CHATTERBOX_E_FULL:
		return 503;
	case CHATTERBOX_E_TIMEOUT:
		return 504;
	default:
		return 500;
	}
}

unsigned cbd_problem_code_of(const struct chatterbox_error *error)
{
	if (error->code == CHATTERBOX_E_REFUSED && error->server != CHATTERBOX_SERVER_NL_HDMS)
		return 500;
	return cbd_problem_code(error->code);
}

/* An instance is a URI reference, whatever bytes were received */
static char *instance_of(const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
			fprintf(out, "%%%02X", c);
		else
			fputc(c, out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *cbd_problem_json(unsigned code, const char *detail, const char *path, const char *reason)
{
	cbx_auto(cbx_freep) char *instance = instance_of(path);
	json_t *problem;
	char *text;

	if (!instance)
		return NULL;
	problem = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title",
			    cbd_problem_title(code), "status", (int)code, "detail", detail,
			    "instance", instance);
	if (problem && *reason && json_object_set_new(problem, "code", json_string(reason)))
		json_decref(cbx_steal(problem));
	text = problem ? cbx_json_text(problem) : NULL;
	json_decref(problem);
	return text;
}
