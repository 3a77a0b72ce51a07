/* SPDX-License-Identifier: MIT */
/* metrics_inside.h - what a family consists of, for metrics.c */
#ifndef CBX_BASE_METRICS_INSIDE_H
#define CBX_BASE_METRICS_INSIDE_H

#include "base/metrics.h"

#include <pthread.h>
#include <stdint.h>

#define CBX_METRIC_CHILDREN 64
#define CBX_METRIC_BUCKETS 17

struct cbx_metric_child {
	char *value1;
	char *value2;
	double value;      /* of a histogram: the sum */
	uint64_t count;    /* of a histogram's observations */
	uint64_t *buckets; /* not cumulative; NULL in other families */
};

struct cbx_metric {
	struct cbx_metric *next;
	pthread_mutex_t lock;
	enum cbx_metric_type type;
	const char *name;
	const char *help;
	const char *label1;
	const char *label2;
	size_t count;
	struct cbx_metric_child children[CBX_METRIC_CHILDREN];
};

#endif
