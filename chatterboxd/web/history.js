// SPDX-License-Identifier: MIT
// history.js - what became of a job or a system, newest first, some at a time
import { get } from './api.js';
import { el, setText, sync } from './dom.js';
import { clock } from './text.js';

const REASONS = {
	vanished: 'it is in no answer any more',
	system_offline: 'its system was offline too long',
	returned: 'it came back to life',
};
const SOURCES = { answer: 'an answer', push: 'a push', inferred: 'concluded', clean_up: 'clean-up' };

const detailOf = (row) => [row.previous_status ? `from ${row.previous_status}` : '',
	row.percent_completed === undefined || row.percent_completed === null ? '' : `${row.percent_completed} %`,
	row.source ? SOURCES[row.source] ?? row.source : '', row.reason ? REASONS[row.reason] ?? row.reason : '']
	.filter(Boolean).join(' · ');

export class History {
	// @path: of the API; @withJob: name the job of each row
	constructor(path, withJob) {
		Object.assign(this, { path, withJob, rows: [], next: null, limit: 20 });
		this.list = el('ol', { class: 'history' });
		this.empty = el('p', { class: 'quiet', hidden: true }, 'Nothing is known of the past.');
		this.more = el('button', { type: 'button', hidden: true, onclick: () => this.older() }, 'Older');
		this.body = el('section', {}, el('h3', {}, 'History'), this.list, this.empty, this.more);
	}

	async ask() {
		const body = await get(`${this.path}?limit=${this.limit}`);
		this.rows = body.history;
		this.more.hidden = !body.next;
		this.empty.hidden = this.rows.length > 0;
		sync(this.list, this.rows, (row) => `${row.at} ${row.job_id ?? ''} ${row.revision ?? row.status}`,
			() => el('li', {}, el('time'), el('b'), el('span', { class: 'quiet' })),
			(node, row) => this.fill(node, row));
	}

	fill(node, row) {
		node.children[0].setAttribute('datetime', row.at);
		setText(node.children[0], clock(row.at));
		setText(node.children[1], this.withJob && row.job_id !== undefined && row.job_id !== null
			? `Job ${row.job_id} ${row.status}` : row.status);
		setText(node.children[2], detailOf(row));
	}

	older() {
		this.limit = Math.min(1000, this.limit * 4);
		return this.ask();
	}
}
