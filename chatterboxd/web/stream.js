// SPDX-License-Identifier: MIT
// stream.js - the events as they happen, by Server-Sent Events over fetch(), which, unlike
// EventSource, can carry a token
//
// It begins at the id that the first list of jobs carries, and goes on after a loss where it was,
// so that nothing is missed in between. `reset` says that this is impossible: then all is read anew.
import { request } from './api.js';

const SILENCE = 40000; // a comment comes every 15 s
const LONGEST_WAIT = 15000;

// @handlers: event(name, data, id), state('open' | 'lost', nextTryAt), reset()
export class Stream {
	constructor(handlers) {
		this.handlers = handlers;
		this.last = '';
		this.tries = 0;
		this.running = false;
	}

	start(since) {
		this.last = since;
		if (!this.running) {
			this.running = true;
			this.run();
		}
	}

	async run() {
		for (;;) {
			try {
				await this.listen();
			} catch {
				// said by the state below, whatever the reason was
			}
			const wait = Math.min(LONGEST_WAIT, 1000 * 2 ** this.tries++) * (0.75 + Math.random() / 2);
			this.handlers.state('lost', Date.now() + wait);
			await new Promise((done) => {
				this.retry = done;
				setTimeout(done, wait);
			});
		}
	}

	// The network is back, or somebody looks again
	hurry() {
		this.tries = 0;
		this.retry?.();
	}

	async listen() {
		const abort = new AbortController();
		const silence = setTimeout(() => abort.abort(), SILENCE);
		const answer = await request(`api/v1/events${this.last ? `?since=${encodeURIComponent(this.last)}` : ''}`,
			{ cache: 'no-store', signal: abort.signal, headers: { Accept: 'text/event-stream' } })
			.finally(() => clearTimeout(silence));
		if (!answer.ok)
			throw new Error(answer.statusText);
		this.tries = 0;
		this.handlers.state('open');
		await this.receive(answer.body.pipeThrough(new TextDecoderStream()).getReader(), abort);
	}

	async receive(reader, abort) {
		let rest = '';
		for (;;) {
			const silence = setTimeout(() => abort.abort(), SILENCE);
			const { value, done } = await reader.read().finally(() => clearTimeout(silence));
			if (done)
				return;
			const blocks = (rest + value).split('\n\n');
			rest = blocks.pop();
			blocks.forEach((block) => this.take(block));
		}
	}

	take(block) {
		let name = 'message';
		let id = '';
		const data = [];
		for (const line of block.split('\n')) {
			const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
			if (field === 'event')
				name = value;
			else if (field === 'id')
				id = value;
			else if (field === 'data')
				data.push(value);
		}
		if (id)
			this.last = id;
		if (name === 'reset')
			this.handlers.reset();
		else if (data.length)
			this.handlers.event(name, JSON.parse(data.join('\n')), id);
	}
}
