// SPDX-License-Identifier: MIT
// job_row.js - one job as a row, and what is said about it elsewhere in the same way
import { el, setAttribute, setText } from './dom.js';
import { addressOf } from './place.js';
import { ago, duration, files, NOTHING, percent, speed, speedOf } from './text.js';

export const keyOf = (job) => `${job.system}/${job.job_id}`;

// Why it is late or stands still (contract 9.2); that it is paused is its status
export const CAUSES = { server_down: 'a server of ours is down', nl_hdms_silent: 'nl-hdms is silent', system_offline: 'system offline',
	system_silent: 'system silent', paused: 'paused', content_server: 'content server', disk: 'disk', not_moving: 'not moving',
	slow: 'too slow', unknown: '' };

const because = (word, { cause = '' }) => (CAUSES[cause] ?? cause ? `${word}: ${CAUSES[cause] ?? cause}` : word);

// What matters most first, since the end may not fit
function remarks({ origin, figures = {} }) {
	const { stalled, stale } = figures;
	return [stalled ? because('stalled', figures) : '', stale ? (stalled ? 'stale' : because('stale', figures)) : '',
		origin === 'ocd' ? 'OCD' : ''].filter(Boolean).join(', ');
}

// Where it is stalled or stale that is what matters
export function moodOf({ kind, figures = {} }) {
	if (figures.stalled)
		return 'stalled';
	return kind ?? 'other';
}

function bar() {
	return el('td', { class: 'progress' }, el('progress', { max: 100, value: 0 }), el('span'));
}

export function makeRow({ job }) {
	const link = el('a', { href: '' });
	return el('tr', {},
		el('td', { class: 'system' }, el('a', { href: '' })),
		el('td', { class: 'job number' }, link),
		el('td', { class: 'type' }),
		el('td', { class: 'status' }, el('i', { 'aria-hidden': 'true' }), el('span'), el('small')),
		bar(),
		el('td', { class: 'files number' }),
		el('td', { class: 'speed number' }),
		el('td', { class: 'left number' }),
		el('td', { class: 'heard number' }));
}

function fillProgress(cell, job) {
	const value = percent(job);
	const [meter, label] = cell.children;
	meter.hidden = !Number.isFinite(value);
	setAttribute(meter, 'aria-label', `Progress of job ${job.job_id} of ${job.system}`);
	if (!meter.hidden && meter.value !== value)
		meter.value = value;
	setText(label, meter.hidden ? '' : `${Number(value.toFixed(1))} %`);
}

export const heardOf = ({ figures = {}, updated_at: updated }) => figures.heard_at ?? updated;

export function speedText({ job, kind, figures = {} }) {
	return kind === 'running' ? speed(figures.speed ?? speedOf(job.download_speed)) : '';
}

export function leftText({ kind, figures = {} }) {
	if (figures.seconds_left !== undefined && figures.seconds_left !== null)
		return duration(figures.seconds_left);
	return kind === 'running' ? NOTHING : '';
}

export function fillRow(row, detail) {
	const { job } = detail;
	const [system, id, type, status, progress, done, pace, left, heard] = row.children;
	setAttribute(row, 'class', `${moodOf(detail)}${detail.figures?.stale ? ' stale' : ''}`);
	setText(system.firstChild, job.system);
	setAttribute(system.firstChild, 'href', addressOf({ view: 'systems', open: job.system, sort: null }, new URLSearchParams()));
	setText(id.firstChild, String(job.job_id));
	setAttribute(id.firstChild, 'href', addressOf({ open: keyOf(job) }));
	setAttribute(id.firstChild, 'aria-label', `Job ${job.job_id} of ${job.system}`);
	setText(type, job.job_type ?? '');
	setText(status.children[1], job.status);
	setText(status.children[2], remarks(detail));
	[system, type, status].forEach((cell) => setAttribute(cell, 'title', cell.textContent || null));
	fillProgress(progress, job);
	setText(done, files(job));
	setText(pace, speedText(detail));
	setText(left, leftText(detail));
	setText(heard, ago(heardOf(detail)));
}

export const growRow = (row, detail) => setText(row.lastChild, ago(heardOf(detail)));
