// SPDX-License-Identifier: MIT
/*
 * bench_incidents.c - what incidents cost a round of 10 000 systems with 5 running jobs each
 *
 *	bench_incidents [turns]
 *
 * CPU time of the look at all systems after a round in which nothing happened, of 10 000 failures
 * with one code, and of as many with 2500 codes, which wait in their groups.
 */
#include "common/array.h"
#include "controller/incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SYSTEMS 10000
#define JOBS 5

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct cbx_road road;
static struct cbx_settings settings;

static void name_of(int i, char out[32])
{
	snprintf(out, 32, "NL-HDMS-%06d", i);
}

static void must(int result)
{
	if (result < 0)
		exit(1);
}

static void add_job(const char *system, int64_t id)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	struct cbx_status_parts parts;

	cbx_status_parts_init(&parts);
	parts.system = system;
	parts.system_len = strlen(system);
	parts.job_id = id;
	parts.text = "Running";
	parts.text_len = strlen("Running");
	parts.percent_text = "42";
	parts.percent_len = 2;
	must(cbx_status_new(&parts, &status));
	must(cbx_job_new(status, &job));
	job->kind = CBX_RUNNING;
	job->phase = CBX_LIVE;
	job->figures.counted_at = cbx_now(road.clock);
	must(cbx_active_jobs_put(road.jobs, system, job));
}

static void make_fleet(void)
{
	char system[32];
	int i;
	int k;

	road.clock = cbx_system_clock();
	road.settings = &settings;
	settings.stall_after_ns = 900 * CBX_SECOND;
	must(cbx_active_jobs_new(&road.jobs));
	must(cbx_systems_new(&road.systems));
	for (i = 0; i < SYSTEMS; i++) {
		name_of(i, system);
		if (!cbx_systems_get(road.systems, system))
			exit(1);
		for (k = 1; k <= JOBS; k++)
			add_job(system, k);
	}
}

/* 10 000 failures, of @codes codes */
static double fail(int codes)
{
	struct cbx_incidents *incidents = NULL;
	char system[32];
	char code[32];
	double began;
	int i;

	must(cbx_incidents_new(&incidents));
	began = cpu_ms();
	for (i = 0; i < SYSTEMS; i++) {
		const struct cbx_trouble trouble = {
			.at_ms = 1000000, .system = system, .job_id = 1, .code = code
		};

		name_of(i, system);
		/* of many codes none is at five systems */
		snprintf(code, sizeof(code), "code-%d", codes == 1 ? 0 : i / 4);
		must(cbx_incidents_add(incidents, &trouble, SYSTEMS));
	}
	began = cpu_ms() - began;
	cbx_incidents_free(incidents);
	return began;
}

int main(int argc, char **argv)
{
	int turns = argc > 1 ? atoi(argv[1]) : 20;
	struct cbx_incident_keeper keeper = { .road = &road };
	double best = 1e9;
	double one = 1e9;
	double many = 1e9;

	make_fleet();
	must(cbx_incidents_new(&keeper.incidents));
	while (turns-- > 0) {
		double began = cpu_ms();
		double took;

		must(cbx_incidents_scan(&keeper, false));
		took = cpu_ms() - began;
		best = took < best ? took : best;
		took = fail(1);
		one = took < one ? took : one;
		took = fail(2);
		many = took < many ? took : many;
	}
	printf("a look at %d systems with %d jobs each: %.2f ms\n", SYSTEMS, JOBS, best);
	printf("%d failures with one code: %.2f ms\n", SYSTEMS, one);
	printf("%d failures with %d codes: %.2f ms\n", SYSTEMS, SYSTEMS / 4, many);
	cbx_incidents_free(keeper.incidents);
	cbx_active_jobs_free(road.jobs);
	cbx_systems_free(road.systems);
	return 0;
}
