// SPDX-License-Identifier: MIT
/*
 * count.c - a cell for each route and code that was answered so far
 *
 * Few routes and few codes: the cells are searched one by one.
 */
#include "count.h"

#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

struct cell {
	const char *route;
	unsigned code;
	unsigned long long answered;
};

#define CODES 24

struct cbd_counts {
	pthread_mutex_t lock; /* of everything below */
	size_t count;
	size_t capacity;
	struct cell cells[];
};

int cbd_counts_new(size_t routes, struct cbd_counts **out)
{
	size_t capacity = routes * CODES;
	struct cbd_counts *counts = calloc(1, sizeof(*counts) + capacity * sizeof(struct cell));

	if (!counts)
		return -ENOMEM;
	counts->capacity = capacity;
	pthread_mutex_init(&counts->lock, NULL);
	*out = counts;
	return 0;
}

void cbd_counts_freep(struct cbd_counts **counts)
{
	if (!*counts)
		return;
	pthread_mutex_destroy(&(*counts)->lock);
	free(*counts);
	*counts = NULL;
}

/* With the lock held; NULL when there is no room for a new one */
static struct cell *find(struct cbd_counts *counts, const char *route, unsigned code)
{
	size_t i;

	for (i = 0; i < counts->count; i++)
		if (counts->cells[i].code == code && !strcmp(counts->cells[i].route, route))
			return &counts->cells[i];
	if (i == counts->capacity)
		return NULL;
	counts->cells[i] = (struct cell){ .route = route, .code = code };
	return &counts->cells[counts->count++];
}

void cbd_counts_add(struct cbd_counts *counts, const char *route, unsigned code)
{
	struct cell *cell;

	pthread_mutex_lock(&counts->lock);
	cell = find(counts, route, code);
	if (cell)
		cell->answered++;
	pthread_mutex_unlock(&counts->lock);
}

static void print_head(FILE *out, bool openmetrics, const char *name, const char *type,
		       const char *help)
{
	/* OpenMetrics names a family of counters without the end of its samples' names */
	int len = (int)(strlen(name) - (openmetrics && !strcmp(type, "counter") ? 6 : 0));

	fprintf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name, type);
}

void cbd_counter_print(const char *name, const char *help, uint64_t value, bool openmetrics,
		       FILE *out)
{
	print_head(out, openmetrics, name, "counter", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

void cbd_gauge_print(const char *name, const char *help, FILE *out)
{
	print_head(out, false, name, "gauge", help);
}

void cbd_counts_print(struct cbd_counts *counts, size_t subscribers, bool openmetrics, FILE *out)
{
	size_t i;

	pthread_mutex_lock(&counts->lock);
	if (counts->count)
		print_head(out, openmetrics, "chatterbox_http_requests_total", "counter",
			   "Answered HTTP requests by route and code.");
	for (i = 0; i < counts->count; i++)
		fprintf(out, "chatterbox_http_requests_total{route=\"%s\",code=\"%u\"} %llu\n",
			counts->cells[i].route, counts->cells[i].code, counts->cells[i].answered);
	pthread_mutex_unlock(&counts->lock);
	print_head(out, openmetrics, "chatterbox_sse_subscribers", "gauge",
		   "Connected clients of the event stream.");
	fprintf(out, "chatterbox_sse_subscribers %zu\n", subscribers);
	if (openmetrics)
		fputs("# EOF\n", out);
}
