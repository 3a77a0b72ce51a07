// SPDX-License-Identifier: MIT
// jobs.js - the table of jobs: filtered, sorted and paged by the server, moved by the events
import { read } from './api.js';
import { byId, drawLater, setText } from './dom.js';
import { Filters, showSort, sortable } from './filters.js';
import { fillRow, growRow, keyOf, makeRow } from './job_row.js';
import { Pages } from './pages.js';
import { parameters, view } from './place.js';
import { Pulse } from './pulse.js';
import { Rows } from './rows.js';
import { count } from './text.js';

const KINDS = { running: 'running', paused: 'paused', completed: 'completed', complete: 'completed',
	finished: 'completed', done: 'completed', errored: 'errored', error: 'errored', failed: 'errored',
	killed: 'killed', cancelled: 'killed', canceled: 'killed' };
const FLASH = 2000;
let shown = new Map();
let rows;
let filters;
let pages;
let onList = () => {};

function query() {
	const asked = filters.query();
	const sort = parameters().get('sort');
	// jobs that errored or ended have an order of their own
	if (asked.get('state'))
		['stalled', 'stale'].forEach((name) => asked.delete(name));
	else if (sort)
		asked.set('sort', sort);
	if (!asked.get('limit'))
		asked.set('limit', '50');
	asked.set('detail', '1');
	return asked;
}

function show(details) {
	shown = new Map(details.map((detail) => [keyOf(detail.job), detail]));
	rows.show(details);
}

// What the server does not take is said where the jobs would be
function refused(why) {
	show([]);
	setText(byId('jobs-empty'), why);
	byId('jobs-empty').hidden = false;
}

async function ask() {
	const path = `api/v1/jobs?${pages.ask(query())}`;
	try {
		const { body, answer } = await read(path);
		if (path !== `api/v1/jobs?${pages.ask(query())}`)
			return pulse.now(); // meanwhile something else was asked for
		onList(answer.headers.get('Chatterbox-Stream'));
		pages.show(body.next);
		setText(byId('jobs-total'), Number.isInteger(body.total) ? count(body.total) : '');
		setText(byId('jobs-empty'), 'No job matches.');
		byId('jobs-empty').hidden = body.jobs.length > 0;
		show(body.jobs);
	} catch (error) {
		if (error.status === 400) {
			pages.back();
			refused(error.message);
		}
		throw error;
	}
	return null;
}

export const pulse = new Pulse({ ms: 5000, ask, part: 'jobs', wanted: () => view() === 'jobs' });

// A status that was told moves its row at once; a job that comes or goes has the page asked for again
export function takeStatus(job) {
	const key = keyOf(job);
	const detail = shown.get(key);
	const kind = KINDS[job.status.toLowerCase()] ?? 'other';
	if (!detail || /completed|errored|killed/.test(kind))
		pulse.soon(2500);
	if (!detail || detail.job.status === job.status)
		return;
	Object.assign(detail, { job: { ...detail.job, ...job }, kind,
		figures: { ...detail.figures, heard_at: new Date().toISOString(), stale: false, stalled: false } });
	changed.add(key);
	showChanged();
}

const changed = new Set();
const showChanged = drawLater(() => {
	for (const key of changed) {
		const row = rows.byKey.get(key);
		if (row && shown.has(key)) {
			fillRow(row, shown.get(key));
			flash(row);
		}
	}
	changed.clear();
});

// Again from its beginning, also when the last one has not ended: the other name is another animation
function flash(row) {
	row.dataset.changed = row.dataset.changed === 'a' ? 'b' : 'a';
	clearTimeout(row.flashed);
	row.flashed = setTimeout(() => delete row.dataset.changed, FLASH);
}

// The ages grow while nothing comes
function grow() {
	for (const row of rows.seen())
		if (shown.has(row.dataset.key))
			growRow(row, shown.get(row.dataset.key));
}

// @listed: given the stream id of each list
export function startJobs(listed) {
	onList = listed;
	filters = new Filters(byId('job-filters'));
	rows = new Rows(byId('job-rows'), { keyOf: (detail) => keyOf(detail.job), make: makeRow, fill: fillRow });
	pages = new Pages('job-pages', () => pulse.now());
	sortable(byId('job-head'));
	setInterval(() => !document.hidden && grow(), 1000);
}

export function placeJobs() {
	filters.show();
	showSort(byId('job-head'));
}
