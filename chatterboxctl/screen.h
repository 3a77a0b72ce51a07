/* SPDX-License-Identifier: MIT */
/* screen.h - what watch shows, as a whole window or as one line */
#ifndef CTL_SCREEN_H
#define CTL_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CTL_VIEW_EVENTS 5
#define CTL_VIEW_TEXT 256

/* What was heard last */
struct ctl_view {
	json_t *summary;
	json_t *jobs;    /* an array */
	double answered; /* monotonic, s */
	char lost[512];  /* why there is no answer; "" = there was one */
	char events[CTL_VIEW_EVENTS]
		   [CTL_VIEW_TEXT]; /* lines of the command events, the newest last */
	size_t event_count;
};

/* Whether stdout is a terminal that can be drawn on */
bool ctl_screen_is_possible(void);
/* Takes the terminal over, and gives it back as it was */
void ctl_screen_begin(void);
void ctl_screen_end(void);
/* How many jobs the window has room for */
unsigned ctl_screen_jobs(void);
/* Return: an exit code */
int ctl_screen_draw(const struct ctl_view *view);
/* The summary alone, with tabs */
void ctl_screen_print_line(const struct ctl_view *view);
/* Monotonic, in seconds */
double ctl_screen_now(void);

#endif
