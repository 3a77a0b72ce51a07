// SPDX-License-Identifier: MIT
/*
 * bench_outlook.c - how often outlooks are right, and what they cost
 *
 *	bench_outlook night [VENUES] [SEED]	plays a night of 8 hours, and prints the tables of
 *						docs/outlook.md
 *	bench_outlook cost [SYSTEMS] [JOBS]	judges all of them, as after a round in which each
 *						job was reported
 */
#include "night.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define MARGIN (10 * MINUTE)
#define REPORT_S 30

static double cpu(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* --- the night --- */

static void print_foretold(const struct night *night, int minutes)
{
	size_t counts[CBX_OUTLOOK_STATES][2] = { { 0 } };
	size_t i;
	int state;

	for (i = 0; i < night->count; i++) {
		const struct venue *venue = &night->venues[i];

		counts[venue_told_at(venue, venue->activate_s - minutes * MINUTE - 1)]
		      [venue_is_late(venue, 0)]++;
	}
	printf("\n| told %d min ahead | in time | late |\n| --- | ---: | ---: |\n", minutes);
	for (state = CBX_ON_TIME; state <= CBX_LATE; state++)
		printf("| `%s` | %zu | %zu |\n",
		       cbx_outlook_state_name((enum cbx_outlook_state)state), counts[state][0],
		       counts[state][1]);
}

static int compare(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a;
	int64_t second = *(const int64_t *)b;

	return first < second ? -1 : first > second;
}

static void print_warnings(const struct night *night, enum venue_kind kind)
{
	int64_t *warned = calloc(night->count + 1, sizeof(*warned));
	size_t venues = 0;
	size_t late = 0;
	size_t unwarned = 0;
	size_t changes = 0;
	size_t i;

	for (i = 0; warned && i < night->count; i++) {
		const struct venue *venue = &night->venues[i];

		if (venue->kind != kind)
			continue;
		venues++;
		changes += venue->change_count;
		if (!venue_is_late(venue, 0))
			continue;
		unwarned += !venue_warned_s(venue);
		warned[late++] = venue_warned_s(venue);
	}
	if (!warned || !venues)
		return;
	qsort(warned, late, sizeof(*warned), compare);
	printf("| %s | %zu | %zu | %zu |", venue_kind_name(kind), venues, late, unwarned);
	if (late)
		printf(" %lld | %lld | %lld |", (long long)warned[late / 10] / MINUTE,
		       (long long)warned[late / 2] / MINUTE,
		       (long long)warned[late * 9 / 10] / MINUTE);
	else
		printf(" – | – | – |");
	printf(" %.1f |\n", (double)changes / (double)venues);
	free(warned);
}

static void print_promises(const struct night *night)
{
	size_t steady = 0;
	size_t broken = 0;
	size_t foreseeable = 0;
	size_t untold = 0;
	size_t flapped = 0;
	size_t i;

	for (i = 0; i < night->count; i++) {
		const struct venue *venue = &night->venues[i];
		int64_t at = venue->activate_s;

		if (venue_is_steady(venue, at, 30 * MINUTE)) {
			steady++;
			broken += venue_told_at(venue, at) == CBX_ON_TIME &&
				  venue_is_late(venue, MARGIN);
		}
		if (venue_is_steady(venue, at, 60 * MINUTE) && venue_is_late(venue, 0)) {
			foreseeable++;
			untold += venue_told_at(venue, at - 30 * MINUTE) < CBX_AT_RISK;
		}
		if (venue->kind <= SLOW)
			flapped += venue_most_changes(venue) > 2;
	}
	printf("\n| promise | venues | broken |\n| --- | ---: | ---: |\n");
	printf("| a steady pace for 30 min, told as on time: not late by more than the margin | "
	       "%zu | "
	       "%zu |\n",
	       steady, broken);
	printf("| late at a pace that was steady for 60 min: told 30 min ahead | %zu | %zu |\n",
	       foreseeable, untold);
	printf("| a steady pace all night: at most 2 changes an hour | – | %zu |\n", flapped);
}

static int play(size_t venues, uint64_t seed)
{
	struct night night;
	double began = cpu();
	int kind;

	night_begin(&night, venues, seed, REPORT_S);
	night_play(&night);
	printf("%zu venues, %d hours, a report every %d s, seed %llu: %.1f s, of which %.1f s are "
	       "outlooks.\n",
	       venues, NIGHT_HOURS, REPORT_S, (unsigned long long)seed, cpu() - began,
	       night.judged_s);
	print_promises(&night);
	print_foretold(&night, 120);
	print_foretold(&night, 60);
	print_foretold(&night, 30);
	print_foretold(&night, 0);
	printf("\n| what happens | venues | late | of these never warned of | warned ahead, min: a "
	       "tenth "
	       "less than | median | a tenth more than | told per night |\n"
	       "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (kind = STEADY; kind < VENUE_KINDS; kind++)
		print_warnings(&night, (enum venue_kind)kind);
	night_end(&night);
	return 0;
}

/* --- the cost --- */

static struct cbx_job_list **lists;

static void give_facts(void *user, const char *system, struct cbx_outlook_facts *out)
{
	const struct cbx_outlook_world *world = user;

	out->jobs = lists[strtoul(system + 1, NULL, 10)];
	out->listed_ms = world->now_ms - 1000;
}

static struct cbx_job_list *make_list(const char *system, size_t jobs, int64_t now_ms)
{
	struct cbx_job **made = calloc(jobs, sizeof(struct cbx_job *));
	struct cbx_job_list *list = NULL;
	size_t i;

	for (i = 0; made && i < jobs; i++) {
		struct cbx_status_parts parts;
		struct cbx_status *status = NULL;

		cbx_status_parts_init(&parts);
		parts.system = system;
		parts.system_len = strlen(system);
		parts.job_id = (int64_t)i;
		parts.text = "Running";
		parts.text_len = 7;
		parts.percent_text = "42";
		parts.percent_len = 2;
		parts.tail = ",\"files_downloading\":[\"a.mp3\",\"b.mp3\"],\"list_id\":\"list-7\"";
		parts.tail_len = strlen(parts.tail);
		parts.list_len = strlen("\"list-7\"");
		parts.list_at = parts.tail_len - parts.list_len;
		if (cbx_status_new(&parts, &status) < 0 || cbx_job_new(status, &made[i]) < 0)
			exit(1);
		cbx_status_unref(status);
		made[i]->kind = CBX_RUNNING;
		made[i]->phase = CBX_LIVE;
		made[i]->first_seen_ms = now_ms - 3600000;
		made[i]->figures.rate = 1e-4;
		made[i]->figures.progress = 0.42;
	}
	if (!made || cbx_job_list_new(made, jobs, &list) < 0)
		exit(1);
	for (i = 0; i < jobs; i++)
		cbx_job_unref(made[i]);
	free(made);
	return list;
}

/* All jobs have moved on, as after a round in which each was reported */
static void move_all(size_t systems, int round)
{
	size_t i;
	size_t k;

	for (i = 0; i < systems; i++)
		for (k = 0; k < lists[i]->count; k++)
			lists[i]->jobs[k]->figures.progress = 0.42 + 0.001 * round;
}

static void one_round(struct cbx_outlooks *table, struct cbx_outlook_world *world, size_t systems)
{
	struct cbx_outlook_list *frozen = NULL;
	bool changed;
	char name[24];
	size_t i;

	for (i = 0; i < systems; i++) {
		snprintf(name, sizeof(name), "V%05zu", i);
		cbx_outlooks_touch(table, name);
	}
	if (cbx_outlooks_judge(table, world, &changed) < 0)
		exit(1);
	cbx_outlooks_recorded(table);
	/* a snapshot each second, of a round of ten */
	for (i = 0; i < 10; i++) {
		world->now_ms += 1000;
		if (cbx_outlooks_judge(table, world, &changed) < 0 ||
		    cbx_outlooks_freeze(table, &frozen) < 0)
			exit(1);
		cbx_outlook_list_unref(frozen);
	}
}

static int measure(size_t systems, size_t jobs)
{
	struct cbx_outlook_world world = { .rules = { .margin_ms = 600000,
						      .horizon_ms = 21600000,
						      .keep_ms = 86400000,
						      .listed_ms = 1200000,
						      .stall_after = 900000000000ULL },
					   .now = 1000000000000ULL,
					   .now_ms = 1764543600000LL,
					   .facts = give_facts };
	struct cbx_outlooks *table = NULL;
	double began;
	char name[24];
	size_t i;
	int round;

	world.user = &world;
	lists = calloc(systems, sizeof(struct cbx_job_list *));
	if (!lists || cbx_outlooks_new(&table) < 0)
		return 1;
	cbx_outlooks_read_begin(table);
	for (i = 0; i < systems; i++) {
		snprintf(name, sizeof(name), "V%05zu", i);
		lists[i] = make_list(name, jobs, world.now_ms);
		if (cbx_outlooks_read_row(table, name, "list-7", world.now_ms + 14400000) < 0)
			return 1;
	}
	cbx_outlooks_read_end(table);
	one_round(table, &world, systems);
	began = cpu();
	for (round = 1; round <= 20; round++) {
		move_all(systems, round);
		one_round(table, &world, systems);
	}
	printf("%zu systems, %zu jobs each, all of them reported: %.1f ms of CPU for each round\n",
	       systems, jobs, (cpu() - began) * 1000 / 20);
	for (i = 0; i < systems; i++)
		cbx_job_list_unref(lists[i]);
	free(lists);
	cbx_outlooks_free(table);
	return 0;
}

int main(int argc, char **argv)
{
	size_t first = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	size_t second = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	if (argc > 1 && !strcmp(argv[1], "night"))
		return play(first, second ?: 1);
	if (argc > 1 && !strcmp(argv[1], "cost"))
		return measure(first, second ?: 4);
	fprintf(stderr, "usage: bench_outlook night [VENUES] [SEED] | cost [SYSTEMS] [JOBS]\n");
	return 64;
}
