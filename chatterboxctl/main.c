// SPDX-License-Identifier: MIT
/* main.c - chatterboxctl: asks a running chatterboxd, or gives it an order, over its HTTP API */
#include "commands.h"
#include "say.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ARGS(n) (1U << (n))
#define JOB "SYSTEM JOB"

static const struct ctl_command commands[] = {
	{ "status", ctl_status, 0, ARGS(0), "" },
	{ "jobs", ctl_jobs, CTL_SYSTEM | CTL_FILTERS | CTL_STATE | CTL_LIMIT, ARGS(0), "" },
	{ "job", ctl_job, 0, ARGS(2), JOB },
	{ "history", ctl_history, CTL_LIMIT, ARGS(1) | ARGS(2), "SYSTEM [JOB]" },
	{ "explain", ctl_explain, CTL_LIMIT, ARGS(1) | ARGS(2), "SYSTEM [JOB]" },
	{ "systems", ctl_systems, CTL_LIMIT, ARGS(0) | ARGS(1), "[SYSTEM]" },
	{ "errors", ctl_errors, CTL_SYSTEM | CTL_LIMIT, ARGS(0), "" },
	{ "incidents", ctl_incidents, CTL_OPEN | CTL_LIMIT, ARGS(0) | ARGS(1), "[ID]" },
	{ "events", ctl_events, CTL_SYSTEM | CTL_NAME, ARGS(0), "" },
	{ "tonight", ctl_tonight, CTL_SYSTEM | CTL_STATE | CTL_HOURS | CTL_LIMIT, ARGS(0), "" },
	{ "watch", ctl_watch, CTL_COUNT, ARGS(0), "" },
	{ "doctor", ctl_doctor, 0, ARGS(0), "" },
	{ "poll", ctl_poll, CTL_DISCOVERY, ARGS(0), "" },
	{ "interval", ctl_interval, 0, ARGS(1), "SECONDS" },
	{ "pause", ctl_pause, 0, ARGS(0) | ARGS(1) | ARGS(2), "[SECONDS], or pause " JOB },
	{ "resume", ctl_resume, 0, ARGS(0) | ARGS(2), "[" JOB "]" },
	{ "kill", ctl_kill, 0, ARGS(2), JOB },
	{ "pause-all", ctl_pause_all, 0, ARGS(0) | ARGS(1), "[SYSTEM]" },
	{ "resume-all", ctl_resume_all, 0, ARGS(0) | ARGS(1), "[SYSTEM]" },
	{ "clean-up", ctl_clean_up, CTL_SYSTEM | CTL_OLDER_THAN | CTL_DRY_RUN | CTL_INCIDENT,
	  ARGS(0), "" },
};

int main(int argc, char **argv)
{
	struct ctl_options options = { 0 };
	int result;

	ctl_options_parse(argc, argv, commands, CBX_COUNT(commands), &options);
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		ctl_say("libcurl does not start");
		ctl_options_free(&options);
		return CTL_UNAVAILABLE;
	}
	result = options.command->run(&options);
	ctl_options_free(&options);
	curl_global_cleanup();
	if (fflush(stdout) || ferror(stdout)) {
		ctl_say("stdout: %s", strerror(errno));
		return CTL_UNAVAILABLE;
	}
	return result;
}
