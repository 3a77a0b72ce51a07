/* SPDX-License-Identifier: MIT */
/* commands.h - one function for each command; each returns the exit code */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "options.h"

#include "common/text.h"

int ctl_status(const struct ctl_options *options);
int ctl_jobs(const struct ctl_options *options);
int ctl_job(const struct ctl_options *options);
int ctl_history(const struct ctl_options *options);
int ctl_explain(const struct ctl_options *options);
int ctl_systems(const struct ctl_options *options);
int ctl_errors(const struct ctl_options *options);
int ctl_incidents(const struct ctl_options *options);
int ctl_events(const struct ctl_options *options);
int ctl_tonight(const struct ctl_options *options);
int ctl_watch(const struct ctl_options *options);
int ctl_doctor(const struct ctl_options *options);
int ctl_poll(const struct ctl_options *options);
int ctl_interval(const struct ctl_options *options);
int ctl_pause(const struct ctl_options *options);
int ctl_resume(const struct ctl_options *options);
int ctl_kill(const struct ctl_options *options);
int ctl_pause_all(const struct ctl_options *options);
int ctl_resume_all(const struct ctl_options *options);
int ctl_clean_up(const struct ctl_options *options);

/* "{system}/{job_id}" of the two arguments, with @begin before and @end behind it, allocated; NULL
 * after saying why not, with *result the exit code */
char *ctl_job_path(const struct ctl_options *options, const char *begin, const char *end,
		   int *result);

#endif
