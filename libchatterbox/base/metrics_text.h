/* SPDX-License-Identifier: MIT */
/* metrics_text.h - writes the head of a family, and one sample, in either format */
#ifndef CBX_BASE_METRICS_TEXT_H
#define CBX_BASE_METRICS_TEXT_H

#include "common/text.h"

struct cbx_sample {
	const char *name;
	const char *suffix; /* "", "_bucket", ... */
	const char *label1; /* NULL = none */
	const char *value1;
	const char *label2;
	const char *value2;
	double bound; /* the label `le`; NaN = none */
	bool openmetrics;
};

void cbx_family_render(const char *name, const char *type, const char *help, bool openmetrics,
		       struct cbx_text *out);
void cbx_sample_render(const struct cbx_sample *sample, double value, struct cbx_text *out);

#endif
