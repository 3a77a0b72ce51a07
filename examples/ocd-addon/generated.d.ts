// SPDX-License-Identifier: MIT
// generated.d.ts - made by scripts/types.mjs from docs/openapi.json and docs/asyncapi.json; do not edit

/** docs/openapi.json */
export namespace http {
	/** A place in the stream of events */
	type StreamId = string;
	type Ok = {
		ok: true;
	};
	type JobError = {
		id: number;
		system: string | null;
		job_id: number | null;
		job_type: string | null;
		/** What the system called it, `errored`, `vanished` or `system_offline` */
		code: string | null;
		message: string | null;
		origin: "ocd" | "user" | null;
		/** How often the job entered this error */
		occurrences: number;
		first_seen: Time;
		last_seen: Time;
		/** The incident that it belongs to */
		incident: number | null;
	};
	/** The same trouble at many places. It is open until nothing was added to it for `incident.window`. */
	type Incident = {
		id: number;
		kind: "error_code" | "file" | "system" | "silence" | "stall";
		/** The code, the file or the system; `all` for silence and stall */
		key: string;
		/** What it is, for people */
		title: string;
		opened_at: Time;
		updated_at: Time;
		/** null while it is open */
		closed_at: Time;
		/** How many systems it concerns */
		systems: number;
		/** How many jobs it concerns */
		jobs: number;
		/** Some of what it began with */
		sample: {
			systems?: Array<SystemName>;
			job?: {
				system?: SystemName;
				job_id?: number;
				code?: string;
				message?: string;
			};
		};
	};
	type Sentence = {
		at: Time;
		/** A system said it, we concluded it, we published it, somebody ordered it */
		kind: "seen" | "decided" | "told" | "ordered";
		/** Plain English */
		text: string;
		/** What the sentence was made of: a row of job_history, errors or orders, an event of the stream, or figures; what is absent is left out */
		data: {
			from: "job_history" | "errors" | "orders" | "stream" | "figures";
		};
	};
	/** One change of a job, or, without job_id, of the system itself: it went online or offline. What is not known is left out. */
	type Change = {
		at: Time;
		job_id?: number;
		/** The job's, after the change; clean-up does not change it */
		revision?: number;
		/** After the change; of a system: online or offline */
		status: string;
		/** Absent when a job was heard of first, and at its clean-up */
		previous_status?: string;
		origin?: Origin;
		/** Who said so */
		source?: "answer" | "push" | "inferred" | "clean_up";
		/** `vanished`, `system_offline`, `returned`, or the code of an error */
		reason?: string;
		percent_completed?: string;
	};
	/** 1..64 bytes without `/` and control characters */
	type SystemName = string;
	/** ISO 8601, UTC, milliseconds */
	type Time = string | null;
	/** The cursor of the next page; null on the last one */
	type Next = string | null;
	type OutlookState = "on_time" | "unknown" | "at_risk" | "late";
	type Cause = "server_down" | "nl_hdms_silent" | "system_offline" | "system_silent" | "paused" | "content_server" | "disk" | "not_moving" | "slow" | "unknown";
	/** Will a list of a system be there when it is activated? */
	type Outlook = {
		system: string;
		list_id: string;
		activate_at: Time;
		state: OutlookState;
		since: Time;
		/** Of the slowest job that it waits for; 0: it waits for none; null: not known */
		seconds_left: number | null;
		/** What is left then until it is activated; negative: it will be late; null: not known */
		lead_seconds: number | null;
		/** Those that it waits for */
		jobs: Array<number>;
		/** Why it is at risk or late; null: it is neither */
		cause: Cause | null;
		/** What led to the state, in a sentence or more */
		reason: string;
	};
	type OutlookTotals = {
		on_time: number;
		unknown: number;
		at_risk: number;
		late: number;
	};
	type JobDetail = {
		job: Status;
		kind: Kind;
		origin: Origin;
		/** Grows by one with each change of the status text; 0: an instance that does not lead could not read it yet */
		revision: number;
		first_seen: Time;
		updated_at: Time;
		system_status: SystemStatus;
		figures: Figures;
	};
	/** What a status text means */
	type Kind = "running" | "paused" | "other" | "completed" | "errored" | "killed";
	/** What is derived of a job. What is not known is absent. */
	type Figures = {
		/** Bytes per second, as the job reports it */
		speed?: number;
		/** The last report about the job; on the leader only */
		heard_at?: string;
		/** When progress last grew, or was first reported */
		progress_at?: string;
		/** Progress per second of running time, smoothed over 5 minutes; the whole job is 1 */
		rate?: number;
		/** Of a running job with a rate that has not stalled */
		seconds_left?: number;
		cause?: Cause;
		/** It has run for `stall_after` with known progress and without growth */
		stalled: boolean;
		/** It was not reported for three intervals, or its system is offline; on the leader only */
		stale?: boolean;
	};
	type Origin = "ocd" | "user";
	type Values = Array<number | null>;
	/** When it went online or offline, as it is; null when the history does not know */
	type Since = string | null;
	type SystemStatus = "online" | "offline" | "unknown";
	/** One job as its system reported it. Other members are passed through as they came. */
	type Status = {
		system: SystemName;
		job_id: number;
		status: string;
		/** 0 to 100 */
		percent_completed?: string;
		downloaded?: number;
		total_files?: number;
		download_speed?: string;
		job_type?: string;
		files_downloading?: unknown[];
		[member: string]: unknown;
	};
	type Summary = {
		/** Live jobs */
		job_count: number;
		/** Running jobs; misspelt on purpose, consumers read that name */
		activte_jobs: number;
		/** Bytes per second of all running jobs */
		total_download_speed: number;
		active_ocd_jobs: number;
		total_ocd_jobs: number;
		systems: {
			online: number;
			offline: number;
			unknown: number;
			internal: number;
			/** what named the systems: the table connections, Redis at the start, reports and events alone, or nothing yet */
			source: "connections" | "redis" | "events" | "none";
		};
		/** Of the Job Status Task, in seconds */
		interval: {
			base: number;
			current: number;
			under_load: boolean;
			/** cycle, timeouts, queue or reply_time */
			reason: string | null;
		};
		paused: boolean;
		paused_until: Time;
		role: "leader" | "standby" | "observer";
		leader: string | null;
		last_cycle: {
			systems: number;
			jobs: number;
			changed: number;
			timeouts: number;
			seconds: number;
			finished_at: Time;
		} | null;
	};
	/** RFC 9457 */
	type Problem = {
		type: string;
		title: string;
		status: number;
		detail: string;
		/** The path that was asked for */
		instance: string;
		/** The code that nl-hdms answered */
		code?: string;
	};
	/** Live jobs, filtered, a page at a time */
	type ListJobsResult = {
		/** Statuses, or details with `detail=1` */
		jobs: Array<Status | JobDetail>;
		next: Next;
		/** How many jobs match, on all pages; absent with `state=ended` */
		total?: number;
	};
	/** One job, live or ended */
	type GetJobResult = JobDetail;
	/** All known systems, a page at a time */
	type ListSystemsResult = {
		systems: Array<{
			systemID: SystemName;
			lastCheck: Time;
			status: SystemStatus;
			since: Since;
			next_activation: Time;
			/** Its live jobs */
			jobs: number;
		}>;
		next: Next;
	};
	/** One system with its live jobs */
	type GetSystemResult = {
		systemID: SystemName;
		lastCheck: Time;
		status: SystemStatus;
		since: Since;
		next_activation: Time;
		jobs: Array<Status>;
	};
	/** Will every list be there when it is activated, and if not, why: soonest first, a page at a time */
	type ListOutlookResult = {
		outlook: Array<Outlook>;
		next: Next;
		totals: OutlookTotals;
	};
	/** Totals, systems, interval and load, role, the last round */
	type GetSummaryResult = Summary;
	/** The figures of the last hour, one value every ten seconds */
	type GetSeriesResult = {
		/** Seconds from one value to the next */
		step: number;
		from: Time;
		series: {
			live_jobs?: Values;
			active_jobs?: Values;
			download_speed?: Values;
		};
	};
	/** Errors of jobs, newest first, a page at a time */
	type ListErrorsResult = {
		errors: Array<JobError>;
		next: Next;
	};
	/** Remove the errors of a system */
	type RemoveErrorsResult = {
		removed: number;
	};
	/** Remove one error */
	type RemoveErrorResult = {
		removed: number;
	};
	/** The same trouble at many places, newest first, a page at a time */
	type ListIncidentsResult = {
		incidents: Array<Incident>;
		next: Next;
	};
	/** One incident, with a page of its systems and jobs, by system and job_id */
	type GetIncidentResult = {
		incident: Incident;
		/** The systems of this page */
		systems: Array<SystemName>;
		jobs: Array<{
			system: SystemName;
			job_id: number;
			code?: string;
		}>;
		next: Next;
	};
	/** Clear the errored jobs of an incident */
	type CleanUpIncidentResult = {
		removed: number;
	} | {
		jobs: Array<Status>;
		/** How many errors are about these jobs */
		errors: number;
	};
	/** Pause all live jobs */
	type PauseJobsResult = {
		jobs: number;
	};
	/** Resume all paused jobs */
	type ResumeJobsResult = {
		jobs: number;
	};
	/** Clear errored jobs */
	type CleanUpResult = {
		removed: number;
	} | {
		jobs: Array<Status>;
		/** How many errors are about these jobs */
		errors: number;
	};
	/** This document */
	type OpenapiResult = {
		[member: string]: unknown;
	};
}

