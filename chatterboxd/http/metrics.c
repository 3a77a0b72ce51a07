// SPDX-License-Identifier: MIT
/*
 * metrics.c - GET /metrics: the engine's figures, then those of the daemon
 *
 * One family is of both: certificates. Its samples have to stand together, so that of HTTP is put
 * behind the head that the engine has written.
 */
#include "common/cleanup.h"
#include "count.h"
#include "exchange.h"
#include "server.h"
#include "tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define ENDS "chatterbox_certificate_not_after_timestamp_seconds"
#define ENDS_HELP "When the first certificate ends that connections to the server, or of HTTP, use."

static void print_engine(const char *text, int64_t ends, FILE *out)
{
	static const char type[] = "\n# TYPE " ENDS " gauge\n";
	const char *head = strstr(text, type);
	const char *rest = head ? head + sizeof(type) - 1 : text;

	fwrite(text, 1, (size_t)(rest - text), out);
	if (ends && head)
		fprintf(out, ENDS "{server=\"http\"} %" PRId64 "\n", ends);
	fputs(rest, out);
	if (!ends || head)
		return;
	cbd_gauge_print(ENDS, ENDS_HELP, out);
	fprintf(out, ENDS "{server=\"http\"} %" PRId64 "\n", ends);
}

/* NULL when there is no memory for all of it */
static char *metrics_text(struct cbd_request *request, bool openmetrics)
{
	cbx_auto(cbx_freep) char *engine = NULL;
	const struct cbd_http *http = request->http;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (chatterbox_get_metrics(request->box, openmetrics, &engine) < 0)
		return NULL;
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	print_engine(engine, http->tls ? cbd_tls_ends() : 0, out);
	cbd_counter_print("chatterbox_log_lines_dropped_total",
			  "Log lines that could not be written.",
			  http->log_dropped ? http->log_dropped(http->log_user) : 0, openmetrics,
			  out);
	cbd_gauge_print("chatterbox_config_last_reload_successful",
			"1 when the configuration that was read last is in force.", out);
	fprintf(out, "chatterbox_config_last_reload_successful %d\n", !http->reload_failed);
	cbd_counts_print(http->counts, cbd_hub_count(http->hub), openmetrics, out);
	if (fclose(out))
		free(cbx_steal(text));
	return text;
}

void cbd_answer_metrics(struct cbd_request *request)
{
	bool openmetrics = request->openmetrics;

	request->answer.vary = true;
	cbd_answer_text(request, 200, openmetrics ? OPENMETRICS : PROMETHEUS,
			metrics_text(request, openmetrics));
}
