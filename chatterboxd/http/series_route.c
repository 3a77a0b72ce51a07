// SPDX-License-Identifier: MIT
/* series_route.c - notes the figures of each step, and answers GET /api/v1/series */
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "problem.h"
#include "server.h"

#include <string.h>
#include <time.h>

void cbd_series_sample(struct cbd_http *http, int64_t monotonic_ms)
{
	cbx_auto(cbx_freep) char *text = NULL;
	struct chatterbox_error error;
	json_t *summary = NULL;

	if (!cbd_series_is_due(http->series, monotonic_ms))
		return;
	/* what fails now is tried again in a second */
	if (chatterbox_query(http->box, CHATTERBOX_TOPIC_SUMMARY, NULL, NULL, NULL, &text, &error) <
		    0 ||
	    cbx_json_read(text, strlen(text), &summary, NULL) < 0)
		return;
	cbd_series_note(http->series, summary, monotonic_ms);
	json_decref(summary);
}

void cbd_answer_series(struct cbd_request *request)
{
	char error[CHATTERBOX_ERROR_TEXT] = "out of memory";
	struct timespec now;
	char *text = NULL;
	json_t *query = NULL;
	int result = cbx_json_read(request->query, strlen(request->query), &query, NULL);

	clock_gettime(CLOCK_REALTIME, &now);
	if (!result)
		result = cbd_series_json(request->http->series, query, cbd_monotonic_ms(),
					 (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &text,
					 error);
	json_decref(query);
	if (result < 0)
		cbd_answer_problem(request, cbd_problem_code(result), error);
	else
		cbd_answer_text(request, 200, "application/json", text);
}
