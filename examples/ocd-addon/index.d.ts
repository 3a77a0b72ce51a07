// SPDX-License-Identifier: MIT
// index.d.ts - the public surface of @nightlife/chatterbox-native
//
// ChatterboxApi is what this addon and the pure TypeScript client (examples/ocd-client) have in
// common; what only the addon can do stands in class Chatterbox. HTTP's and the events' types are
// generated from docs/openapi.json and docs/asyncapi.json into generated.d.ts.

/// <reference lib="esnext.disposable" />
/// <reference types="node" />

import { EventEmitter } from 'node:events';
import type * as generated from './generated';

export type * as wire from './generated';

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

/** The internal systems of APP:internal_systems, which OCD and chatterbox both read and write */
export interface InternalSystems {
	/** All of them by name, straight from the shared state */
	list(options?: WaitOptions): Promise<OnlineSystems[]>;
	/** That system is internal; checked now */
	put(system: string, options?: WaitOptions): Promise<void>;
	/** It is not internal any more; it need not be */
	remove(system: string, options?: WaitOptions): Promise<void>;
}

/** Which systems are online */
export interface OnlineSystemsList {
	/** All known systems by name */
	list(options?: WaitOptions): Promise<OnlineSystems[]>;
	/** Say that a system came online, or went offline. The answer does not wait for what follows. */
	set(system: string, online: boolean, options?: WaitOptions): Promise<void>;
}

/** The table errors */
export interface Errors {
	/** A page of them, newest first */
	get(query?: ErrorsQuery): Promise<ErrorsPage>;
	/** Upsert them into the table. Only the instance that leads can: CHATTERBOX_E_STANDBY. */
	store(errors: readonly NewError[], options?: WaitOptions): Promise<void>;
	/** Forget those with these ids, or all of one system; how many went */
	remove(which: { ids: readonly number[] } | { system: string }, options?: WaitOptions): Promise<number>;
}

/** What ChatterboxError.code can be; an errno's name ("EINVAL", "ENOMEM") besides */
export type ErrorCode =
	/** The bytes are not what the contract says */
	| 'CHATTERBOX_E_DECODE'
	/** A key of the configuration is wrong, or the file is no JSON */
	| 'CHATTERBOX_E_CONFIG'
	/** A server is down or was lost, or this is closed; try again later */
	| 'CHATTERBOX_E_DOWN'
	/** Nobody answered within the deadline */
	| 'CHATTERBOX_E_TIMEOUT'
	/** Another instance holds the lease; nothing was written */
	| 'CHATTERBOX_E_FENCED'
	/** No such system or job */
	| 'CHATTERBOX_E_UNKNOWN'
	/** A server answered with an error that a retry won't cure; nl-hdms's code is in `reason` */
	| 'CHATTERBOX_E_REFUSED'
	/** A table lacks a column, or has another type */
	| 'CHATTERBOX_E_SCHEMA'
	/** This instance does not lead, so it can't do that */
	| 'CHATTERBOX_E_STANDBY'
	/** A bounded queue is full; try again later */
	| 'CHATTERBOX_E_FULL'
	/** Larger than a configured limit */
	| 'CHATTERBOX_E_LIMIT'
	/** An argument is not what it should be */
	| 'EINVAL'
	| (string & {});

/** Who failed; "none": this process, or the caller's mistake */
export type Server = 'none' | 'redis' | 'rmq' | 'sql' | 'nl-hdms' | 'leader';

/** Why something failed */
export class ChatterboxError extends Error {
	/** Made by this package */
	constructor(message: string, code: ErrorCode, server?: Server, reason?: string);
	/** For programs */
	readonly code: ErrorCode;
	/** Who failed */
	readonly server: Server;
	/** The code that nl-hdms answered; else absent */
	readonly reason?: string;
}

/** OCD's configuration object as it is (chatterbox.json(5)), or a part of it: what is absent has its
 * default */
