// SPDX-License-Identifier: MIT
// proxy.mjs - a TCP proxy that does to a connection what networks do
//
// Ways are `up` (client to server), `down` and `both`; a fault holds for living and new connections
// until pass(). What was swallowed is gone, so that pass() resets those connections, as a router
// that forgot them would.

import { createConnection, createServer } from 'node:net';

const WAYS = { up: ['up'], down: ['down'], both: ['up', 'down'] };
const HIGH = 64 * 1024; // bytes that wait in one direction before its sender is held back

/** One direction of one connection */
class Lane {
	constructor(pair, way, from, to, faults) {
		Object.assign(this, { pair, way, from, to, faults, waiting: [], bytes: 0, due: 0, passed: 0 });
		this.begin();
		from.on('data', (chunk) => this.#take(chunk));
		from.on('end', () => this.#take(null));
		to.on('drain', () => this.pump());
	}

	/** Offsets count from here */
	begin() { this.passed = 0; }

	#take(chunk) {
		if (this.faults.swallow) {
			this.pair.broken = true;
			return;
		}
		const rest = chunk && this.faults.strip ? this.faults.strip(chunk) : chunk;
		if (rest !== chunk) this.pair.broken = true;
		if (rest !== chunk && !rest.length) return;
		this.#look(rest);
	}

	#look(chunk) {
		const verdict = chunk ? this.pair.proxy.seen(this, chunk) : true;
		if (verdict instanceof Promise) this.#hold(verdict, chunk);
		else if (verdict) this.#queue(chunk && this.#corrupt(chunk));
	}

	/** This chunk, and so all that follow, waits for @until */
	async #hold(until, chunk) {
		this.held = true;
		this.from.pause();
		await until;
		this.held = false;
		this.#queue(this.#corrupt(chunk));
	}

	#corrupt(chunk) {
		const at = this.faults.corrupt - this.passed;
		if (!(at >= 0 && at < chunk.length)) return chunk;
		const bad = Buffer.from(chunk);
		bad[at] ^= 0xff;
		return bad;
	}

	#queue(chunk) {
		const { delay = 0, jitter = 0, rate } = this.faults;
		const due = Math.max(this.due, Date.now() + delay + jitter * (2 * Math.random() - 1));
		const step = rate ? Math.max(1, Math.ceil(rate / 20)) : Infinity;
		this.due = due;
		if (!chunk || chunk.length <= step) {
			this.#push(chunk, due, rate);
		} else {
			for (let at = 0; at < chunk.length; at += step)
				this.#push(chunk.subarray(at, at + step), due, rate);
		}
		if (chunk) this.passed += chunk.length;
		this.pump();
	}

	#push(chunk, due, rate) {
		this.due = Math.max(this.due, due);
		if (rate && chunk) this.due += chunk.length * 1000 / rate;
		this.waiting.push({ chunk, due: this.due });
		this.bytes += chunk?.length ?? 0;
	}

	/** Sends what is due, and holds the sender back while much is not */
	pump() {
		clearTimeout(this.timer);
		while (this.waiting.length > 0 && !this.faults.stall) {
			const { chunk, due } = this.waiting[0];
			const wait = due - Date.now();
			if (wait > 0) {
				this.timer = setTimeout(() => this.pump(), wait);
				break;
			}
			if (this.to.writableNeedDrain) break;
			this.waiting.shift();
			this.#send(chunk);
		}
		if (this.faults.stall || this.held || this.bytes > this.pair.proxy.high) this.from.pause();
		else this.from.resume();
	}

	#send(chunk) {
		if (!chunk) {
			this.to.end();
			return;
		}
		this.bytes -= chunk.length;
		this.sent = (this.sent ?? 0) + chunk.length;
		if (this.faults.cut === undefined || this.sent < this.faults.cut) {
			this.to.write(chunk);
			return;
		}
		const last = chunk.subarray(0, chunk.length - (this.sent - this.faults.cut));
		this.waiting = [];
		this.to.write(last, () => this.pair.reset());
	}
}

/** One connection: client, server, a lane each way */
class Pair {
	constructor(proxy, client) {
		this.proxy = proxy;
		this.client = client;
		this.server = createConnection({ port: proxy.target, host: '127.0.0.1', allowHalfOpen: true });
		this.lanes = { up: new Lane(this, 'up', client, this.server, proxy.faults.up),
			down: new Lane(this, 'down', this.server, client, proxy.faults.down) };
		for (const socket of [client, this.server]) {
			socket.setNoDelay(true);
			socket.on('error', () => this.#lost());
			socket.on('close', () => { if (client.destroyed && this.server.destroyed) this.#gone(); });
		}
		this.server.on('connect', () => { this.lanes.up.pump(); });
	}

	/** One end is gone: so is the other, unless nothing passes that could tell it */
	#lost() {
		const { up, down } = this.proxy.faults;
		if (!up.swallow && !down.swallow) this.reset();
		else this.broken = true;
	}

	reset() {
		for (const socket of [this.client, this.server].filter((one) => !one.destroyed)) {
			// resetAndDestroy() would wait until all is written; and it does not close what is already
			// shut down, so that node never ends
			socket.resetAndClosing = !socket.connecting && !socket.writableEnded;
			socket.destroy();
		}
		this.#gone();
	}

	#gone() {
		for (const lane of Object.values(this.lanes)) clearTimeout(lane.timer);
		this.proxy.pairs.delete(this);
	}
}

export class Proxy {
	/** A proxy on a free port below the ephemeral ones before 127.0.0.1:@target */
	static async open(target) {
		const proxy = new Proxy();
		Object.assign(proxy, { target, high: HIGH, pairs: new Set(), watches: new Set(), accepted: 0 });
		proxy.faults = { up: {}, down: {} };
		proxy.port = await proxy.#listenSomewhere();
		return proxy;
	}

