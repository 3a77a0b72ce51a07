// SPDX-License-Identifier: MIT
// index.ts - chatterbox from Node without native code, by the types of the addon
//
// It reads what chatterbox writes to Redis, follows its stream, asks by its RPCs and events over
// RabbitMQ, and takes over HTTP the documents that no other wire has: job(), jobs(), system(), summary(),
// and since when a system is online.

import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { ChatterboxApi, ChatterboxEvent, ChatterboxEvents, CleanUpQuery, Errors,
	EventsOptions, ExplainPage, HistoryPage, HistoryQuery, IncidentDocument, IncidentsPage, IncidentsQuery,
	InternalSystems, JobDocument, JobsData, JobsPage, JobsQuery, OcdConfig, OnlineSystemsList, OutlookPage, OutlookQuery, Status, Summary, SystemDocument, WaitOptions, WouldGo } from '../../ocd-addon/index.js';
import { Broker } from './broker.js';
import { byBytes, checkId, checkJob, checkName, invalid } from './check.js';
import { ChatterboxError, waitFor } from './error.js';
import { readSettings } from './settings.js';
import type { Settings } from './settings.js';
import { newestId, readStream } from './stream.js';
import { errorsOf, internalSystemsOf, onlineSystemsOf } from './tables.js';
import type { Wires } from './tables.js';

export { ChatterboxError } from './error.js';
export type * from '../../ocd-addon/index.js';

const JOB = 'nl-ocd.content.job.';
const INCIDENTS = 'nl-ocd.server.incidents.';
const TASKS = 'nl-ocd.chatterbox.';
const INTERVAL = 'nl-ocd.update_time_till_next_check.row_info';
const TRANSIENT = new Set(['job_status', 'jobs_data']);

/** The texts of a system's hash by job_id */
const inOrder = (hash: Record<string, string>) => Object.entries(hash)
	.sort(([a], [b]) => Number(a) - Number(b)).map(([, text]) => text);