export interface OcdConfig {
	/** Redis */
	redis?: Record<string, unknown>;
	/** RabbitMQ */
	rmq?: Record<string, unknown>;
	/** How RPCs are made over it */
	rmq_rpc?: Record<string, unknown>;
	/** PostgreSQL */
	sequelize?: Record<string, unknown>;
	/** chatterbox's own keys; they win over the sections of the same name */
	chatterbox?: Record<string, unknown>;
	/** OCD's other keys are accepted in silence */
	[key: string]: unknown;
}

/** Of open() */
export interface OpenOptions extends WaitOptions {
	/** Variables NLCONF_<SECTION>__<KEY> that win over the configuration, as process.env; absent: none */
	environment?: Record<string, string | undefined>;
}

/** What the addon and the pure client have in common */
export interface ChatterboxApi extends EventEmitter<ChatterboxEvents> {
	/** The last recorded status of every live job, or of one system's, by system, then job_id: the
	 * proposal's lastRecordedStatus */
	activeJobs(system?: string, options?: WaitOptions): Promise<Status[]>;
	/** The same as JSON text in UTF-8: to pass it on without parsing it */
	activeJobsJson(system?: string, options?: WaitOptions): Promise<Buffer>;
	/** One job, live or ended; undefined when nobody knows it */
	job(system: string, job_id: number, options?: WaitOptions): Promise<JobDocument | undefined>;
	/** What became of a job, or of a system and its jobs, newest first, after clean-up too; undefined
	 * when nobody knows it */
	history(system: string, query?: HistoryQuery): Promise<HistoryPage | undefined>;
	/** Will every list be there when it is activated, and if not, why: soonest first. Asks the leader. */
	outlook(query?: OutlookQuery): Promise<OutlookPage>;
	/** What goes wrong at many places at once, newest first */
	incidents(query?: IncidentsQuery): Promise<IncidentsPage>;
	/** One of them, with its systems and jobs; undefined when nobody knows it */
	incident(id: number, query?: IncidentsQuery): Promise<IncidentDocument | undefined>;
	/** Why a job, or a system and its jobs, are as they are: sentences, newest first, after clean-up
	 * too; undefined when nobody knows it */
	explain(system: string, query?: HistoryQuery): Promise<ExplainPage | undefined>;
	/** The figures, the interval, who leads */
	summary(options?: WaitOptions): Promise<Summary>;
	/** Internal systems, read and written */
	readonly internalSystems: InternalSystems;
	/** Which systems are online, read and written */
	readonly onlineSystems: OnlineSystemsList;
	/** Errors of jobs */
	readonly errors: Errors;
	/** The base of the Job Status Task's interval in seconds, 1 to 86400: 600, "600", or as OCD hands
	 * it over, '"600"' */
	setTimeTillNextCheck(seconds: number | string, options?: WaitOptions): Promise<void>;
	/** That base, in seconds */
	getTimeTillNextCheck(options?: WaitOptions): Promise<number>;
	/** Look for jobs that nobody monitors: asks every system for all its jobs. Does not wait for the
	 * round. */
	updateDatabase(options?: WaitOptions): Promise<void>;
	/** Ask a system to pause one of its jobs; done when it has agreed */
	pause(system: string, job_id: number, options?: WaitOptions): Promise<void>;
	/** Ask a system to go on with a paused job */
	resume(system: string, job_id: number, options?: WaitOptions): Promise<void>;
	/** Ask a system to end a job */
	kill(system: string, job_id: number, options?: WaitOptions): Promise<void>;
	/** Events one by one. With `since` they are read from the stream, none missing and each once, in
	 * its order; `lost` comes first when it does not go back that far. It ends with close(); the
	 * signal's reason is thrown. */
	events(options?: EventsOptions): AsyncIterableIterator<ChatterboxEvent>;
	/** events() without options */
	[Symbol.asyncIterator](): AsyncIterableIterator<ChatterboxEvent>;
	/** Disconnect; what is under way fails with CHATTERBOX_E_DOWN. May be called again. */
	close(): Promise<void>;
	/** close(), for `await using` */
	[Symbol.asyncDispose](): Promise<void>;
	/** Keep the process running while this is open: the default, as of a socket */
	ref(): this;
	/** Let the process end although this is open */
	unref(): this;
}

