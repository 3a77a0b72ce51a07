// SPDX-License-Identifier: MIT
// text.js - figures as people read them. A speed always has the same unit, so that a column can be
// compared at a glance.

const whole = new Intl.NumberFormat('en');
const MIB = 1048576;

export const NOTHING = '–';

export const count = (number) => (Number.isFinite(number) ? whole.format(number) : NOTHING);

export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

export function speed(bytes) {
	if (!Number.isFinite(bytes))
		return '';
	const value = bytes / MIB;
	return `${value >= 100 ? whole.format(Math.round(value)) : value.toFixed(2)} MiB/s`;
}

// What a status says: a leading decimal, K M G T or nothing (contract 1)
export function speedOf(text) {
	const parts = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)/i.exec(text ?? '');
	return parts ? Number(parts[1]) * 1024 ** ' kmgt'.indexOf((parts[2] || ' ').toLowerCase()) : NaN;
}

export function duration(seconds) {
	if (!Number.isFinite(seconds))
		return '';
	if (seconds === 0)
		return '0 s';
	if (seconds < 0.95)
		return `${Math.max(1, Math.round(seconds * 1000))} ms`;
	if (seconds < 90)
		return `${Math.round(seconds)} s`;
	if (seconds < 5400)
		return `${Math.round(seconds / 60)} min`;
	return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

const seconds = (time) => (Date.now() - Date.parse(time)) / 1000;

export function ago(time) {
	const age = seconds(time);
	return Number.isFinite(age) ? `${duration(Math.max(1, age))} ago` : '';
}

export function ahead(time) {
	const left = -seconds(time);
	if (!Number.isFinite(left))
		return '';
	return left > 0 ? `in ${duration(Math.max(1, left))}` : `${duration(Math.max(1, -left))} ago`;
}

const clockFormat = new Intl.DateTimeFormat('en-GB',
	{ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });

// The time of the day, with the day when that is another one; nothing for no time
export function clock(time) {
	const date = new Date(time ?? NaN);
	if (Number.isNaN(date.getTime()))
		return '';
	const text = clockFormat.format(date);
	return date.toDateString() === new Date().toDateString() ? text : `${dayFormat.format(date)} ${text}`;
}

// How far a job is, in percent; NaN when nobody says it
export function percent(job) {
	if (job.percent_completed !== undefined)
		return Number(job.percent_completed);
	return job.total_files > 0 ? (100 * (job.downloaded ?? 0)) / job.total_files : NaN;
}

export function files(job) {
	if (job.total_files === undefined && job.downloaded === undefined)
		return '';
	return `${count(job.downloaded)} / ${count(job.total_files)}`;
}
