// SPDX-License-Identifier: MIT
/*
 * known.c - recognises what has not changed since the last answer, by its bytes
 *
 * Most jobs of most answers are as they were. If nl-hdms writes its statuses as contract 1.1 has
 * them, their text is that of the last recorded status, which is then used as it is: it is neither
 * read nor made again. All else that an answer does, it does as with any other status.
 */
#include "road/poll.h"

#include <string.h>

/* Moves @at behind @text if that is what stands there */
static bool skip(const char **at, size_t *left, const char *text, size_t len)
{
	if (*left < len || memcmp(*at, text, len) != 0)
		return false;
	*at += len;
	*left -= len;
	return true;
}

#define SKIP(at, left, literal) skip((at), (left), (literal), sizeof(literal) - 1)

/* The list of the system whose name stands at @at; jobs of one system follow each other */
static const struct cbx_job_list *list_of(struct cbx_known_jobs *known, const char **at,
					  size_t *left)
{
	size_t most = *left < sizeof(known->system) ? *left : sizeof(known->system);
	const char *end = memchr(*at, '"', most);
	size_t len = end ? (size_t)(end - *at) : 0;

	if (!len)
		return NULL;
	if (known->system[len] || memcmp(known->system, *at, len) != 0) {
		memcpy(known->system, *at, len);
		known->system[len] = '\0';
		known->list = cbx_active_jobs_get(known->road->jobs, known->system);
	}
	*at += len;
	*left -= len;
	return known->list;
}

struct cbx_status *cbx_known_find(void *user, const char *at, size_t left)
{
	const struct cbx_job_list *list;
	const struct cbx_job *job;
	const char *end;
	int64_t job_id;
	size_t len;

	if (!SKIP(&at, &left, "{\"system\":\""))
		return NULL;
	list = list_of(user, &at, &left);
	if (!list || !SKIP(&at, &left, "\",\"job_id\":"))
		return NULL;
	end = memchr(at, ',', left < CBX_INTEGER_TEXT ? left : CBX_INTEGER_TEXT);
	len = end ? (size_t)(end - at) : 0;
	if (!len || !cbx_parse_count(at, len, &job_id))
		return NULL;
	job = cbx_job_list_find(list, job_id);
	return job ? job->status : NULL;
}
