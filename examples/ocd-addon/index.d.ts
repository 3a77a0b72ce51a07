// SPDX-License-Identifier: MIT
// index.d.ts - the public surface of @nightlife/chatterbox-native
//
// ChatterboxApi is what this addon and the pure TypeScript client (examples/ocd-client) have in
// common; what only the addon can do stands in class Chatterbox. What is asked and answered is in
// documents.d.ts.

/// <reference lib="esnext.disposable" />
/// <reference types="node" />

import { EventEmitter } from 'node:events';
import type { ChatterboxEvent, ChatterboxEvents, CleanUpQuery, ErrorsPage, ErrorsQuery, EventsOptions, ExplainPage,
	HistoryPage, HistoryQuery, IncidentDocument, IncidentsPage, IncidentsQuery, JobDocument, JobsPage, JobsQuery,
	KnownSystem, NewError, OnlineSystems, OutlookPage, OutlookQuery, Status, Summary, SystemDocument, WaitOptions,
	WouldGo } from './documents';

export * from './documents';
export type * as wire from './generated';

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
	list(options?: WaitOptions): Promise<KnownSystem[]>;
	/** Say that a system came online, or went offline. The answer does not wait for what follows. */
	set(system: string, online: boolean, options?: WaitOptions): Promise<void>;
}

/** The table errors */
export interface Errors {
	/** A page of them, newest first */
	get(query?: ErrorsQuery): Promise<ErrorsPage>;
	/** Upsert them into the table. Only the engine that leads can, so neither an observer nor the pure client:
	 * CHATTERBOX_E_STANDBY. OCD, which has the table, writes it by its own model. */
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
	/** Jobs that match, a page at a time: live ones, errored ones, or those that have ended */
	jobs(query?: JobsQuery): Promise<JobsPage>;
	/** One system with its live jobs; undefined when nobody knows it */
	system(system: string, options?: WaitOptions): Promise<SystemDocument | undefined>;
	/** activeJobs() as JSON text in UTF-8: to pass it on without parsing it */
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
	/** Ask for a pause of every live job that is not paused, of one system or of all; of how many. Answered at
	 * once, asked in the background. */
	pauseAll(system?: string, options?: WaitOptions): Promise<number>;
	/** Ask every paused job to go on, of one system or of all; how many */
	resumeAll(system?: string, options?: WaitOptions): Promise<number>;
	/** Errored jobs leave status_monitor for completed_jobs now, which happens by itself after
	 * error_retention; how many went */
	cleanUpErrored(query?: CleanUpQuery): Promise<number>;
	/** Which ones cleanUpErrored() would take away; nothing is changed */
	wouldCleanUpErrored(query?: CleanUpQuery): Promise<WouldGo>;
	/** The errored jobs of an incident leave status_monitor, whatever their age; how many went */
	cleanUpIncident(id: number, options?: WaitOptions): Promise<number>;
	/** Which ones cleanUpIncident() would take away; nothing is changed */
	wouldCleanUpIncident(id: number, options?: WaitOptions): Promise<WouldGo>;
	/** Run the Job Status Task now: every job is asked for that was not reported within the interval. Does not
	 * wait for the round. */
	poll(options?: WaitOptions): Promise<void>;
	/** chatterbox asks nobody for so many seconds (1 to 86400; absent: pausedTimeOut), or until resumeTasks().
	 * Events and orders go on. */
	pauseTasks(seconds?: number, options?: WaitOptions): Promise<void>;
	/** End pauseTasks() now */
	resumeTasks(options?: WaitOptions): Promise<void>;
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
