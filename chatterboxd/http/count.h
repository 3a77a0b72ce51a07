/* SPDX-License-Identifier: MIT */
/* count.h - how many requests were answered, for /metrics: the figures that are not the engine's */
#ifndef CBD_COUNT_H
#define CBD_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cbd_counts;

/* @routes: how many there are; each may be answered with two dozen codes */
int cbd_counts_new(size_t routes, struct cbd_counts **out);
void cbd_counts_freep(struct cbd_counts **counts);
/* Any thread. @route: a pattern of the table or another static text; never a path as it came. */
void cbd_counts_add(struct cbd_counts *counts, const char *route, unsigned code);
/* One counter without labels */
void cbd_counter_print(const char *name, const char *help, uint64_t value, bool openmetrics,
		       FILE *out);
/* The head of a gauge, whose samples follow; it is the same in both formats */
void cbd_gauge_print(const char *name, const char *help, FILE *out);
/* The families, and what ends a page, in the Prometheus text format or in OpenMetrics' */
void cbd_counts_print(struct cbd_counts *counts, size_t subscribers, bool openmetrics, FILE *out);

#endif