/** What this instance does */
export type Role = 'standby' | 'leader' | 'observer';

/** The engine inside this process: an observer, unless `chatterbox.role` says otherwise */
export class Chatterbox extends EventEmitter<ChatterboxEvents> {
	/** Use open() */
	private constructor();
	/**
	 * Open an engine; done when every server has answered
	 * @param config the path of a chatterbox.json, or OCD's configuration object
	 */
	static open(config: string | OcdConfig, options?: OpenOptions): Promise<Chatterbox>;
	/** The version of the C library that is running */
	static readonly version: string;
	/** What this instance does now */
	readonly role: Role;
	/** What was odd in the configuration; each line names its key */
	readonly warnings: readonly string[];
	/** One line per dependency, as GET /readyz */
	health(): { ready: boolean; alive: boolean; text: string };
	/** The engine's figures in the Prometheus text format */
	metrics(): string;
	/** The other end of an embedded bus (`chatterbox.bus` "memory"): this program in the place of
	 * nl-hdms. It ends with the engine. */
	peer(queue: string | undefined, onMessage?: (message: PeerMessage) => void): Peer;
}

/** What it has in common with the pure client */
export interface Chatterbox extends ChatterboxApi {}

/** A message on the embedded bus, by AMQP's words */
export interface PeerMessage {
	/** "" or absent: the default exchange */
	exchange?: string;
	/** With the default exchange the name of a queue */
	routing_key: string;
	/** JSON */
	body: string;
	/** Where an answer goes: its routing key */
	reply_to?: string;
	/** What an answer repeats */
	correlation_id?: string;
	/** By which a report that comes again is known */
	message_id?: string;
	/** In the bare form of an RPC its method */
	type?: string;
}

/** A connection to an embedded bus */
export class Peer {
	/** Use Chatterbox.peer() */
	private constructor();
	/** Send a message; throws ChatterboxError */
	publish(message: PeerMessage): void;
}

/** OCD's Task: work that is due again and again. It belongs to the thread that made it. */
export class Task {
	/**
	 * @param interval seconds, 0 (due at every tick) to 1e9
	 * @param performTask the work. What it throws is an uncaught exception, as in a timer.
	 * @param name what it is called
	 */
	constructor(interval: number, performTask: () => unknown, name: string);
	/** Seconds; holds from the start of the last run */
	interval: number;
	/** When its last run started, as process.hrtime(): [seconds, nanoseconds]; [0, 0]: never. Being
	 * added to a scheduler and its start() count as a run. */
	readonly lastRan: [number, number];
	/** What it is called */
	readonly name: string;
	/** The work. It may be replaced; calling it does not change lastRan, run() does. */
	performTask: () => unknown;
	/** Run it now, due or not */
	run(): void;
}

/** OCD's TaskScheduler: once a second it runs the tasks that are due, in the order they were added */
export class TaskScheduler {
	/** One without tasks */
	constructor();
	/** Its tasks, in the order they were added */
	readonly taskList: Task[];
	/** How many tasks are under way: 1 inside a task, else 0 */
	readonly count: number;
	/** No task runs */
	readonly paused: boolean;
	/** When the pause ends by itself, in ms of performance.now()'s clock; undefined when not paused */
	readonly pausedTimer: number | undefined;
	/** Milliseconds after which a pause ends by itself: 600000 */
	pausedTimeOut: number;
	/** Take a task in; its lastRan becomes now. Throws ChatterboxError EBUSY when it is in one already. */
	addTask(task: Task): void;
	/** Throws ChatterboxError ENOENT when it is not in this scheduler */
	removeTask(task: Task): void;
	/** Every task's lastRan becomes now; ticks once a second from then on, and keeps the process running */
	start(): void;
	/** No ticks any more */
	stop(): void;
	/** No task runs any more until resume(), or for pausedTimeOut */
	pause(): void;
	/** End a pause now */
	resume(): void;
}
