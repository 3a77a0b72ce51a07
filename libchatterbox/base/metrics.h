/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - the figures of one engine: families of counters, gauges and histograms
 *
 * A registry belongs to one engine; there is no global one. Families are made once, at start, by
 * one thread; samples may then be taken and rendered by any thread. A family has at most two
 * labels; a label never carries a system or a job (contract 7). A child (one set of label values)
 * comes to life when it is first touched; at most 64 per family, later ones are counted under the
 * last one's place "other", so that bad input cannot grow it without bound.
 */
#ifndef CBX_BASE_METRICS_H
#define CBX_BASE_METRICS_H

#include "common/text.h"

#include <stdbool.h>

struct cbx_metrics;
struct cbx_metric; /* one family */

enum cbx_metric_type { CBX_COUNTER, CBX_GAUGE, CBX_HISTOGRAM };

int cbx_metrics_new(struct cbx_metrics **out);
void cbx_metrics_free(struct cbx_metrics *metrics);

/* @name, @help and the label names must outlive the registry; labels are NULL when unused.
 * A counter's @name ends in _total (the OpenMetrics rendering handles the difference).
 * Histograms use the fixed buckets 0.001 .. 300 s. NULL when out of memory. */
struct cbx_metric *cbx_metrics_add(struct cbx_metrics *metrics, enum cbx_metric_type type,
				   const char *name, const char *help, const char *label1,
				   const char *label2);

/* Take a sample. @metric may be NULL (then nothing happens), values of absent labels are NULL. */
void cbx_metric_add(struct cbx_metric *metric, const char *value1, const char *value2, double by);
void cbx_metric_set(struct cbx_metric *metric, const char *value1, const char *value2, double to);
void cbx_metric_observe(struct cbx_metric *metric, const char *value1, const char *value2,
			double seconds);
/* Forget all children: a gauge that no longer holds is not exported (a standby's job figures) */
void cbx_metric_clear(struct cbx_metric *metric);
/* The present value of a child, 0 when it has none; for histograms the count of observations */
double cbx_metric_get(struct cbx_metric *metric, const char *value1, const char *value2);

/* Prometheus text format 0.0.4, or OpenMetrics 1.0 (with its "# EOF"). Families without a child are
 * left out. */
void cbx_metrics_render(struct cbx_metrics *metrics, bool openmetrics, struct cbx_text *out);
/* The standard process_* families of this process; to be rendered before the registry's, whose end
 * is the end of the page. What /proc does not tell is left out. */
void cbx_metrics_process(struct cbx_text *out, bool openmetrics);

#endif
