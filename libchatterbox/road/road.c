// SPDX-License-Identifier: MIT
/* road.c - makes and ends the poller's world */
#include "road/command.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

int cbx_road_init(struct cbx_road *road)
{
	road->batch.received_end = &road->batch.received;
	road->batch.inbounds_end = &road->batch.inbounds;
	road->batch.waiting_end = &road->batch.waiting;
	if (cbx_outlook_watch_init(&road->outlook) < 0 || cbx_systems_new(&road->systems) < 0 ||
	    cbx_active_jobs_new(&road->jobs) < 0)
		return -ENOMEM;
	return 0;
}

void cbx_road_unload(struct cbx_road *road)
{
	cbx_command_end(road, CHATTERBOX_E_STANDBY);
	cbx_road_note_taken(road); /* who asks nothing is refused nothing */
	cbx_road_discard(road);
	cbx_active_jobs_clear(road->jobs);
	road->ask_now_count = 0;
	cbx_systems_clear(road->systems);
	cbx_turns_recorded(road, road->turn_count);
	cbx_past_turns_clear(&road->past_turns);
	if (road->outlook.table)
		cbx_outlook_watch_unload(&road->outlook);
	road->announced = false;
	road->epoch = 0;
	road->loaded_epoch = 0;
}

void cbx_road_close(struct cbx_road *road)
{
	if (road->systems && road->jobs)
		cbx_road_unload(road);
	cbx_systems_free(road->systems);
	cbx_active_jobs_free(road->jobs);
	cbx_outlook_watch_close(&road->outlook);
	free(road->ask_now);
	free(road->turns);
	cbx_settings_unref(road->settings);
	road->systems = NULL;
	road->jobs = NULL;
}
