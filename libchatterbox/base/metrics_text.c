// SPDX-License-Identifier: MIT
/*
 * metrics_text.c - the text formats of metrics: Prometheus 0.0.4 and OpenMetrics 1.0
 *
 * They differ in the name of a counter's family (in OpenMetrics only the sample ends in _total), in
 * how a bucket's bound is written ("1" or "1.0"), and in what is escaped in help texts.
 */
#include "base/metrics_text.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

static void put_escaped(struct cbx_text *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\\' || (quotes && *text == '"'))
			cbx_text_putc(out, '\\');
		if (*text == '\n')
			cbx_text_puts(out, "\\n");
		else
			cbx_text_putc(out, *text);
	}
}

static void put_number(struct cbx_text *out, double value)
{
	char text[CBX_NUMBER_TEXT];

	if (isnan(value))
		cbx_text_puts(out, "NaN");
	else if (isinf(value))
		cbx_text_puts(out, value > 0 ? "+Inf" : "-Inf");
	else
		cbx_text_add(out, text, cbx_number_format(value, text));
}

void cbx_family_render(const char *name, const char *type, const char *help, bool openmetrics,
		       struct cbx_text *out)
{
	static const char total[] = "_total";
	size_t len = strlen(name);

	if (openmetrics && !strcmp(type, "counter") && len > sizeof(total) - 1 &&
	    !strcmp(name + len - (sizeof(total) - 1), total))
		len -= sizeof(total) - 1;
	cbx_text_puts(out, "# HELP ");
	cbx_text_add(out, name, len);
	cbx_text_putc(out, ' ');
	put_escaped(out, help, openmetrics);
	cbx_text_puts(out, "\n# TYPE ");
	cbx_text_add(out, name, len);
	cbx_text_putc(out, ' ');
	cbx_text_puts(out, type);
	cbx_text_putc(out, '\n');
}

static void put_label(struct cbx_text *out, char *before, const char *label, const char *value)
{
	cbx_text_putc(out, *before);
	cbx_text_puts(out, label);
	cbx_text_puts(out, "=\"");
	put_escaped(out, value, true);
	cbx_text_putc(out, '"');
	*before = ',';
}

static void put_bound(const struct cbx_sample *sample, char *before, struct cbx_text *out)
{
	cbx_text_putc(out, *before);
	cbx_text_puts(out, "le=\"");
	put_number(out, sample->bound);
	if (sample->openmetrics && sample->bound == floor(sample->bound) && isfinite(sample->bound))
		cbx_text_puts(out, ".0");
	cbx_text_putc(out, '"');
	*before = ',';
}

void cbx_sample_render(const struct cbx_sample *sample, double value, struct cbx_text *out)
{
	char before = '{';

	cbx_text_puts(out, sample->name);
	cbx_text_puts(out, sample->suffix);
	if (sample->label1)
		put_label(out, &before, sample->label1, sample->value1);
	if (sample->label2)
		put_label(out, &before, sample->label2, sample->value2);
	if (!isnan(sample->bound))
		put_bound(sample, &before, out);
	if (before == ',')
		cbx_text_putc(out, '}');
	cbx_text_putc(out, ' ');
	put_number(out, value);
	cbx_text_putc(out, '\n');
}
