// SPDX-License-Identifier: MIT
// documents.d.ts - what is asked of chatterbox and what it answers: statuses, events, documents, queries
//
// HTTP's and the events' types are generated from docs/openapi.json and docs/asyncapi.json into
// generated.d.ts.

import type * as generated from './generated';

/** OCD's own namespaces, as the proposal writes them */
export namespace nl_ocd {
	namespace content {
		namespace job {
			/** A file that is being downloaded: passed through as the system reported it */
			interface FileStatus {
				/** Whatever it says */
				[member: string]: unknown;
			}

			/** One job as its system reported it. Absent members are left out. */
			interface Status {
				/** 1 to 64 bytes, trimmed */
				system: string;
				/** 0 to 2^53-1, unique within its system */
				job_id: number;
				/** Exactly as reported: "Running", "Paused", ... */
				status: string;
				/** "0" to "100", the shortest decimal: "42.5" */
				percent_completed?: string;
				/** Files that have arrived */
				downloaded?: number;
				/** Files of the whole job */
				total_files?: number;
				/** Exactly as reported: "250K" */
				download_speed?: string;
				/** What kind of job it is */
				job_type?: string;
				/** Passed through as it came */
				files_downloading?: FileStatus[];
				/** Any other member is passed through as it came */
				[member: string]: unknown;
			}
		}
	}
}

/** The proposal's Status, by a shorter name */
export type Status = nl_ocd.content.job.Status;

/** A system as the shared state knows it, as the proposal writes it */
export interface OnlineSystems {
	/** Its name */
	systemID: string;
	/** When it was last checked */
	lastCheck: Date;
	/** "online" or "offline"; of an internal system "internal" */
	status: string;
}

/** A system of which more is known: what `onlineSystems.list()` gives */
export interface KnownSystem extends OnlineSystems {
	/** Since when it is online or offline, as it is; absent where nobody saw it turn, and from the pure
	 * client while no chatterboxd can be asked */
	since?: Date;
}

/** Who wanted a job */
export type Origin = 'ocd' | 'user';

/** Params of the event `status`: all live jobs of a system and a type are paused, or no longer */
export type PausedGroup = generated.events.PausedGroup;
/** One member of the event `user_job_errors` */
export type UserJobError = generated.events.JobError;
/** Params of the event `jobs_data`; `activte_jobs` is misspelt on purpose: consumers read that name */
export type JobsData = generated.events.JobsData;
/** GET /api/v1/summary */
export type Summary = generated.http.Summary;
/** GET /api/v1/jobs/{system}/{job_id}: one job, live or ended */
export type JobDocument = generated.http.GetJobResult;
/** GET /api/v1/jobs: a page of jobs, and how many there are on all pages */
export type JobsPage = generated.http.ListJobsResult;
/** GET /api/v1/systems/{system}: one system with its live jobs */
export type SystemDocument = generated.http.GetSystemResult;
/** What a clean-up would take away, when it is only tried */
export type WouldGo = Extract<generated.http.CleanUpResult, { errors: number }>;
/** A row of the table errors */
export type ErrorRow = generated.events.ErrorRow;

/** An error to be stored: job_id, job_type and time may be absent */
export interface NewError {
	/** Whose it is */
	system: string;
	/** Of which job */
	job_id?: number;
	/** What kind of job */
	job_type?: string;
	/** 1 to 64 bytes; one that begins with content_server is noted in content_server_access */
	code: string;
	/** A line for people */
	message: string;
	/** ISO 8601, UTC; absent: now */
	time?: string;
}

/** A page of errors, newest first */
export interface ErrorsPage {
	/** Its rows */
	errors: ErrorRow[];
	/** The `cursor` of the next page; null on the last one */
	next: string | null;
}

/** One change of a job, or, without job_id, of the system itself: it went online or offline */
export type Change = generated.events.Change;
/** A page of history, newest first */
export type HistoryPage = generated.events.HistoryPage;
/** What was seen, decided, told or ordered, in a sentence, with what that was made of */
export type Sentence = generated.events.Sentence;
/** A page of sentences, newest first */
export type ExplainPage = generated.events.ExplainPage;

/** Will a list be there when its system activates it, and if not, why */
export type Outlook = generated.http.Outlook;
/** A page of outlooks, soonest first, and how many there are of each state */
export type OutlookPage = generated.http.ListOutlookResult;
/** The same trouble at many places */
export type Incident = generated.events.Incident;
/** A page of incidents, newest first */
export type IncidentsPage = generated.http.ListIncidentsResult;
/** An incident, with a page of its systems and jobs */
export type IncidentDocument = generated.http.GetIncidentResult;

