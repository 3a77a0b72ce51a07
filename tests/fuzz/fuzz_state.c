// SPDX-License-Identifier: MIT
/*
 * fuzz_state.c - what stands in the shared state, read back at a take-over
 *
 * Each line is a field that somebody wrote: its first byte picks the hash, then comes the field's
 * name up to the first space, then its value. Whatever it says, the load succeeds, every job stays
 * the one that SQL knows, every system has a possible name, and what is shared afterwards is whole.
 */
#include "fuzz.h"

#include "base/read.h"
#include "memory_servers.h"
#include "road_world.h"

#include <stdio.h>
#include <string.h>

#define LINES 16
#define RENEW 500

static unsigned runs;

static void make_world(void)
{
	world_set_up();
	fuzz_world_controllers();
	world_insert("ABC1", "17 Running 42% t=Music", "ocd", 3);
	world_insert("ABC1", "18 Paused", "user", 1);
	world_insert("ABC1", "19 Started", "ocd", 0);
	world_insert("ABC1", "20 Errored", "ocd", 2);
	world_lead();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_world();
	return 0;
}

static void write_field(char *line, size_t len)
{
	char *space = memchr(line, ' ', len);
	struct cbx_field field = { .name = line + 1 };
	struct cbx_state_write write = { .system = "ABC1",
					 .number = (uint64_t)world.epoch << 32,
					 .live = true,
					 .fields = &field,
					 .field_count = 1 };

	if (!space || space == line)
		return;
	*space = '\0';
	field.value = space + 1;
	field.value_len = len - (size_t)(space + 1 - line);
	if (line[0] % 3 == 0)
		world.eye->ops->write_jobs(world.eye, &write, 1);
	else
		world.eye->ops->write_systems(
			world.eye, world.epoch,
			line[0] % 3 == 1 ? CBX_ONLINE_SYSTEMS : CBX_INTERNAL_SYSTEMS, &field, 1);
}

static void write_fields(struct fuzz_input in)
{
	size_t lines;

	for (lines = 0; in.left && lines < LINES; lines++) {
		const char *end = memchr(in.at, '\n', in.left);
		size_t len = end ? (size_t)(end - in.at) : in.left;
		char *line = malloc(len + 1);

		FUZZ_CHECK(line);
		memcpy(line, in.at, len);
		line[len] = '\0';
		if (len)
			write_field(line, len);
		free(line);
		in.at += end ? len + 1 : len;
		in.left -= end ? len + 1 : len;
	}
}

static void check_jobs(void)
{
	const struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, "ABC1");
	size_t i;

	for (i = 0; i < list->count; i++) {
		fuzz_check_status(list->jobs[i]->status);
		FUZZ_CHECK(!strcmp(list->jobs[i]->status->system, "ABC1"));
	}
	world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Paused r1 live user\n"
			  "ABC1/19 Started r0 unheard ocd\nABC1/20 Errored r2 ended ocd\n");
}

static void check_systems(void)
{
	struct cbx_system_entry *const *all = cbx_systems_all(road->systems);
	size_t count = cbx_systems_count(road->systems);
	size_t i;

	for (i = 0; i < count; i++) {
		cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
		const char *name = all[i]->system->name;
		size_t len = strlen(name);

		FUZZ_CHECK(cbx_system_name(&name, &len) && !name[len]);
		cbx_system_json(all[i]->system, &text);
		json_decref(fuzz_json(text.bytes, text.len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t removed = 0;

	if (++runs % RENEW == 0) {
		world_tear_down();
		make_world();
	}
	cbx_memory_store_flush(world.store);
	write_fields(fuzz_input(data, size));
	FUZZ_CHECK(!cbx_road_load(road, world.epoch));
	check_jobs();
	check_systems();
	FUZZ_CHECK(!cbx_internal_systems_populate(&world.poller.internal));
	FUZZ_CHECK(!cbx_internal_systems_clean_up(&world.poller.internal, &removed));
	cbx_road_share_check(road);
	world_expect_shared("ABC1 17=Running 18=Paused\n");
	return 0;
}
