// SPDX-License-Identifier: MIT
// recorder.mjs - what was told, on the broker and in the stream, held against what is recorded
//
// Every fault test says by it what was lost, reordered or differs. Events are read as they come, so
// that a flush or a restart takes nothing from us that was there to read; both sides are kept by id
// and job alone, so that hours of them fit in memory.

import { createHash } from 'node:crypto';
import { sleep } from '../servers/e2e/place.mjs';
import { APP, Listener, wordOf, wordOfEntry } from '../servers/e2e/wire.mjs';

const SAMPLES = 10;
const digest = (text) => createHash('sha1').update(text).digest('base64');

/**
 * Which of the statuses in @told a job can't have had, when it went through @walk (null: it vanished, of
 * which chatterbox makes an end)
 */
export function inventedIn(told, walk) {
	const invented = [];
	let at = 0;
	for (const status of told) {
		const found = walk.findIndex((real, i) => i >= at
			&& (real === status || (real === null && ['Killed', 'Completed'].includes(status))));
		if (found < 0) invented.push(status);
		else at = found + 1;
	}
	return invented;
}

/** One side: every word that it told, in the order in which it came */
export class Side {
	constructor(name, bodies) {
		Object.assign(this, { name, bodies, seen: new Set(), last: new Map(), missing: new Set(),
			walks: new Map(), duplicates: 0, redelivered: 0, reordered: [], differing: [] });
	}

	/** @text: all that must be the same in each telling of @id */
	take({ id, job, status, previous }, text, redelivered = false) {
		const body = digest(text);
		const known = this.bodies.get(id);
		if (known !== undefined && known !== body) this.differing.push(`${this.name}: ${id}: ${text}`);
		if (known === undefined) this.bodies.set(id, body);
		if (this.seen.has(id)) {
			this[redelivered ? 'redelivered' : 'duplicates'] += 1;
			return;
		}
		this.seen.add(id);
		if (job) this.#chain(id, job, status, previous);
	}

	#chain(id, job, status, previous) {
		const before = this.last.get(job) ?? { revision: 0 };
		const revision = Number(id.slice(id.lastIndexOf('/') + 1));
		if (this.missing.delete(id) || revision <= before.revision) {
			this.reordered.push(`${this.name}: ${id} after revision ${before.revision}`);
			return;
		}
		for (let gap = before.revision + 1; gap < revision; gap++) this.missing.add(`${job}/${gap}`);
		if (revision === before.revision + 1 && previous !== before.status)
			this.reordered.push(`${this.name}: ${id} follows ${before.status}, says ${previous}`);
		else if (revision > 1 && previous === status)
			this.reordered.push(`${this.name}: ${id} changes nothing`);
		this.last.set(job, { revision, status });
		if (!this.walks.has(job)) this.walks.set(job, []);
		this.walks.get(job).push(status);
	}

	/** Revisions that @recorded (job -> { revision }) has and this side never told */
	lost(recorded) {
		const lost = [...this.missing];
		for (const [job, { revision }] of recorded)
			for (let r = (this.last.get(job)?.revision ?? 0) + 1; r <= revision; r++)
				lost.push(`${job}/${r}`);
		return lost.map((id) => `${this.name}: ${id}`);
	}

	/**
	 * What it told and never was: revisions above those in @recorded, and statuses that are not in the
	 * job's way (@walks: job -> its statuses; undefined: nobody wrote them down)
	 */
	invented(recorded, walks) {
		const invented = [];
		for (const [job, { revision }] of this.last)
			for (let r = (recorded.get(job)?.revision ?? 0) + 1; r <= revision; r++)
				invented.push(`${job}/${r} is not recorded`);
		for (const [job, told] of walks ? this.walks : [])
			for (const status of inventedIn(told, walks.get(job) ?? []))
				invented.push(`${job} was never ${status} then: told ${told.join(' ')}; in truth ${
					(walks.get(job) ?? []).join(' ')}`);
		return invented.map((text) => `${this.name}: ${text}`);
	}

	isUpTo(recorded) {
		return [...recorded].every(([job, { revision }]) =>
			(this.last.get(job)?.revision ?? 0) >= revision);
	}
}

export class Recorder {
	static async open(place) {
		const recorder = new Recorder();
		const bodies = new Map();
		Object.assign(recorder, { place, open: true, at: '0-0', turns: [], earlier: [],
			broker: new Side('broker', bodies), stream: new Side('stream', bodies) });
		recorder.listener = await Listener.open(place, { durable: true,
			take: (message) => recorder.#heard(message) });
		recorder.#stayConnected();
		recorder.redis = place.redis.duplicate();
		recorder.redis.on('error', () => {}); // tests kill it; it is asked again
		recorder.#watchMaster();
		recorder.following = recorder.#follow();
		return recorder;
	}

	/** Behind Sentinels each connection may be to another server */
	#watchMaster() {
		let master;
		if (this.redis.isCluster) return; // one for each slot: the test says when it is another
		this.redis.on('ready', () => {
			const { remotePort } = this.redis.stream;
			if (master && master !== remotePort) this.turn();
			master = remotePort;
		});
	}

	#heard(message) {
		const { name, properties } = message;
		const id = properties.messageId;
		if (!id) return; // transient
		const word = name === 'update_job_status' ? wordOf(message) : { id };
		const { previous_status: previous = '' } = properties.headers;
		this.broker.take(word, `${name} ${previous} ${JSON.stringify(message.params)}`,
			message.redelivered);
	}

