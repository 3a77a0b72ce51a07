// SPDX-License-Identifier: MIT
/*
 * metrics.c - a registry of metric families, each with its own lock
 *
 * Rendering locks one family at a time, so counting never waits for more than microseconds. If
 * there is no memory for a sample it is lost: a figure is never worth an error.
 */
#include "base/metrics_inside.h"
#include "base/metrics_text.h"
#include "common/cleanup.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const double bounds[CBX_METRIC_BUCKETS] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
						   0.1,   0.25,   0.5,   1,    2.5,   5,
						   10,    30,     60,    120,  300 };

struct cbx_metrics {
	struct cbx_metric *first;
	struct cbx_metric **last;
};

int cbx_metrics_new(struct cbx_metrics **out)
{
	struct cbx_metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return -ENOMEM;
	metrics->last = &metrics->first;
	*out = metrics;
	return 0;
}

static void forget_children(struct cbx_metric *metric)
{
	size_t i;

	for (i = 0; i < metric->count; i++) {
		free(metric->children[i].value1);
		free(metric->children[i].value2);
		free(metric->children[i].buckets);
	}
	metric->count = 0;
}

void cbx_metrics_free(struct cbx_metrics *metrics)
{
	struct cbx_metric *metric;
	struct cbx_metric *next;

	if (!metrics)
		return;
	for (metric = metrics->first; metric; metric = next) {
		next = metric->next;
		forget_children(metric);
		pthread_mutex_destroy(&metric->lock);
		free(metric);
	}
	free(metrics);
}

struct cbx_metric *cbx_metrics_add(struct cbx_metrics *metrics, enum cbx_metric_type type,
				   const char *name, const char *help, const char *label1,
				   const char *label2)
{
	struct cbx_metric *metric = calloc(1, sizeof(*metric));

	if (!metric)
		return NULL;
	if (pthread_mutex_init(&metric->lock, NULL)) {
		free(metric);
		return NULL;
	}
	metric->type = type;
	metric->name = name;
	metric->help = help;
	metric->label1 = label1;
	metric->label2 = label2;
	*metrics->last = metric;
	metrics->last = &metric->next;
	return metric;
}

static struct cbx_metric_child *find_child(struct cbx_metric *metric, const char *value1,
					   const char *value2)
{
	size_t i;

	for (i = 0; i < metric->count; i++)
		if (!strcmp(metric->children[i].value1, value1) &&
		    !strcmp(metric->children[i].value2, value2))
			return &metric->children[i];
	return NULL;
}

static struct cbx_metric_child *add_child(struct cbx_metric *metric, const char *value1,
					  const char *value2)
{
	struct cbx_metric_child child = { 0 };

	child.value1 = strdup(value1);
	child.value2 = strdup(value2);
	if (metric->type == CBX_HISTOGRAM)
		child.buckets = calloc(CBX_METRIC_BUCKETS, sizeof(child.buckets[0]));
	if (!child.value1 || !child.value2 || (metric->type == CBX_HISTOGRAM && !child.buckets)) {
		free(child.value1);
		free(child.value2);
		free(child.buckets);
		return NULL;
	}
	metric->children[metric->count] = child;
	return &metric->children[metric->count++];
}

/* Finds or creates a child; call it with the lock held. The last place is for all that found none.
 */
static struct cbx_metric_child *touch(struct cbx_metric *metric, const char *value1,
				      const char *value2)
{
	struct cbx_metric_child *child;

	value1 = metric->label1 && value1 ? value1 : "";
	value2 = metric->label2 && value2 ? value2 : "";
	child = find_child(metric, value1, value2);
	if (child)
		return child;
	if (metric->count < CBX_METRIC_CHILDREN - 1)
		return add_child(metric, value1, value2);
	value1 = metric->label1 ? "other" : "";
	value2 = metric->label2 ? "other" : "";
	child = find_child(metric, value1, value2);
	return child ? child : add_child(metric, value1, value2);
}

void cbx_metric_add(struct cbx_metric *metric, const char *value1, const char *value2, double by)
{
	struct cbx_metric_child *child;

	if (!metric || (metric->type == CBX_COUNTER && !(by >= 0)))
		return;
	pthread_mutex_lock(&metric->lock);
	child = touch(metric, value1, value2);
	if (child)
		child->value += by;
	pthread_mutex_unlock(&metric->lock);
}

void cbx_metric_set(struct cbx_metric *metric, const char *value1, const char *value2, double to)
{
	struct cbx_metric_child *child;

	if (!metric)
		return;
	pthread_mutex_lock(&metric->lock);
	child = touch(metric, value1, value2);
	if (child)
		child->value = to;
	pthread_mutex_unlock(&metric->lock);
}

void cbx_metric_observe(struct cbx_metric *metric, const char *value1, const char *value2,
			double seconds)
{
	struct cbx_metric_child *child;
	size_t i;

	if (!metric || metric->type != CBX_HISTOGRAM || isnan(seconds))
		return;
	for (i = 0; i < CBX_METRIC_BUCKETS && seconds > bounds[i]; i++)
		;
	pthread_mutex_lock(&metric->lock);
	child = touch(metric, value1, value2);
	if (child) {
		child->value += seconds;
		child->count++;
		if (i < CBX_METRIC_BUCKETS)
			child->buckets[i]++;
	}
	pthread_mutex_unlock(&metric->lock);
}

void cbx_metric_clear(struct cbx_metric *metric)
{
	if (!metric)
		return;
	pthread_mutex_lock(&metric->lock);
	forget_children(metric);
	pthread_mutex_unlock(&metric->lock);
}

static void render_histogram(const struct cbx_metric_child *child, struct cbx_sample *sample,
			     struct cbx_text *out)
{
	uint64_t total = 0;
	size_t i;

	sample->suffix = "_bucket";
	for (i = 0; i < CBX_METRIC_BUCKETS; i++) {
		total += child->buckets[i];
		sample->bound = bounds[i];
		cbx_sample_render(sample, (double)total, out);
	}
	sample->bound = INFINITY;
	cbx_sample_render(sample, (double)child->count, out);
	sample->bound = NAN;
	sample->suffix = "_sum";
	cbx_sample_render(sample, child->value, out);
	sample->suffix = "_count";
	cbx_sample_render(sample, (double)child->count, out);
}

static void render_family(struct cbx_metric *metric, bool openmetrics, struct cbx_text *out)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	size_t i;

	pthread_mutex_lock(&metric->lock);
	if (metric->count)
		cbx_family_render(metric->name, types[metric->type], metric->help, openmetrics,
				  out);
	for (i = 0; i < metric->count; i++) {
		const struct cbx_metric_child *child = &metric->children[i];
		struct cbx_sample sample = {
			.name = metric->name,
			.suffix = "",
			.label1 = metric->label1,
			.value1 = child->value1,
			.label2 = metric->label2,
			.value2 = child->value2,
			.bound = NAN,
			.openmetrics = openmetrics,
		};

		if (metric->type == CBX_HISTOGRAM)
			render_histogram(child, &sample, out);
		else
			cbx_sample_render(&sample, child->value, out);
	}
	pthread_mutex_unlock(&metric->lock);
}

void cbx_metrics_render(struct cbx_metrics *metrics, bool openmetrics, struct cbx_text *out)
{
	struct cbx_metric *metric;

	for (metric = metrics->first; metric; metric = metric->next)
		render_family(metric, openmetrics, out);
}
