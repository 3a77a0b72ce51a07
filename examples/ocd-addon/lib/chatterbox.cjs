// SPDX-License-Identifier: MIT
// chatterbox.cjs - class Chatterbox: the engine's events, reads and orders, as index.d.ts says

'use strict';

const { EventEmitter } = require('node:events');
const { setImmediate } = require('node:timers'); // not one that tests of the host have faked
const binding = require('./load.cjs');
const check = require('./check.cjs');
const { ChatterboxError, mistake } = require('./error.cjs');
const { Feed, live, replay } = require('./events.cjs');
const { errorsOf, internalSystemsOf, onlineSystemsOf } = require('./tables.cjs');
const { wait } = require('./wait.cjs');

const OURS = Symbol('open');
/** In the stream; the two others come and go */
const STREAMED = new Set(['status', 'update_job_status', 'user_job_errors', 'outlook', 'incident']);
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

/** Engines that run: they are stopped before the process goes, since its exit handlers would take the
 * ground from under their threads */
const running = new Set();
function stopAll() {
	for (const engine of running) engine.stop();
}

function settingsOf(config, { environment }) {
	const variables = Object.entries(environment ?? {})
		.filter(([name, value]) => name.startsWith('NLCONF_') && value !== undefined)
		.map(([name, value]) => `${name}=${check.text(name, value)}`);
	const settings = variables.length ? { environment: variables } : {};
	if (typeof config === 'string') return { ...settings, file: check.text('config', config) };
	if (config === null || typeof config !== 'object')
		throw mistake('config: takes a path or OCD\'s configuration object');
	return { ...settings, text: JSON.stringify(config) };
}

function aboutOf(message_id, stream_id, previous_status, origin) {
	const about = {};
	if (message_id !== undefined) about.message_id = message_id;
	if (stream_id !== undefined) about.stream_id = stream_id;
	if (previous_status !== undefined) about.previous_status = previous_status;
	if (origin !== undefined) about.origin = origin;
	return about;
}

class Chatterbox extends EventEmitter {
	#engine;
	#opening;
	#closing;
	#feeds = new Set();
	#ready;