	#read(entry) {
		const word = entry.name === 'update_job_status' ? wordOfEntry(entry) : { id: entry.id };
		this.stream.take(word, `${entry.name} ${entry.previous_status ?? ''} ${
			JSON.stringify(JSON.parse(entry.params))}`);
	}

	/** A lost broker is connected to again until close() */
	#stayConnected() {
		this.listener.connection.once('close', async () => {
			while (this.open) {
				try {
					await this.listener.connect();
					this.#stayConnected();
					return;
				} catch {
					await sleep(200);
				}
			}
		});
	}

	/**
	 * Another Redis is the master now: what it has is told from its beginning, and has to be all. What the
	 * old one told counts no more as told, but had to be right.
	 */
	turn() {
		this.turns.push(() => {
			this.earlier.push(this.stream);
			this.stream = new Side('stream', this.broker.bodies);
			this.at = '0-0';
			this.emptied = false;
		});
	}

	/** Reads the stream as it grows; flush() runs between two reads */
	async #follow() {
		while (this.open) {
			try {
				const turn = this.turns.shift();
				if (turn) await turn();
				else if (!await this.#readMore()) await sleep(50);
			} catch (error) {
				this.trouble = error;
				await sleep(100);
			}
		}
	}

	async #readMore() {
		const key = `${APP}:events`;
		const [[failed, entries], [, last]] = await this.redis.multi()
			.xrange(key, `(${this.at}`, '+', 'COUNT', 1000).xrange(key, this.at, this.at).exec();
		if (failed) throw failed;
		if (this.at !== '0-0' && !last.length) this.emptied = true;
		this.#readAll(entries);
		return entries.length;
	}

	#readAll(entries) {
		for (const [at, fields] of entries) {
			const entry = {};
			for (let i = 0; i < fields.length; i += 2) entry[fields[i]] = fields[i + 1];
			this.#read(entry);
			this.at = at;
		}
	}

	/** @command (flushdb, flushall), and what was in the stream until then; nobody else may empty it */
	flush(command = 'flushdb') {
		return new Promise((resolve, reject) => {
			this.turns.push(async () => {
				try {
					const [[error, entries], [failed]] = await this.redis.multi()
						.xrange(`${APP}:events`, `(${this.at}`, '+')[command]().exec();
					if (error ?? failed) throw error ?? failed;
					this.#readAll(entries);
					this.at = '0-0';
					resolve();
				} catch (trouble) {
					reject(trouble);
				}
			});
		});
	}

	isUpTo(recorded) { return this.broker.isUpTo(recorded) && this.stream.isUpTo(recorded); }

	/** @recorded: what SQL holds, by record() of sim.mjs; @walks: of the fleet, by Sim.walks();
	 * @past: the history as a side, by pastOf(); without it nothing is said of that */
	report(recorded, walks, past) {
		const heard = [this.broker, this.stream, ...(past ? [past.side] : [])];
		const sides = [...heard, ...this.earlier];
		const all = (name) => sides.flatMap((side) => side[name]);
		const lost = heard.flatMap((side) => side.lost(recorded));
		const invented = sides.flatMap((side) => side.invented(recorded, walks));
		const differing = [...all('differing'), ...(past ? past.contradictions : [])];
		const details = [...lost.map((text) => `lost ${text}`),
			...invented.map((text) => `invented ${text}`),
			...all('reordered').map((text) => `reordered ${text}`),
			...differing.map((text) => `differing ${text}`)].slice(0, SAMPLES);
		if (this.emptied) details.unshift('the stream was emptied by somebody else than flush(): what it held is lost');
		return { transitions: [...recorded.values()].reduce((sum, { revision }) => sum + revision, 0),
			duplicates: this.broker.duplicates + this.stream.duplicates,
			redelivered: this.broker.redelivered,
			lost: lost.length, reordered: all('reordered').length, differing: differing.length,
			invented: invented.length, details };
	}

	async close() {
		this.open = false;
		await this.listener.close();
		await this.following;
		this.redis.disconnect();
	}
}

/** "1200 transitions, 3 duplicates, 0 lost, ..." */
export function closingLine({ transitions, duplicates, lost, reordered, differing, invented }) {
	return `${transitions} transitions, ${duplicates} duplicates, ${lost} lost, ${reordered} reordered, `
		+ `${differing} differing, ${invented} invented`;
}