	async #listenSomewhere() {
		for (;;) {
			const port = 20000 + Math.floor(Math.random() * 11000);
			try {
				await this.#listen(port);
				return port;
			} catch (error) {
				if (error.code !== 'EADDRINUSE') throw error;
			}
		}
	}

	#listen(port) {
		return new Promise((resolve, reject) => {
			const server = createServer({ allowHalfOpen: true }, (client) => {
				this.accepted += 1;
				this.pairs.add(new Pair(this, client));
			});
			server.once('error', reject);
			server.listen(port, '127.0.0.1', () => {
				this.listener = server;
				resolve();
			});
		});
	}

	#set(way, fault) {
		for (const one of WAYS[way]) {
			Object.assign(this.faults[one], fault);
			for (const pair of this.pairs) pair.lanes[one].pump();
		}
	}

	/** No fault any more; the port listens again */
	async pass() {
		for (const fault of Object.values(this.faults))
			for (const name of Object.keys(fault)) delete fault[name];
		for (const pair of [...this.pairs]) {
			if (pair.broken) pair.reset();
			else for (const lane of Object.values(pair.lanes)) lane.pump();
		}
		if (!this.listener) await this.#listen(this.port);
	}

	/** Bytes arrive @ms later, give or take @jitter, in their order */
	delay(ms, jitter = 0, way = 'both') { this.#set(way, { delay: ms, jitter }); }

	/** At most @rate bytes a second */
	slow(rate, way = 'both') { this.#set(way, { rate }); }

	/** Half-open: bytes (and ends) are taken and go nowhere; the sockets stay */
	swallow(way = 'both') { this.#set(way, { swallow: true }); }

	/** What @strip leaves out of a chunk goes nowhere; it gives back what it leaves alone */
	strip(strip, way) { this.#set(way, { strip }); }

	/** Half-open as a dead host: bytes are not even taken, so that the sender's buffers fill */
	stall(way = 'both') { this.#set(way, { stall: true }); }

	/** The byte at @offset, of what each connection sends from now on, is inverted */
	corrupt(offset, way = 'down') {
		for (const pair of this.pairs) for (const one of WAYS[way]) pair.lanes[one].begin();
		this.#set(way, { corrupt: offset });
	}

	/** Reset now; or each connection after @bytes more have passed in @way, until pass() */
	cut(bytes, way = 'down') {
		if (bytes === undefined) {
			for (const pair of [...this.pairs]) pair.reset();
			return;
		}
		for (const pair of this.pairs) for (const one of WAYS[way]) pair.lanes[one].sent = 0;
		this.#set(way, { cut: bytes });
	}

	/** Connection refused to new ones; with @cut the living ones are reset too */
	async refuse({ cut = true } = {}) {
		const { listener } = this;
		this.listener = undefined;
		listener?.close();
		if (cut) this.cut();
	}

	/**
	 * Calls @fn(pair) each time that @pattern (a Buffer or text) stands in one chunk sent @way,
	 * before the chunk is passed on; it is lost if @fn returns false, and waits if that is a promise.
	 * Returns what ends the watch.
	 */
	watch(way, pattern, fn) {
		const watch = { way, pattern, fn };
		this.watches.add(watch);
		return () => this.watches.delete(watch);
	}

	/** The same, once: { passed: a promise that is kept when it was seen, end } */
	once(way, pattern, fn = () => true) {
		let end;
		const passed = new Promise((resolve) => {
			end = this.watch(way, pattern, (pair) => {
				end();
				resolve();
				return fn(pair);
			});
		});
		return { passed, end };
	}

	/** Of a lane: is @chunk passed on, or lost (false), or does it wait (a promise)? */
	seen(lane, chunk) {
		let verdict = true;
		for (const { way, pattern, fn } of [...this.watches]) {
			if (way !== lane.way || !chunk.includes(pattern)) continue;
			const wish = fn(lane.pair);
			if (wish === false || wish instanceof Promise) verdict = wish;
		}
		return verdict;
	}

	async close() {
		this.listener?.close();
		this.cut();
	}
}