	constructor(token) {
		super();
		if (token !== OURS) throw new TypeError('use Chatterbox.open()');
		this.warnings = [];
		this.#ready = new Promise((resolve, reject) => {
			this.#engine = new binding.Engine({
				ready: resolve,
				failed: reject,
				event: (...event) => this.#receive(...event),
				lost: (count) => this.#lose(count),
				later: () => setImmediate(() => this.#engine.resume()),
			});
		});
		this.#ready.catch(() => {}); // open() tells it
		const call = (...of) => this.#call(...of);
		this.internalSystems = internalSystemsOf(call);
		this.onlineSystems = onlineSystemsOf(call);
		this.errors = errorsOf(call);
	}

	static get version() { return binding.version; }

	static async open(config, options = {}) {
		const settings = settingsOf(config, options);
		options.signal?.throwIfAborted();
		const box = new Chatterbox(OURS);
		try {
			await wait(box.#open(settings), options.signal);
		} catch (error) {
			await box.close();
			throw error;
		}
		return box;
	}

	async #open(settings) {
		if (!running.size) process.on('exit', stopAll);
		running.add(this.#engine);
		this.#opening = this.#engine.open(settings);
		this.warnings = await this.#opening;
		await this.#ready;
	}

	get role() { return this.#engine.role(); }

	health() { return this.#engine.health(); }

	metrics() { return this.#engine.metrics(); }

	peer(queue, onMessage) {
		return new binding.Peer(this.#engine, check.optionalText('queue', queue), onMessage);
	}

	async activeJobs(system, options) {
		return JSON.parse((await this.activeJobsJson(system, options)).toString());
	}

	async activeJobsJson(system, { signal } = {}) {
		signal?.throwIfAborted();
		return this.#engine.jobs(check.optionalText('system', system));
	}

	async job(system, job_id, { signal } = {}) {
		return this.#find('job', { system: check.text('system', system), job_id: check.jobId(job_id) }, signal);
	}

	/** Yes and no are 1 and 0 over every wire */
	async jobs({ signal, ...query } = {}) {
		for (const name of ['stalled', 'stale', 'detail'])
			if (query[name] !== undefined) query[name] = Number(query[name]);
		return this.#call('jobs', JSON.stringify(query), undefined, { signal });
	}

	async system(system, { signal } = {}) {
		return this.#find('system', { system: check.text('system', system) }, signal);
	}

	/** What may be unknown: then undefined */
	async #find(name, about, signal) {
		try {
			return await this.#call(name, JSON.stringify(about), undefined, { signal });
		} catch (error) {
			if (error.code === 'CHATTERBOX_E_UNKNOWN') return undefined;
			throw error;
		}
	}

	history(system, query) { return this.#pageOf('history', system, query); }

	explain(system, query) { return this.#pageOf('explain', system, query); }

	async #pageOf(what, system, { signal, ...query } = {}) {
		if (query.job_id !== undefined) check.jobId(query.job_id);
		return this.#find(what, { ...query, system: check.text('system', system) }, signal);
	}

	outlook({ signal, ...query } = {}) { return this.#call('outlook', JSON.stringify(query), undefined, { signal }); }

	incidents({ signal, open, ...query } = {}) {
		const about = { ...query, ...(open === undefined ? {} : { open: Number(open) }) };
		return this.#call('incidents', JSON.stringify(about), undefined, { signal });
	}

	async incident(id, { signal, ...query } = {}) { return this.#find('incident', { ...query, id: check.jobId(id, 'id') }, signal); }

	summary(options) { return this.#call('summary', undefined, undefined, options); }

	async setTimeTillNextCheck(seconds, options) {
		await this.#call('set_interval', undefined, check.seconds(seconds), options);
	}

	async getTimeTillNextCheck({ signal } = {}) {
		signal?.throwIfAborted();
		return this.#engine.interval();
	}

	async updateDatabase(options) { await this.#call('update_database', undefined, undefined, options); }

	async pause(system, job_id, options) { await this.#order('pause', system, job_id, options); }

	async resume(system, job_id, options) { await this.#order('resume', system, job_id, options); }

	async kill(system, job_id, options) { await this.#order('kill', system, job_id, options); }

	async pauseAll(system, options) { return this.#all('pause_all', system, options); }

	async resumeAll(system, options) { return this.#all('resume_all', system, options); }

	async #all(name, system, options) {
		return (await this.#call(name, check.optionalText('system', system), undefined, options)).jobs;
	}

	async cleanUpErrored({ system, older_than = 0, signal } = {}) {
		return (await this.#call('clean_up', check.optionalText('system', system),
			check.jobId(older_than, 'older_than'), { signal })).removed;
	}

	async wouldCleanUpErrored({ signal, ...query } = {}) {
		return this.#call('would_clean_up', JSON.stringify(query), undefined, { signal });
	}

	async cleanUpIncident(id, options) {
		return (await this.#call('clean_up_incident', undefined, check.jobId(id, 'id'), options)).removed;
	}

	async wouldCleanUpIncident(id, options) {
		return this.#call('would_clean_up_incident', JSON.stringify({ id: check.jobId(id, 'id') }), undefined, options);
	}

	async poll(options) { await this.#call('poll', undefined, undefined, options); }

	async pauseTasks(seconds, options) {
		await this.#call('pause_tasks', undefined, seconds === undefined ? 0 : check.seconds(seconds), options);
	}

	async resumeTasks(options) { await this.#call('resume_tasks', undefined, undefined, options); }

	#order(name, system, job_id, options) {
		return this.#call(name, check.text('system', system), check.jobId(job_id), options);
	}

	/** The parsed answer */
	async #call(name, text, number, { signal } = {}) {
		signal?.throwIfAborted();
		return JSON.parse(await wait(this.#engine.call(name, text, number), signal));
	}

	// ---- events

	#receive(name, params, message_id, stream_id, previous_status, origin) {
		const feeds = [...this.#feeds].filter((feed) => feed.replays || feed.wants(name));
		if (!feeds.length && !this.listenerCount(name)) return;
		const data = JSON.parse(params);
		const about = aboutOf(message_id, stream_id, previous_status, origin);
		for (const feed of feeds)
			if (feed.replays && (STREAMED.has(name) || !feed.wants(name))) feed.ring();
			else feed.push({ name, data, ...about });
		this.emit(name, data, about);
	}

	#lose(count) {
		for (const feed of this.#feeds)
			if (!feed.replays && feed.wants('lost')) feed.push({ name: 'lost', data: count });
		this.emit('lost', count);
	}

	events({ since, names, signal } = {}) {
		const feed = new Feed(names);
		const from = check.optionalText('since', since);
		feed.replays = from !== undefined;
		if (this.#closing) feed.end();
		this.#feeds.add(feed);
		const events = feed.replays ? replay(feed, (at, limit) => this.#page(at, limit), from, signal)
			: live(feed, signal);
		return this.#following(feed, events);
	}

	/** An iteration that forgets its feed when it is left, also one that was never begun */
	#following(feed, events) {
		const leave = () => this.#feeds.delete(feed);
		return {
			next: () => events.next().then((step) => {
				if (step.done) leave();
				return step;
			}, (error) => {
				leave();
				throw error;
			}),
			return: (value) => {
				leave();
				feed.end();
				return events.return(value);
			},
			throw: (error) => {
				leave();
				feed.end();
				return events.throw(error);
			},
			[Symbol.asyncIterator]() { return this; },
		};
	}

	async #page(since, limit) {
		try {
			return await this.#call('events', JSON.stringify({ since, limit }));
		} catch (error) {
			if (['CHATTERBOX_E_DOWN', 'CHATTERBOX_E_TIMEOUT', 'CHATTERBOX_E_FULL'].includes(error.code))
				return undefined;
			throw error;
		}
	}

	[Symbol.asyncIterator]() { return this.events(); }

	// ---- its end

	close() {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close() {
		// a listener may have called, inside the engine's own turn
		await new Promise(setImmediate);
		const opened = await this.#opening?.then(() => true, () => false);
		if (opened) await this.#engine.close();
		running.delete(this.#engine);
		if (!running.size) process.off('exit', stopAll);
		for (const feed of this.#feeds) feed.end();
		this.#feeds.clear();
	}

	[asyncDispose]() { return this.close(); }

	ref() {
		this.#engine.keep(true);
		return this;
	}

	unref() {
		this.#engine.keep(false);
		return this;
	}
}

module.exports = { Chatterbox, ChatterboxError };
