// SPDX-License-Identifier: MIT
/* metric_value.c - reads a family from inside, as no program does that only shows them */
#include "metric_value.h"

#include "base/metrics_inside.h"

#include <string.h>

double metric_value(struct cbx_metric *metric, const char *value1, const char *value2)
{
	double value = 0;
	size_t i;

	if (!metric)
		return 0;
	pthread_mutex_lock(&metric->lock);
	for (i = 0; i < metric->count; i++) {
		const struct cbx_metric_child *child = &metric->children[i];

		if (!strcmp(child->value1, value1 ? value1 : "") &&
		    !strcmp(child->value2, value2 ? value2 : ""))
			value = metric->type == CBX_HISTOGRAM ? (double)child->count : child->value;
	}
	pthread_mutex_unlock(&metric->lock);
	return value;
}
