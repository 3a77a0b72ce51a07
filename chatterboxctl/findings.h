/* SPDX-License-Identifier: MIT */
/* findings.h - what doctor looks at, each a pure look that adds sentences */
#ifndef CTL_FINDINGS_H
#define CTL_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>

/* Adds {"what", "do"} to the array @findings. @what is a sentence; false when memory ran out. */
bool ctl_find(json_t *findings, const char *advice, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* The lines of /readyz */
bool ctl_find_in_health(json_t *findings, const char *text);
/* The figures of the last round; @leads: this instance makes the rounds */
bool ctl_find_in_summary(json_t *findings, const json_t *summary, bool leads);
/* The figures for Prometheus; one that is absent is no finding */
bool ctl_find_in_metrics(json_t *findings, const char *text);

#endif
