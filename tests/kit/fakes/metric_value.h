/* SPDX-License-Identifier: MIT */
/* metric_value.h - what a family has counted */
#ifndef KIT_METRIC_VALUE_H
#define KIT_METRIC_VALUE_H

#include "base/metrics.h"

/* The value of a child, 0 when there is none; of a histogram the count. @metric may be NULL */
double metric_value(struct cbx_metric *metric, const char *value1, const char *value2);

#endif
