/* SPDX-License-Identifier: MIT */
/* story.h - the fleet that --demo plays */
#ifndef CBX_FLEET_STORY_H
#define CBX_FLEET_STORY_H

#include "fleet/world.h"

/* Everything that can happen to a fleet happens now and then, and as often after an hour as at
 * first. To be called instead of cbx_fleet_rules_init(). */
void cbx_fleet_rules_story(struct cbx_fleet_rules *rules);

#endif
