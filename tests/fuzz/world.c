// SPDX-License-Identifier: MIT
/*
 * world.c - the assertions of the kit's worlds, where no test of check runs: a failed one is a
 * finding
 *
 * These two stand in check's place, whose own want a test around them.
 */
#include "fuzz.h"

#include "road_world.h"

void _mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
	(void)msg;
	fuzz_fail(file, line, expr);
}

void fuzz_world_controllers(void)
{
	cbx_task_scheduler_init(&world.poller.scheduler, road->clock);
	cbx_cleanup_init(&world.poller.cleanup, road, &world.poller.errors);
	cbx_internal_systems_init(&world.poller.internal, road, &world.poller.errors);
}
