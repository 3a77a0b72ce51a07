// SPDX-License-Identifier: MIT
/*
 * story.c - the rules of the fleet that --demo plays
 *
 * The rates are those of a fleet that has been running for hours: as many jobs begin as end, so the
 * first minute looks like any other. With 200 systems there are about 450 live jobs that take some
 * minutes each, five changes of status a second, a handful of systems away, one or two that are
 * stuck, and two failures a minute, each with one of many codes, so that an incident (contract 9.3)
 * is something that happens: a file that fails at several systems, see demo.c.
 */
#include "fleet/story.h"

void cbx_fleet_rules_story(struct cbx_fleet_rules *rules)
{
	cbx_fleet_rules_init(rules);
	rules->first_share = 0.57;
	rules->offline_share = 0.02;
	rules->stuck_share = 0.01;
	rules->codes = CBX_FLEET_CODES;
	rules->has_lists = true;
	rules->rates = (struct cbx_fleet_rates){
		.start = 0.012,
		.begin = 0.15,
		.progress = 0.35,
		.pause = 0.0012,
		.resume = 0.015,
		.fail = 0.00012,
		.kill = 0.00026,
		.vanish = 0.00003,
		.offline = 0.0003,
		.online = 0.015,
		.stick = 0.00004,
		.unstick = 0.004,
	};
}
