// SPDX-License-Identifier: MIT
// why.js - why a job is as it is: what was seen, decided, told and ordered, asked for when it is opened
import { get } from './api.js';
import { el, setText, sync } from './dom.js';
import { clock } from './text.js';

export class Why {
	// @path: of the API
	constructor(path) {
		Object.assign(this, { path, limit: 20 });
		this.list = el('ol', { class: 'history' });
		this.note = el('p', { class: 'quiet', hidden: true }, 'What was told is not known now: Redis is down.');
		this.more = el('button', { type: 'button', hidden: true, onclick: () => this.older() }, 'Older');
		this.body = el('details', { class: 'why' }, el('summary', {}, 'Why?'), this.note, this.list, this.more);
		this.body.addEventListener('toggle', () => this.ask().catch(() => {}));
	}

	/** Nothing is asked for what nobody sees */
	async ask() {
		if (!this.body.open)
			return;
		const { sentences, next, told } = await get(`${this.path}?limit=${this.limit}`);
		this.note.hidden = told !== 'unknown';
		this.more.hidden = !next;
		sync(this.list, sentences, ({ at, kind, data }) => `${at} ${kind} ${data.from} ${data.id ?? data.stream_id ?? data.revision}`,
			() => el('li', {}, el('time'), el('span'), el('span', { class: 'quiet' })),
			(node, { at, kind, text }) => {
				node.children[0].setAttribute('datetime', at);
				setText(node.children[0], clock(at));
				setText(node.children[1], text);
				setText(node.children[2], kind);
			});
	}

	older() {
		this.limit = Math.min(1000, this.limit * 4);
		return this.ask();
	}
}