/** docs/asyncapi.json */
export namespace events {
	/** A system's id: 1..64 bytes of UTF-8, trimmed, without `/` and control characters */
	type System = string;
	/** A system's id as others may send it: it is trimmed */
	type SystemIn = string;
	type JobId = number;
	type Count = number;
	/** 0..2^53-1, also as decimal text */
	type CountIn = Count | string;
	/** 1..86400, also as decimal text */
	type SecondsIn = number | string;
	/** 1..64 bytes */
	type Text = string;
	type Origin = "ocd" | "user";
	/** ISO 8601, UTC, milliseconds */
	type Time = string;
	/** Shortest decimal in [0,100] */
	type Percent = string;
	/** `nl_ocd.content.job.Status` as chatterbox emits it: members in this order, absent ones left out, any other member passed through verbatim after them */
	type Status = {
		system: System;
		job_id: JobId;
		status: Text;
		percent_completed?: Percent;
		downloaded?: Count;
		total_files?: Count;
		download_speed?: Text;
		job_type?: Text;
		files_downloading?: unknown[];
		[member: string]: unknown;
	};
	/** A Status as it is accepted. A bad optional member is dropped and counted, the rest is kept; a bad `system`, `job_id` or `status` rejects that one status, never its neighbours, and the job that it may be about is not taken for missing. Any other member is kept verbatim. */
	type StatusIn = {
		system: SystemIn;
		job_id: CountIn;
		status: Text;
		percent_completed?: number | string;
		downloaded?: CountIn;
		total_files?: CountIn;
		download_speed?: Text | number;
		job_type?: Text;
		files_downloading?: unknown[];
		[member: string]: unknown;
	};
	type AskedJobs = {
		system: System;
		jobs: Array<JobId>;
	};
	type AskedSystem = {
		system: System;
	};
	type Question_job_status = {
		verb: {
			event_category: "request_system";
			event: "job_status";
		};
		object: {
			systems: Array<AskedJobs>;
		};
		target: {
			/** The system, or empty when several are asked */
			system: System | "";
		};
	};
	type Answer_job_status = {
		verb: {
			event_category: "request_system";
			event: "job_status";
		};
		object: unknown | unknown;
	};
	type Question_job_list = {
		verb: {
			event_category: "request_system";
			event: "job_list";
		};
		object: {
			systems: Array<AskedSystem>;
		};
		target: {
			/** The system, or empty when several are asked */
			system: System | "";
		};
	};
	type Answer_job_list = {
		verb: {
			event_category: "request_system";
			event: "job_list";
		};
		object: unknown | unknown;
	};
	type Question_job_pause = {
		verb: {
			event_category: "request_system";
			event: "job_pause";
		};
		object: {
			systems: Array<AskedJobs>;
		};
		target: {
			/** The system, or empty when several are asked */
			system: System | "";
		};
	};
	type Answer_job_pause = {
		verb: {
			event_category: "request_system";
			event: "job_pause";
		};
		object: {
			jobs?: Array<StatusIn>;
			/** Whom the answer speaks for; absent: the one asked, or in a batch those that have a job in it */
			systems?: Array<SystemIn>;
			/** Systems of the batch that are offline */
			offline?: Array<SystemIn>;
		};
	};
	type Question_job_resume = {
		verb: {
			event_category: "request_system";
			event: "job_resume";
		};
		object: {
			systems: Array<AskedJobs>;
		};
		target: {
			/** The system, or empty when several are asked */
			system: System | "";
		};
	};
	type Answer_job_resume = {
		verb: {
			event_category: "request_system";
			event: "job_resume";
		};
		object: {
			jobs?: Array<StatusIn>;
			/** Whom the answer speaks for; absent: the one asked, or in a batch those that have a job in it */
			systems?: Array<SystemIn>;
			/** Systems of the batch that are offline */
			offline?: Array<SystemIn>;
		};
	};
	type Question_job_kill = {
		verb: {
			event_category: "request_system";
			event: "job_kill";
		};
		object: {
			systems: Array<AskedJobs>;
		};
		target: {
			/** The system, or empty when several are asked */
			system: System | "";
		};
	};
	type Answer_job_kill = {
		verb: {
			event_category: "request_system";
			event: "job_kill";
		};
		object: {
			jobs?: Array<StatusIn>;
			/** Whom the answer speaks for; absent: the one asked, or in a batch those that have a job in it */
			systems?: Array<SystemIn>;
			/** Systems of the batch that are offline */
			offline?: Array<SystemIn>;
		};
	};
	type Answer_error = {
		verb: {
			event_category?: "request_system";
			event: "error";
		};
		object: {
			/** `system_offline` marks the system offline */
			code: string | number;
			message?: string;
		};
	};
	type PausedGroup = {
		system_id: System;
		paused: boolean;
		job_type?: Text;
	};
	type JobError = {
		system: System;
		job_id: JobId;
		job_type?: Text;
		code: Text;
		message: string;
		time: Time;
	};
	/** `activte_jobs` is misspelt on purpose: consumers read that name */
	type JobsData = {
		job_count: Count;
		activte_jobs: Count;
		/** bytes per second of the running jobs */
		total_download_speed: number;
		active_ocd_jobs: Count;
		total_ocd_jobs: Count;
	};
	/** A system by one of the names that the services use */
	type SystemNamed = unknown | unknown | unknown | unknown;
	type SystemSaid = SystemIn | SystemNamed | ({
		object: SystemIn | SystemNamed;
	});
	/** One system or several, in every accepted form */
	type SystemsIn = SystemSaid | Array<SystemSaid>;
	type ReportIn = StatusIn | Array<StatusIn>;
	/** `info`: seconds, 1..86400; all `"` in it are removed. Without it the value is read from Redis, hash `nl-ocd.update_time_till_next_check.row_info`. */
	type IntervalIn = null | ({
		info?: null | number | string;
	}) | unknown[] | string;
	/** Ignored */
	type Anything = unknown;
	/** The `next` of an earlier page; opaque, valid on every instance */
	type Cursor = string;
	/** The cursor of the next page; null: this was the last */
	type Next = Cursor | null;
	type Limit = number;
	type Jobs = {
		jobs: Array<Status>;
	};
	type JobsPage = {
		jobs: Array<Status>;
		next: Next;
	};
	type Ok = {
		ok: true;
	};
	type JobsConcerned = {
		jobs: Count;
	};
	type CleanedUp = Removed | {
		jobs: Array<Status>;
		errors: Count;
	};
	type Removed = {
		removed: Count;
	};
	type ErrorRow = {
		id: Count;
		system: System;
		job_id: JobId | null;
		job_type: Text | null;
		code: Text;
		message: string | null;
		origin: Origin | null;
		occurrences: number;
		first_seen: Time | null;
		last_seen: Time | null;
		/** The incident that it belongs to */
		incident: number | null;
	};
	type HistoryPage = {
		history: Array<Change>;
		next: Next;
	};
	type OutlookPage = {
		outlook: Array<Outlook>;
		next: Next;
		totals: {
			on_time: number;
			unknown: number;
			at_risk: number;
			late: number;
		};
	};
	type OutlookState = "on_time" | "unknown" | "at_risk" | "late";
	type Outlook = {
		system: System;
		list_id: Text;
		activate_at: Time;
		state: OutlookState;
		since: Time;
		/** Of the slowest job that it waits for; 0: it waits for none; null: not known */
		seconds_left: number | null;
		/** What is left then until it is activated; negative: it will be late; null: not known */
		lead_seconds: number | null;
		/** Those that it waits for */
		jobs: Array<JobId>;
		/** Why it is at risk or late; null: it is neither */
		cause: "server_down" | "nl_hdms_silent" | "system_offline" | "system_silent" | "paused" | "content_server" | "disk" | "not_moving" | "slow" | "unknown" | null;
		/** What led to the state, in a sentence or more */
		reason: string;
	};
	type Sentence = {
		at: Time;
		kind: "seen" | "decided" | "told" | "ordered";
		text: string;
		/** What the sentence was made of: a row of job_history, errors or orders, an event of the stream, or figures */
		data: ({
			from: "job_history";
			system: System;
			job_id?: JobId;
			revision?: Count;
			status?: string;
			previous_status?: string;
			origin?: string;
			source?: "answer" | "push" | "inferred" | "clean_up";
			reason?: string;
			percent_completed?: string;
		}) | {
			from: "errors";
			id: Count;
			system?: System;
			job_id?: JobId;
			job_type?: string;
			code?: string;
			message?: string;
			origin?: string;
			occurrences?: Count;
			first_seen?: Time;
		} | ({
			from: "orders";
			id: Count;
			system?: System;
			job_id?: JobId;
			event: string;
			door: "http" | "amqp" | "c";
			who?: string;
			outcome?: string;
			detail?: {
				[member: string]: unknown;
			};
		}) | {
			from: "stream";
			stream_id: string;
			name: string;
			message_id: string;
			previous_status?: string;
			/** Of the event */
			params?: unknown;
		} | {
			from: "figures";
			system: System;
			job_id: JobId;
			progress_at: Time;
		};
	};
	type ExplainPage = {
		sentences: Array<Sentence>;
		next: Next;
		/** While Redis is down nobody knows what was told */
		told?: "unknown";
	};
	/** One change of a job, or, without job_id, of the system itself: it went online or offline */
	type Change = {
		at: Time;
		job_id?: JobId;
		revision?: Count;
		status: Text;
		previous_status?: Text;
		origin?: Origin;
		source?: "answer" | "push" | "inferred" | "clean_up";
		reason?: Text;
		percent_completed?: Percent;
	};
	type ErrorsPage = {
		errors: Array<ErrorRow>;
		next: Next;
	};
	type RpcError = {
		/** -32001 unknown system or job; -32002 timed out; -32003 a server is down; -32004 nl-hdms answered an error; the rest as JSON-RPC 2.0 has them */
		code: -32700 | -32600 | -32601 | -32602 | -32603 | -32001 | -32002 | -32003 | -32004;
		message: string;
		/** With -32004: the code that nl-hdms answered */
		data?: string;
	};
	type Properties_transient = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode?: 1;
	};
	type Properties_update_job_status = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode: 2;
		/** <system>/<job_id>/<revision> */
		message_id: string;
	};
	type Properties_status = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode: 2;
		/** <system>/status/<outbox id> */
		message_id: string;
	};
	type Properties_incident = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode: 2;
		/** incident/<id>/<outbox id> */
		message_id: string;
	};
	type Properties_user_job_errors = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode: 2;
		/** <system>/errors/<outbox id> */
		message_id: string;
	};
	type Properties_outlook = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode: 2;
		/** <system>/<list_id>/outlook/<outbox id> */
		message_id: string;
	};
	type Properties_question = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode?: 1;
		reply_to: string;
		correlation_id: string;
		/** ms until the question's deadline */
		expiration: string;
	};
	type Properties_answer_of_nl_hdms = {
		/** That of the question */
		correlation_id: string;
	};
	type Properties_rpc_answer = {
		/** APP */
		app_id: string;
		content_type: "application/json";
		/** seconds since 1970 */
		timestamp: number;
		delivery_mode?: 1;
		/** That of the request */
		correlation_id?: string;
	};
	type Properties_rpc_request = {
		/** Without it nothing is answered */
		reply_to?: string;
		correlation_id?: string;
		/** Bare form: the method */
		type?: string;
	};
	type Properties_event_in = {
	};
	type Headers = {
		/** Follows one cause through the services */
		trace_id: string;
	};
	type Headers_update_job_status = {
		/** Follows one cause through the services */
		trace_id: string;
		origin: Origin;
		/** Absent when a job is first reported */
		previous_status?: Text;
	};
	type Headers_outlook = {
		/** Follows one cause through the services */
		trace_id: string;
		/** Absent when nothing was told before */
		previous_state?: OutlookState;
	};
	type Headers_job_status = {
		/** Follows one cause through the services */
		trace_id: string;
		/** The same in every chunk of one run */
		snapshot: string;
		/** 1..chunks */
		chunk: number;
		chunks: number;
	};
	type Headers_in = {
		/** Follows one cause through the services */
		trace_id?: string;
	};
	type Event_incident = Incident;
	/** The same trouble at many places */
	type Incident = {
		id: number;
		kind: "error_code" | "file" | "system" | "silence" | "stall";
		/** the code, the file or the system; all for silence and stall */
		key: string;
		title: string;
		opened_at: Time;
		updated_at: Time;
		closed_at: Time | null;
		systems: number;
		jobs: number;
		sample: {
			systems?: Array<string>;
			job?: {
				system?: string;
				job_id?: number;
				code?: string;
				message?: string;
			};
		};
	};
	type IncidentsPage = {
		incidents: Array<Incident>;
		next: Next;
	};
	type IncidentShown = {
		incident: Incident;
		systems: Array<string>;
		jobs: Array<{
			system: string;
			job_id: number;
			code?: string;
		}>;
		next: Next;
	};
	type Event_user_job_errors = Array<JobError>;
	type Event_job_status = Array<Status>;
	type Params_nl_ocd_content_job_status = {
		system: SystemIn;
		job_id?: CountIn;
	};
	type Params_nl_ocd_content_job_statusAll = {
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_content_job_find = {
		system?: SystemIn;
		/** A status text or a kind (running, paused, completed, errored, killed, other), without case */
		status?: string;
		job_type?: string;
		origin?: Origin;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_content_job_pause = {
		system: SystemIn;
		job_id: CountIn;
	};
	type Params_nl_ocd_content_job_resume = {
		system: SystemIn;
		job_id: CountIn;
	};
	type Params_nl_ocd_content_job_kill = {
		system: SystemIn;
		job_id: CountIn;
	};
	type Params_nl_ocd_content_job_pauseAll = {
		system?: SystemIn;
	};
	type Params_nl_ocd_content_job_resumeAll = {
		system?: SystemIn;
	};
	type Params_nl_ocd_content_job_cleanUpErrored = {
		system?: SystemIn;
		/** seconds */
		older_than?: CountIn;
		/** Only says what would be cleared */
		dry_run?: boolean | null;
	};
	type Params_nl_ocd_chatterbox_poll = {
		discovery?: boolean | null;
	};
	type Params_nl_ocd_chatterbox_interval = {
		seconds: SecondsIn;
	};
	type Params_nl_ocd_chatterbox_pause = {
		seconds?: SecondsIn | null;
	};
	type Params_nl_ocd_chatterbox_resume = {
	};
	type Params_nl_ocd_content_job_history = {
		system: SystemIn;
		job_id?: CountIn | null;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_content_outlook = {
		/** Some of on_time, unknown, at_risk, late, by comma */
		state?: string | null;
		/** One or several, by comma */
		system?: string | null;
		/** One or several, by comma */
		list?: string | null;
		/** Activated at most so many seconds from now */
		within?: CountIn | null;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_content_job_explain = {
		system: SystemIn;
		job_id?: CountIn | null;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_server_incidents_get = {
		/** 1 or true: only those that go on */
		open?: boolean | number | string | null;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_server_incidents_find = {
		id: CountIn;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_server_incidents_cleanUp = {
		id: CountIn;
		/** Only says what would be cleared */
		dry_run?: boolean | null;
	};
	type Params_nl_ocd_server_errors_get = {
		system?: SystemIn;
		limit?: Limit;
		cursor?: Cursor | null;
	};
	type Params_nl_ocd_server_errors_remove = unknown | unknown;
	/** The params of each event out, by its name */
	interface Params {
		update_job_status: Status;
		status: PausedGroup;
		incident: Event_incident;
		user_job_errors: Event_user_job_errors;
		outlook: Outlook;
		job_status: Event_job_status;
		jobs_data: JobsData;
	}
}
