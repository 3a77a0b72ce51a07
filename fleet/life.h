/* SPDX-License-Identifier: MIT */
/* life.h - what happens to a system as time passes; shared by the files of the world */
#ifndef CBX_FLEET_LIFE_H
#define CBX_FLEET_LIFE_H

#include "fleet/world.h"

struct cbx_fleet_world {
	struct cbx_fleet_rules rules;
	struct cbx_agenda agenda;
	struct cbx_fleet_system *systems;
	char *pattern;
	int64_t now;
};

/* Does what is due for the system at system->due.at, then plans what is next */
void cbx_life_happen(struct cbx_fleet_world *world, struct cbx_fleet_system *system);
/* Plans when something happens next; to be called after every change */
void cbx_life_plan(struct cbx_fleet_world *world, struct cbx_fleet_system *system);
void cbx_life_turn(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		   struct cbx_fleet_job *job, enum cbx_fleet_phase to);
void cbx_life_set_online(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			 bool online);
void cbx_life_set_stuck(struct cbx_fleet_world *world, struct cbx_fleet_system *system, bool stuck);
/* A job of tonight's list, as OCD starts it: 0 or -ENOMEM */
int cbx_life_start_tonights(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
			    enum cbx_fleet_phase phase, double progress, double pace);
/* A new job in that phase, at that progress: 0 or -ENOMEM */
int cbx_life_start(struct cbx_fleet_world *world, struct cbx_fleet_system *system,
		   enum cbx_fleet_phase phase, double progress);

#endif
