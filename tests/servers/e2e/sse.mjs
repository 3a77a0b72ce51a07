// SPDX-License-Identifier: MIT
// sse.mjs - a reader of Server-Sent Events, as a browser reads them, that keeps what it has got

import { until } from './place.mjs';

export class Source {
	/** @url; @headers of the request */
	static async open(url, headers = {}) {
		const source = new Source();
		source.abort = new AbortController();
		source.answer = await fetch(url, { headers, signal: source.abort.signal });
		source.events = []; // { id, event, data }
		source.comments = 0;
		source.lastId = '';
		if (source.answer.status !== 200) source.problem = await source.answer.json();
		else source.ended = source.#read();
		return source;
	}

	async #read() {
		let rest = '';
		const decoder = new TextDecoder();
		try {
			for await (const bytes of this.answer.body) {
				rest += decoder.decode(bytes, { stream: true });
				for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2))
					this.#take(rest.slice(0, at).split('\n'));
			}
			return 'end';
		} catch (error) {
			return error.name === 'AbortError' ? 'closed' : error.cause?.code ?? error.message;
		}
	}

	#take(lines) {
		const one = { data: [] };
		for (const line of lines) {
			const colon = line.indexOf(':');
			const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
			if (colon === 0) this.comments += 1;
			else if (name === 'id') this.lastId = one.id = value;
			else if (name === 'data') one.data.push(value);
			else if (name === 'retry') this.retry = Number(value);
			else one[name] = value;
		}
		if (one.data.length) this.events.push({ ...one, data: one.data.join('\n') });
	}

	names() { return this.events.map(({ event }) => event); }

	/** The first event that @fits, when it is there */
	wait(what, fits, ms) {
		return until(what, () => this.events.find(fits), ms);
	}

	close() {
		this.abort.abort();
		return this.ended;
	}
}
