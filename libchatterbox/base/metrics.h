/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - counters, gauges and histograms
 *
 * A registry belongs to one engine; there is no global one. One thread creates the families at
 * start; then any thread may count and render. A family has at most two labels, and no label ever
 * holds a system or a job (contract 7). A child (one set of label values) appears when it is first
 * used. There are 64 children per family at most; later ones share the child "other", so that bad
 * input can't make a family grow without bound.
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

/* These count. @metric may be NULL, and nothing happens; the values of absent labels are NULL. */
void cbx_metric_add(struct cbx_metric *metric, const char *value1, const char *value2, double by);
void cbx_metric_set(struct cbx_metric *metric, const char *value1, const char *value2, double to);
void cbx_metric_observe(struct cbx_metric *metric, const char *value1, const char *value2,
			double seconds);
/* Removes all children: a gauge that no longer applies is not exported (as a standby's figures of
 * jobs) */
void cbx_metric_clear(struct cbx_metric *metric);

/* Prometheus text format 0.0.4, or OpenMetrics 1.0 without its "# EOF": the host's families follow.
 * Families without a child are left out. */
void cbx_metrics_render(struct cbx_metrics *metrics, bool openmetrics, struct cbx_text *out);
/* Renders the standard process_* families. What /proc does not say is left out. */
void cbx_metrics_process(struct cbx_text *out, bool openmetrics);

#endif