/** OCD's row_info: 600, "600" or '"600"' */
function secondsOf(value: number | string): number {
	const text = String(value).replace(/"/g, '').trim();
	const seconds = Number(text);
	if (!text || !Number.isInteger(seconds) || seconds < 1 || seconds > 86400)
		throw invalid('seconds: 1 to 86400');
	return seconds;
}

export class Chatterbox extends EventEmitter<ChatterboxEvents> implements ChatterboxApi {
	#settings: Settings;
	#redis: Redis;
	#tail?: Redis; // blocks in XREAD
	#broker: Broker;
	#ending = new AbortController();
	#counts = true;
	readonly internalSystems: InternalSystems;
	readonly onlineSystems: OnlineSystemsList;
	readonly errors: Errors;

	private constructor(settings: Settings) {
		super();
		this.#settings = settings;
		this.#redis = this.#connect({ maxRetriesPerRequest: 1 });
		this.#broker = new Broker(settings, (name, params) => {
			if (name === 'jobs_data') this.emit('jobs_data', params as JobsData, {});
			else this.emit('job_status', params as Status[], {});
		});
		const wires: Wires = {
			key: (name) => this.#key(name),
			redis: (fn, signal) => this.#fromRedis(() => fn(this.#redis), signal),
			http: (path, signal) => this.#get(path, signal),
			call: (method, params, options) => this.#call(method, params, options),
			emit: (key, params) => this.#broker.emit(key, params),
		};
		this.internalSystems = internalSystemsOf(wires);
		this.onlineSystems = onlineSystemsOf(wires);
		this.errors = errorsOf(wires);
	}

	/** Connect; done when Redis and RabbitMQ have answered */
	static async open(config: string | OcdConfig, options: WaitOptions = {}): Promise<Chatterbox> {
		const box = new Chatterbox(await readSettings(config));
		try {
			await waitFor(box.#start(), options.signal);
		} catch (error) {
			await box.close();
			throw error;
		}
		return box;
	}

	async #start(): Promise<void> {
		await this.#fromRedis(() => this.#redis.connect());
		const since = await this.#fromRedis(() => newestId(this.#redis, this.#key('events')));
		await this.#broker.connect();
		this.#tail = this.#connect({ maxRetriesPerRequest: 1 });
		void this.#follow(this.#tail, since);
	}

	async #follow(redis: Redis, since: string): Promise<void> {
		for await (const event of readStream(redis, this.#key('events'), since, this.#ending.signal)) {
			const { name, data, ...about } = event;
			if (name === 'lost') this.emit('lost', data);
			else (this as EventEmitter).emit(name, data, about);
		}
	}

	#connect(more: object): Redis {
		const redis = new Redis({ ...this.#settings.redis, lazyConnect: true, ...more,
			retryStrategy: (times) => (this.#ending.signal.aborted ? null : Math.min(100 * times, 2000)) });
		redis.on('error', () => {}); // each call says what failed
		redis.on('connect', () => this.#setRef(redis));
		return redis;
	}

	#key(name: string): string { return `${this.#settings.app}:${name}`; }

	async #fromRedis<T>(fn: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		if (this.#ending.signal.aborted) throw new ChatterboxError('closed', 'CHATTERBOX_E_DOWN');
		try {
			return await waitFor(fn(), signal);
		} catch (error) {
			if (signal?.aborted) throw error;
			throw new ChatterboxError(`Redis: ${(error as Error).message}`, 'CHATTERBOX_E_DOWN', 'redis');
		}
	}

	/** GET @path; undefined when it is not found */
	async #get<T>(path: string, signal?: AbortSignal): Promise<T | undefined> {
		const { http, token } = this.#settings;
		if (this.#ending.signal.aborted) throw new ChatterboxError('closed', 'CHATTERBOX_E_DOWN');
		let answer: Response;
		try {
			answer = await fetch(http + path, { signal,
				headers: token ? { Authorization: `Bearer ${token}` } : {} });
		} catch (error) {
			if (signal?.aborted) throw error;
			throw new ChatterboxError(`chatterboxd: ${(error as Error).message}`, 'CHATTERBOX_E_DOWN', 'leader');
		}
		if (answer.status === 404) return undefined;
		const body = await answer.json() as { detail?: string; title?: string };
		if (answer.ok) return body as T;
		const code = answer.status === 400 ? 'EINVAL' : answer.status === 504 ? 'CHATTERBOX_E_TIMEOUT'
			: answer.status === 503 ? 'CHATTERBOX_E_DOWN' : 'CHATTERBOX_E_REFUSED';
		throw new ChatterboxError(body.detail ?? body.title ?? `HTTP ${answer.status}`, code,
			code === 'EINVAL' ? 'none' : 'leader');
	}

	#call(method: string, params: object, options: WaitOptions = {}): Promise<unknown> {
		return waitFor(this.#broker.call(method, params), options.signal);
	}

	/** JSON texts of jobs, system by system */
	async #texts(system?: string, signal?: AbortSignal): Promise<string[]> {
		return this.#fromRedis(async () => {
			const systems = system !== undefined ? [system]
				: (await this.#redis.zrange(this.#key('active_systems'), 0, -1)).sort(byBytes);
			const pipeline = this.#redis.pipeline();
			for (const name of systems) pipeline.hgetall(this.#key(`jobs:{${name}}`));
			const answers = await pipeline.exec() ?? [];
			return answers.flatMap(([error, hash]) => {
				if (error) throw error;
				return inOrder(hash as Record<string, string>);
			});
		}, signal);
	}

	async activeJobs(system?: string, { signal }: WaitOptions = {}): Promise<Status[]> {
		return JSON.parse((await this.activeJobsJson(system, { signal })).toString()) as Status[];
	}

	async activeJobsJson(system?: string, { signal }: WaitOptions = {}): Promise<Buffer> {
		return Buffer.from(`[${(await this.#texts(system, signal)).join(',')}]`);
	}

	async job(system: string, job_id: number, { signal }: WaitOptions = {}): Promise<JobDocument | undefined> {
		checkJob(system, job_id);
		return this.#get(`/api/v1/jobs/${encodeURIComponent(system)}/${job_id}`, signal);
	}

	async jobs({ signal, ...query }: JobsQuery = {}): Promise<JobsPage> {
		const words = Object.entries(query).filter(([, value]) => value !== undefined)
			.map(([name, value]) => [name, String(typeof value === 'boolean' ? Number(value) : value)]);
		return await this.#get(`/api/v1/jobs?${new URLSearchParams(words)}`, signal) as JobsPage;
	}

	async system(system: string, { signal }: WaitOptions = {}): Promise<SystemDocument | undefined> {
		checkName(system);
		return this.#get(`/api/v1/systems/${encodeURIComponent(system)}`, signal);
	}

	/** What may be unknown: then undefined */
	async #find<T>(method: string, params: object, signal?: AbortSignal): Promise<T | undefined> {
		try {
			return await this.#call(method, params, { signal }) as T;
		} catch (error) {
			if ((error as ChatterboxError).code === 'CHATTERBOX_E_UNKNOWN') return undefined;
			throw error;
		}
	}

	async history(system: string, query?: HistoryQuery): Promise<HistoryPage | undefined> {
		return this.#pageOf('history', system, query);
	}

	async explain(system: string, query?: HistoryQuery): Promise<ExplainPage | undefined> {
		return this.#pageOf('explain', system, query);
	}

	async #pageOf<T>(what: string, system: string, { signal, ...query }: HistoryQuery = {}): Promise<T | undefined> {
		checkJob(system, query.job_id ?? 0);
		return this.#find(JOB + what, { system, ...query }, signal);
	}

	async outlook({ signal, ...query }: OutlookQuery = {}): Promise<OutlookPage> {
		return await this.#call('nl-ocd.content.outlook', query, { signal }) as OutlookPage;
	}

	async incidents({ signal, open, ...query }: IncidentsQuery = {}): Promise<IncidentsPage> {
		const params = { ...query, ...(open === undefined ? {} : { open: Number(open) }) };
		return await this.#call(`${INCIDENTS}get`, params, { signal }) as IncidentsPage;
	}

	async incident(id: number, { signal, ...query }: IncidentsQuery = {}): Promise<IncidentDocument | undefined> {
		checkId(id);
		return this.#find(`${INCIDENTS}find`, { ...query, id }, signal);
	}

	async summary({ signal }: WaitOptions = {}): Promise<Summary> {
		return await this.#get('/api/v1/summary', signal) as Summary;
	}

	async setTimeTillNextCheck(seconds: number | string, { signal }: WaitOptions = {}): Promise<void> {
		const text = JSON.stringify(String(secondsOf(seconds)));
		await this.#fromRedis(() => this.#redis.hset(INTERVAL, INTERVAL, text), signal);
		await this.#broker.emit('nl-ocd.event.update_time_till_next_check', { info: text });
	}

	async getTimeTillNextCheck(options?: WaitOptions): Promise<number> {
		return (await this.summary(options)).interval.base;
	}

	updateDatabase(): Promise<void> { return this.#broker.emit('nl-ocd.event.update_database', {}); }

	async #order(name: string, system: string, job_id: number, options?: WaitOptions): Promise<void> {
		checkJob(system, job_id);
		await this.#call(JOB + name, { system, job_id }, options);
	}

	pause(system: string, job_id: number, options?: WaitOptions): Promise<void> {
		return this.#order('pause', system, job_id, options);
	}

	resume(system: string, job_id: number, options?: WaitOptions): Promise<void> {
		return this.#order('resume', system, job_id, options);
	}

	kill(system: string, job_id: number, options?: WaitOptions): Promise<void> {
		return this.#order('kill', system, job_id, options);
	}

	async #all(name: string, system?: string, options?: WaitOptions): Promise<number> {
		if (system !== undefined) checkName(system);
		return (await this.#call(JOB + name, { system }, options) as { jobs: number }).jobs;
	}

	pauseAll(system?: string, options?: WaitOptions): Promise<number> { return this.#all('pauseAll', system, options); }

	resumeAll(system?: string, options?: WaitOptions): Promise<number> { return this.#all('resumeAll', system, options); }

	async cleanUpErrored({ signal, ...query }: CleanUpQuery = {}): Promise<number> {
		return (await this.#call(`${JOB}cleanUpErrored`, query, { signal }) as { removed: number }).removed;
	}

	async wouldCleanUpErrored({ signal, ...query }: CleanUpQuery = {}): Promise<WouldGo> {
		return await this.#call(`${JOB}cleanUpErrored`, { ...query, dry_run: true }, { signal }) as WouldGo;
	}

	async cleanUpIncident(id: number, options?: WaitOptions): Promise<number> {
		checkId(id);
		return (await this.#call(`${INCIDENTS}cleanUp`, { id }, options) as { removed: number }).removed;
	}

	async wouldCleanUpIncident(id: number, options?: WaitOptions): Promise<WouldGo> {
		checkId(id);
		return await this.#call(`${INCIDENTS}cleanUp`, { id, dry_run: true }, options) as WouldGo;
	}

	async poll(options?: WaitOptions): Promise<void> { await this.#call(`${TASKS}poll`, {}, options); }

	async pauseTasks(seconds?: number, options?: WaitOptions): Promise<void> {
		await this.#call(`${TASKS}pause`, seconds === undefined ? {} : { seconds: secondsOf(seconds) }, options);
	}

	async resumeTasks(options?: WaitOptions): Promise<void> { await this.#call(`${TASKS}resume`, {}, options); }

	async* events(options: EventsOptions = {}): AsyncGenerator<ChatterboxEvent, void, undefined> {
		if (options.since !== undefined && !/^\d+-\d+$/.test(options.since))
			throw invalid('since: a stream id');
		const wants = (name: string) => !options.names || options.names.includes(name as 'lost');
		const ending = new AbortController();
		const redis = this.#connect({ maxRetriesPerRequest: 1 });
		const ready: ChatterboxEvent[] = [];
		let wake = () => {};
		const take = (event: ChatterboxEvent) => {
			if (wants(event.name)) ready.push(event);
			wake();
		};
		const stop = () => {
			ending.abort();
			redis.disconnect();
			wake();
		};
		const hear = [...TRANSIENT].map((name) => [name, (data: unknown) => take({ name, data } as ChatterboxEvent)] as const);
		for (const [name, listener] of hear) (this as EventEmitter).on(name, listener);
		for (const signal of [options.signal, this.#ending.signal])
			if (signal?.aborted) stop();
			else signal?.addEventListener('abort', stop, { once: true });
		try {
			const key = this.#key('events');
			const since = options.since ?? await this.#fromRedis(() => newestId(this.#redis, key), options.signal);
			void (async () => {
				for await (const event of readStream(redis, key, since, ending.signal)) take(event);
			})();
			for (;;) {
				const event = ready.shift();
				options.signal?.throwIfAborted();
				if (event) yield event;
				else if (ending.signal.aborted) return;
				else await new Promise<void>((resolve) => { wake = resolve; });
			}
		} finally {
			for (const [name, listener] of hear) (this as EventEmitter).off(name, listener);
			for (const signal of [options.signal, this.#ending.signal]) signal?.removeEventListener('abort', stop);
			stop();
		}
	}

	[Symbol.asyncIterator](): AsyncGenerator<ChatterboxEvent, void, undefined> { return this.events(); }

	async close(): Promise<void> {
		this.#ending.abort();
		this.#redis.disconnect();
		this.#tail?.disconnect();
		await this.#broker.close();
	}

	[Symbol.asyncDispose](): Promise<void> { return this.close(); }

	#setRef(redis: Redis): void {
		(redis as unknown as { stream?: { ref(): void; unref(): void } }).stream?.[this.#counts ? 'ref' : 'unref']();
	}

	#refAll(counts: boolean): this {
		this.#counts = counts;
		this.#setRef(this.#redis);
		if (this.#tail) this.#setRef(this.#tail);
		this.#broker.setRef(counts);
		return this;
	}

	ref(): this { return this.#refAll(true); }

	unref(): this { return this.#refAll(false); }
}
