// SPDX-License-Identifier: MIT
// events.cjs - events one by one, for `for await`
//
// Without `since` they are those that come from now on, kept until they are asked for; when too many
// wait, the later ones are dropped and `lost` says so in their place. With `since` the stream itself is
// read: in its order, each entry once, whatever this instance is or becomes. Live events only say when
// to read on; job_status and jobs_data, which the stream does not have, come between.

'use strict';

const { wait } = require('./wait.cjs');

const MOST = 16384; // as many as the library keeps for a host
const PAGE = 1000;
const AGAIN = 500; // ms: the leader's own events reach the stream later than its listeners

/** Wakes whoever waits for more */
class Bell {
	#ring = () => {};
	#waits = undefined;

	ring() { this.#ring(); }

	/** Until it rings, or for so long */
	next(ms) {
		this.#waits ??= new Promise((resolve) => {
			const timer = ms && setTimeout(() => this.#ring(), ms).unref();
			this.#ring = () => {
				clearTimeout(timer);
				this.#ring = () => {};
				this.#waits = undefined;
				resolve();
			};
		});
		return this.#waits;
	}
}

/** What has come and was not asked for yet */
class Feed {
	#bell = new Bell();
	#waiting = [];
	#dropped = 0;
	#ended = false;

	constructor(names) { this.names = names && new Set(names); }

	wants(name) { return !this.names || this.names.has(name); }

	push(event) {
		if (this.#waiting.length >= MOST || this.#dropped) this.#dropped += 1;
		else this.#waiting.push(event);
		this.#bell.ring();
	}

	ring() { this.#bell.ring(); }

	end() {
		this.#ended = true;
		this.#bell.ring();
	}

	get ended() { return this.#ended; }

	take() {
		const taken = this.#waiting;
		this.#waiting = [];
		if (this.#dropped) taken.push({ name: 'lost', data: this.#dropped });
		this.#dropped = 0;
		return taken;
	}

	get has() { return this.#waiting.length > 0; }

	wait(signal, ms) { return wait(this.#bell.next(ms), signal); }
}

async function* live(feed, signal) {
	for (;;) {
		signal?.throwIfAborted();
		const events = feed.take();
		yield* events;
		if (!events.length && feed.ended) return;
		if (!events.length) await feed.wait(signal);
	}
}

function ofStream({ stream_id, name, message_id, params, previous_status }) {
	return { name, data: params, message_id, stream_id, ...(previous_status !== undefined && { previous_status }) };
}

/** @read: (since, limit) => a page of the stream, or undefined while Redis is away */
async function* replay(feed, read, since, signal) {
	for (let at = since; !feed.ended;) {
		signal?.throwIfAborted();
		const page = await wait(read(at, PAGE), signal);
		if (page?.lost && feed.wants('lost')) yield { name: 'lost', data: 0 };
		for (const event of page?.events ?? [])
			if (feed.wants(event.name)) yield ofStream(event);
		yield* feed.take();
		const more = page && page.next !== at;
		at = page?.next ?? at;
		if (!more && !feed.ended) await feed.wait(signal, AGAIN);
	}
}

module.exports = { Feed, live, replay };
