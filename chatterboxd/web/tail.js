// SPDX-License-Identifier: MIT
// tail.js - the events as they come, newest first. Paused, they wait and are counted.
import { byId, drawLater, el, setText } from './dom.js';
import { addressOf } from './place.js';
import { clock, percent, plural } from './text.js';
import { WORDS } from './tonight.js';

const KEPT = 300;
let waiting = [];
let paused = false;

function sentence(name, data) {
	if (name === 'update_job_status') {
		const done = percent(data);
		return `${data.status}${Number.isFinite(done) ? ` at ${Number(done.toFixed(1))} %` : ''}${data.job_type ? `, ${data.job_type}` : ''}`;
	}
	if (name === 'status')
		return `${data.job_type ?? 'jobs'}: ${data.paused ? 'all are paused' : 'not all are paused any more'}`;
	if (name === 'user_job_errors')
		return data.map((error) => `${error.code}: ${error.message}`).join('; ');
	if (name === 'outlook')
		return `${WORDS[data.state] ?? data.state}, ${data.list_id} at ${clock(data.activate_at)}: ${data.reason ?? ''}`;
	if (name === 'incident')
		return `${data.closed_at ? 'closed' : 'open'}: ${data.title}, ${plural(data.systems, 'system')}, ${plural(data.jobs, 'job')}`;
	return '';
}

function subject(name, data) {
	if (name === 'update_job_status')
		return `${data.system}/${data.job_id}`;
	if (name === 'status')
		return data.system_id;
	if (name === 'outlook')
		return data.system;
	return name === 'user_job_errors' && data.length ? `${data[0].system_id ?? data[0].system}/${data[0].job_id}` : '';
}

function line({ name, data, at }) {
	const about = subject(name, data);
	return el('li', { class: name === 'user_job_errors' ? 'errored' : String(data.status ?? '').toLowerCase().replace(/[^a-z]/g, '') },
		el('time', { datetime: at.toISOString() }, clock(at)), el('b', {}, name),
		about ? el('a', { href: addressOf({ view: 'events', open: about }, new URLSearchParams()) }, about.replace('/', ' / ')) : '',
		el('span', {}, sentence(name, data)));
}

function show() {
	const list = byId('tail');
	setText(byId('tail-state'), paused ? `paused, ${plural(waiting.length, 'event')} waiting` : '');
	if (paused || !waiting.length)
		return;
	list.prepend(...waiting.splice(0).reverse().map(line));
	while (list.children.length > KEPT)
		list.lastChild.remove();
	byId('tail-empty').hidden = true;
}

// @id begins with the time in ms at which it was written
export function takeEvent(name, data, id) {
	if (name === 'jobs_data' || name === 'job_status')
		return;
	const ms = Number.parseInt(id, 10);
	waiting.push({ name, data, at: new Date(ms > 1e12 ? ms : Date.now()) });
	if (waiting.length > KEPT)
		waiting.shift();
	showSoon();
}

const showSoon = drawLater(show);

export function startTail() {
	const button = byId('tail-pause');
	button.addEventListener('click', () => {
		paused = !paused;
		button.setAttribute('aria-pressed', paused);
		setText(button, paused ? 'Go on' : 'Pause');
		show();
	});
}