/** What comes with an event besides its params */
export interface EventInfo {
	/** By which a repeated event is known; absent where it is not known */
	message_id?: string;
	/** Where the event stands in the stream APP:events, to resume from; absent where it is not known
	 * (while this very instance leads) and of `job_status` and `jobs_data` */
	stream_id?: string;
	/** Of `update_job_status` the status before, of `outlook` the state before; absent at first */
	previous_status?: string;
	/** Of `update_job_status`, where it is known */
	origin?: Origin;
}

/** The params of each event, by its name */
export interface EventParams {
	/** All live jobs of a system and a type are paused, or no longer */
	status: PausedGroup;
	/** A job is first reported, changes its status, or ends */
	update_job_status: Status;
	/** Jobs of users have become errored; all of one system */
	user_job_errors: UserJobError[];
	/** The state of an outlook has changed */
	outlook: Outlook;
	/** An incident was opened, has doubled in size, or was closed */
	incident: Incident;
	/** Each minute: every live job */
	job_status: Status[];
	/** Each minute: the figures */
	jobs_data: JobsData;
}

/** The name of an event */
export type EventName = keyof EventParams;

/** What the listeners of a Chatterbox get, by the name of their event. There is no `error`: what can't
 * start rejects open(), each call says itself what failed, and an open engine never gives up: health()
 * names the server it has lost, `lost` says what was missed meanwhile. */
export type ChatterboxEvents = {
	[name in EventName]: [data: EventParams[name], about: EventInfo];
} & {
	/** Events were lost, `count` of them (0: nobody knows how many): read activeJobs() again */
	lost: [count: number];
};

/** One event of an iteration: `name` says what `data` is */
export type ChatterboxEvent = {
	[name in EventName]: {
		/** Which event */
		name: name;
		/** Its params */
		data: EventParams[name];
	} & EventInfo;
}[EventName] | {
	/** Events were lost: read activeJobs() again */
	name: 'lost';
	/** How many; 0: nobody knows */
	data: number;
	/** Absent */
	message_id?: undefined;
	/** Absent */
	stream_id?: undefined;
};

/** For whatever waits */
export interface WaitOptions {
	/** Ends the waiting: the promise is rejected with the signal's reason. What was asked for may
	 * happen nevertheless. */
	signal?: AbortSignal;
}

/** Of an iteration */
export interface EventsOptions extends WaitOptions {
	/** A stream id: begin with the first event behind it. Absent: with the next one that comes. */
	since?: string;
	/** Only these; absent: all */
	names?: readonly (EventName | 'lost')[];
}

/** Which page */
export interface PageQuery extends WaitOptions {
	/** 1 to 1000, by default 100 */
	limit?: number;
	/** The `next` of the page before */
	cursor?: string;
}

/** Which page of errors */
export interface ErrorsQuery extends PageQuery {
	/** Only this one's */
	system?: string;
}

/** Which page of history, or of an explanation */
export interface HistoryQuery extends PageQuery {
	/** Of this job alone; absent: of all jobs of the system, and of the system itself */
	job_id?: number;
}

/** Which outlooks; several values by comma */
export interface OutlookQuery extends PageQuery {
	/** Of `on_time`, `unknown`, `at_risk`, `late` */
	state?: string;
	/** Only these systems */
	system?: string;
	/** Only these lists */
	list?: string;
	/** Activated at most so many seconds from now */
	within?: number;
}

/** Which page of incidents, or of what belongs to one */
export interface IncidentsQuery extends PageQuery {
	/** Only those that go on; of the list alone */
	open?: boolean;
}

/** Which jobs; several values by comma */
export interface JobsQuery extends PageQuery {
	/** Only those of these systems */
	system?: string;
	/** A status text, or a kind (`running`, `paused`, `other`), without case */
	status?: string;
	/** Only these types */
	job_type?: string;
	/** Of `ocd`, `user` */
	origin?: string;
	/** Of `running`, `paused`, `other`; of jobs that have ended `completed`, `errored`, `killed` */
	kind?: string;
	/** Only those that have stalled */
	stalled?: boolean;
	/** Only those that were not heard of for too long; the leader alone knows */
	stale?: boolean;
	/** `system`, `status`, `percent`, `speed`, `left`, `heard` or `progress`; `-` before it: descending */
	sort?: string;
	/** `live` (the default), `errored` (and not cleaned up), or `ended`, newest first */
	state?: 'live' | 'errored' | 'ended';
	/** A part of the system, job_id, job_type or status */
	q?: string;
	/** Each as a JobDocument, instead of its Status */
	detail?: boolean;
}

/** Which errored jobs a clean-up takes away */
export interface CleanUpQuery extends WaitOptions {
	/** Only those of this system */
	system?: string;
	/** Only those whose last change is so many seconds ago */
	older_than?: number;
}
