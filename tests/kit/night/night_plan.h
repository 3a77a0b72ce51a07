/* SPDX-License-Identifier: MIT */
/* night_plan.h - a venue is made; for night.c alone */
#ifndef KIT_NIGHT_PLAN_H
#define KIT_NIGHT_PLAN_H

#include "night.h"

#define MINUTE 60
#define HOUR 3600
#define NIGHT_S (NIGHT_HOURS * HOUR)

/* A number from @low to @high, by the seed of the night */
double night_uniform(struct night *night, double low, double high);
void night_make_venue(struct night *night, size_t i);

#endif
