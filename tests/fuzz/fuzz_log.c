// SPDX-License-Identifier: MIT
/*
 * fuzz_log.c - whatever a server or a system said, in a log line, a problem, a label of a metric
 *
 * Each is one line of valid UTF-8 without control characters, and JSON where it is JSON.
 */
#include "fuzz.h"

#include "base/metrics.h"
#include "common/utf8.h"
#include "http/problem.h"
#include "log_line.h"

#include <string.h>

#define FIELDS 8

/* One line, its newline included; @pretty ones have no colour */
static void check_line(const char *line, int len)
{
	int i;

	FUZZ_CHECK(len > 0 && strlen(line) == (size_t)len && line[len - 1] == '\n');
	FUZZ_CHECK(cbx_utf8_valid(line, (size_t)len));
	for (i = 0; i < len - 1; i++) {
		FUZZ_CHECK((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
		FUZZ_CHECK((unsigned char)line[i] != 0xc2 || (unsigned char)line[i + 1] >= 0xa0);
	}
}

static void try_lines(char *const *texts, size_t count)
{
	struct chatterbox_log_field fields[FIELDS];
	struct cbd_log_line line = { .name = texts[0],
				     .hostname = texts[1],
				     .pid = 1,
				     .level = CHATTERBOX_LOG_WARN,
				     .fields = fields,
				     .message = texts[2] };
	char *text = NULL;
	json_t *json;
	int len;

	for (; 2 * line.count + 4 < count && line.count < FIELDS; line.count++)
		fields[line.count] = (struct chatterbox_log_field){ texts[2 * line.count + 3],
								    texts[2 * line.count + 4] };
	len = cbd_log_line_bunyan(&line, &text);
	check_line(text, len);
	json = fuzz_json(text, (size_t)len);
	FUZZ_CHECK(json_integer_value(json_object_get(json, "pid")) == 1);
	FUZZ_CHECK(json_is_string(json_object_get(json, "msg")));
	json_decref(json);
	free(text);
	len = cbd_log_line_pretty(&line, false, &text);
	check_line(text, len);
	free(text);
}

static void try_problem(char *const *texts)
{
	char *text;
	json_t *json;
	const char *instance;

	/* these come from readers that have checked them */
	if (!cbx_utf8_valid(texts[1], strlen(texts[1])) ||
	    !cbx_utf8_valid(texts[2], strlen(texts[2])))
		return;
	text = cbd_problem_json(400, texts[1], texts[0], texts[2]);
	FUZZ_CHECK(text);
	json = fuzz_json(text, strlen(text));
	FUZZ_CHECK(!strcmp(json_string_value(json_object_get(json, "detail")), texts[1]));
	instance = json_string_value(json_object_get(json, "instance"));
	for (; *instance; instance++)
		FUZZ_CHECK(*instance > ' ' && *instance < 0x7f && !strchr("\"<>\\", *instance));
	FUZZ_CHECK(!*texts[2] == !json_object_get(json, "code"));
	json_decref(json);
	free(text);
}

static void try_label(const char *value)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbx_metrics *metrics = NULL;
	struct cbx_metric *family;
	size_t lines = 0;
	size_t i;

	FUZZ_CHECK(!cbx_metrics_new(&metrics));
	family = cbx_metrics_add(metrics, CBX_COUNTER, "x_total", "help", "kind", NULL);
	cbx_metric_add(family, value, NULL, 1);
	cbx_metrics_render(metrics, false, &text);
	for (i = 0; i < text.len; i++)
		lines += text.bytes[i] == '\n';
	/* HELP, TYPE, the sample; what the process itself adds is not in a bare registry */
	FUZZ_CHECK(lines == 3 && text.bytes[text.len - 1] == '\n');
	cbx_metrics_free(metrics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	char *texts[2 * FIELDS + 4];
	size_t count = 0;

	while (count < CBX_COUNT(texts) && (in.left || count < 3))
		texts[count++] = fuzz_line(&in);
	try_lines(texts, count);
	try_problem(texts);
	try_label(texts[0]);
	while (count)
		free(texts[--count]);
	return 0;
}
