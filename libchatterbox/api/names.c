// SPDX-License-Identifier: MIT
/* api/names.c - the enums of the public headers as texts, and as what they are inside */
#include "api/api.h"

#include <assert.h>

/* A public value is the inner one */
static_assert((int)CHATTERBOX_KIND_OTHER == (int)CBX_OTHER &&
		      (int)CHATTERBOX_KIND_RUNNING == (int)CBX_RUNNING &&
		      (int)CHATTERBOX_KIND_PAUSED == (int)CBX_PAUSED &&
		      (int)CHATTERBOX_KIND_COMPLETED == (int)CBX_COMPLETED &&
		      (int)CHATTERBOX_KIND_ERRORED == (int)CBX_ERRORED &&
		      (int)CHATTERBOX_KIND_KILLED == (int)CBX_KILLED,
	      "kinds");
static_assert((int)CHATTERBOX_SYSTEM_UNKNOWN == (int)CBX_UNKNOWN &&
		      (int)CHATTERBOX_SYSTEM_ONLINE == (int)CBX_ONLINE &&
		      (int)CHATTERBOX_SYSTEM_OFFLINE == (int)CBX_OFFLINE,
	      "states");

const char *chatterbox_kind_to_string(enum chatterbox_kind kind)
{
	return kind <= CHATTERBOX_KIND_KILLED ? cbx_kind_name((enum cbx_kind)kind) : "unknown";
}

const char *chatterbox_system_state_to_string(enum chatterbox_system_state state)
{
	return state <= CHATTERBOX_SYSTEM_OFFLINE
		       ? cbx_system_state_name((enum cbx_system_state)state)
		       : "unknown";
}

const char *chatterbox_origin_to_string(enum chatterbox_origin origin)
{
	switch (origin) {
	case CHATTERBOX_ORIGIN_USER:
		return "user";
	case CHATTERBOX_ORIGIN_OCD:
		return "ocd";
	case CHATTERBOX_ORIGIN_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *chatterbox_role_to_string(enum chatterbox_role role)
{
	switch (role) {
	case CHATTERBOX_ROLE_STANDBY:
		return "standby";
	case CHATTERBOX_ROLE_LEADER:
		return "leader";
	case CHATTERBOX_ROLE_OBSERVER:
		return "observer";
	}
	return "unknown";
}

const char *chatterbox_load_to_string(enum chatterbox_load load)
{
	switch (load) {
	case CHATTERBOX_LOAD_CALM:
		return "calm";
	case CHATTERBOX_LOAD_CYCLE:
		return "cycle";
	case CHATTERBOX_LOAD_TIMEOUTS:
		return "timeouts";
	case CHATTERBOX_LOAD_QUEUE:
		return "queue";
	case CHATTERBOX_LOAD_REPLY_TIME:
		return "reply_time";
	}
	return "unknown";
}

const char *chatterbox_event_type_to_string(enum chatterbox_event_type type)
{
	switch (type) {
	case CHATTERBOX_EVENT_UPDATE_JOB_STATUS:
		return "update_job_status";
	case CHATTERBOX_EVENT_STATUS:
		return "status";
	case CHATTERBOX_EVENT_USER_JOB_ERRORS:
		return "user_job_errors";
	case CHATTERBOX_EVENT_JOB_STATUS:
		return "job_status";
	case CHATTERBOX_EVENT_JOBS_DATA:
		return "jobs_data";
	case CHATTERBOX_EVENT_INCIDENT:
		return "incident";
	case CHATTERBOX_EVENT_OUTLOOK:
		return "outlook";
	}
	return "unknown";
}

const char *chatterbox_problem_kind_to_string(enum chatterbox_problem_kind kind)
{
	switch (kind) {
	case CHATTERBOX_PROBLEM_WARNING:
		return "warning";
	case CHATTERBOX_PROBLEM_ERROR:
		return "error";
	}
	return "unknown";
}

const char *chatterbox_log_level_to_string(enum chatterbox_log_level level)
{
	switch (level) {
	case CHATTERBOX_LOG_TRACE:
		return "trace";
	case CHATTERBOX_LOG_DEBUG:
		return "debug";
	case CHATTERBOX_LOG_INFO:
		return "info";
	case CHATTERBOX_LOG_WARN:
		return "warn";
	case CHATTERBOX_LOG_ERROR:
		return "error";
	case CHATTERBOX_LOG_FATAL:
		return "fatal";
	}
	return "unknown";
}
