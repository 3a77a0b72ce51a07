// SPDX-License-Identifier: MIT
// app.js - the dashboard: asks the API every second and a half and shows what it says.
//
// Everything that came from a system is set as text, never as markup. Rows are reused, so that a
// selection, the focus and the scroll position survive an update. A hidden tab asks nothing.

const PERIOD = 1500;
const byId = (id) => document.getElementById(id);

const state = {
	token: sessionStorage.getItem('token') || '',
	cursors: [''], // the cursor of each page up to the one shown
	next: null,
	busy: false,
	again: false,
};

class Refused extends Error {}

async function ask(path) {
	const headers = state.token ? { Authorization: `Bearer ${state.token}` } : {};
	const answer = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(10000) });
	if (answer.status === 401)
		throw new Refused();
	const body = await answer.json();
	if (!answer.ok)
		throw Object.assign(new Error(body.detail || answer.statusText), { status: answer.status });
	return body;
}

// ---- texts

const whole = new Intl.NumberFormat('en');

function speedText(bytes) {
	const units = ['B/s', 'KiB/s', 'MiB/s', 'GiB/s', 'TiB/s'];
	let unit = 0;
	while (bytes >= 1024 && unit < units.length - 1) {
		bytes /= 1024;
		unit++;
	}
	return `${bytes.toFixed(unit && bytes < 100 ? 1 : 0)} ${units[unit]}`;
}

function secondsText(seconds) {
	if (seconds < 1)
		return `${Math.round(seconds * 1000)} ms`;
	return seconds < 120 ? `${Number(seconds.toFixed(1))} s` : `${Math.round(seconds / 60)} min`;
}

function countText(count, noun) {
	return `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function agoText(time) {
	const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
	return Number.isFinite(seconds) ? `${secondsText(Math.max(1, seconds))} ago` : '';
}

// ---- parts of the page

function badge(id, text, kind) {
	const element = byId(id);
	element.hidden = !text;
	element.className = `badge ${kind}`;
	if (element.textContent !== text)
		element.textContent = text;
}

function showSummary(s) {
	byId('job_count').textContent = whole.format(s.job_count);
	byId('activte_jobs').textContent = whole.format(s.activte_jobs);
	byId('total_download_speed').textContent = speedText(s.total_download_speed);
	byId('ocd').textContent = `${whole.format(s.active_ocd_jobs)} / ${whole.format(s.total_ocd_jobs)}`;
	byId('interval').textContent = secondsText(s.interval.current);
	badge('load', s.interval.under_load ? `under load: ${s.interval.reason}` : '', 'warn');
	badge('paused', s.paused ? 'paused' : '', 'warn');
	badge('role', s.role === 'standby' && s.leader ? `standby of ${s.leader}` : s.role,
		s.role === 'leader' ? 'good' : '');
	showRound(s.last_cycle);
	showSystems(s.systems);
}

function showRound(round) {
	const done = round && round.finished_at;
	byId('round').textContent = done ? secondsText(round.seconds) : '–';
	byId('round-detail').textContent = done
		? [countText(round.systems, 'system'), countText(round.changed, 'change'),
			countText(round.timeouts, 'timeout'), agoText(round.finished_at)].join(', ')
		: 'none yet';
}

function showSystems(systems) {
	const names = ['online', 'offline', 'unknown', 'internal'];
	const total = ['online', 'offline', 'unknown'].reduce((sum, name) => sum + (systems[name] || 0), 0);
	const bar = byId('systems-bar');
	const legend = byId('systems-legend');
	byId('systems-total').textContent = whole.format(total);
	for (const [index, name] of names.entries()) {
		const count = systems[name] || 0;
		if (!legend.children[index]) {
			const item = document.createElement('li');
			const swatch = document.createElement('i');
			swatch.className = name;
			item.append(swatch, document.createElement('span'));
			legend.append(item);
		}
		legend.children[index].lastChild.textContent = `${name} ${whole.format(count)}`;
		if (name === 'internal')
			continue; // they are online or offline too
		if (!bar.children[index]) {
			const part = document.createElement('i');
			part.className = name;
			bar.append(part);
		}
		bar.children[index].style.width = total ? `${(100 * count) / total}%` : '0';
	}
}

function makeRow() {
	const row = document.createElement('tr');
	for (let i = 0; i < 7; i++)
		row.append(document.createElement('td'));
	row.children[1].className = 'number';
	row.children[5].className = 'number';
	row.children[6].className = 'number';
	const box = document.createElement('div');
	box.className = 'progress';
	const bar = document.createElement('progress');
	bar.max = 100;
	box.append(bar, document.createElement('span'));
	row.children[4].append(box);
	return row;
}

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function kindOf(status) {
	const word = status.toLowerCase();
	return word === 'running' || word === 'paused' ? word : 'other';
}

function fillRow(row, job) {
	const [system, id, type, status, progress, files, speed] = row.children;
	const percent = Number(job.percent_completed);
	const known = job.percent_completed !== undefined && Number.isFinite(percent);
	setText(system, job.system);
	setText(id, String(job.job_id));
	setText(type, job.job_type ?? '');
	setText(status, job.status);
	status.className = `kind ${kindOf(job.status)}`;
	const [bar, label] = progress.firstChild.children;
	bar.hidden = !known;
	bar.setAttribute('aria-label', `Progress of job ${job.job_id} of ${job.system}`);
	if (known)
		bar.value = percent;
	setText(label, known ? `${job.percent_completed}%` : '');
	setText(files, job.total_files === undefined && job.downloaded === undefined
		? '' : `${job.downloaded ?? '–'} / ${job.total_files ?? '–'}`);
	setText(speed, job.download_speed ?? '');
}

function showJobs(page) {
	const rows = byId('rows');
	while (rows.children.length > page.jobs.length)
		rows.lastChild.remove();
	page.jobs.forEach((job, index) => {
		if (!rows.children[index])
			rows.append(makeRow());
		fillRow(rows.children[index], job);
	});
	byId('empty').hidden = page.jobs.length > 0;
	setText(byId('jobs-total'), whole.format(page.total));
	setText(byId('page'), `page ${state.cursors.length}`);
	state.next = page.next;
	byId('next').disabled = !page.next;
	byId('previous').disabled = byId('first').disabled = state.cursors.length === 1;
}

// ---- asking

function jobsPath() {
	const parameters = new URLSearchParams();
	for (const [name, value] of new FormData(byId('filter')))
		if (value.trim())
			parameters.set(name, value.trim());
	const cursor = state.cursors.at(-1);
	if (cursor)
		parameters.set('cursor', cursor);
	return `/api/v1/jobs?${parameters}`;
}

async function update() {
	if (state.busy) {
		state.again = true;
		return;
	}
	state.busy = true;
	try {
		do {
			state.again = false;
			const path = jobsPath();
			const [summary, page] = await Promise.all([ask('/api/v1/summary'), ask(path)]);
			showSummary(summary);
			if (path === jobsPath())
				showJobs(page);
			else
				state.again = true;
		} while (state.again);
		byId('unlock').hidden = true;
		badge('connection', 'live', 'good');
	} catch (error) {
		showFailure(error);
	} finally {
		state.busy = false;
	}
}

function showFailure(error) {
	if (error.status === 400 && state.cursors.length > 1)
		state.cursors = ['']; // the page that was shown is no more
	if (!(error instanceof Refused)) {
		badge('connection', error instanceof TypeError || error.name === 'TimeoutError'
			? 'no connection' : error.message, 'bad');
		return;
	}
	badge('connection', 'locked', 'warn');
	byId('unlock-error').textContent = state.token ? 'This is not the token.' : '';
	if (byId('unlock').hidden) {
		byId('unlock').hidden = false;
		byId('token').focus();
	}
}

function turnTo(cursors) {
	state.cursors = cursors;
	update();
}

let typing = 0;
byId('filter').addEventListener('input', () => {
	clearTimeout(typing);
	typing = setTimeout(() => turnTo(['']), 200);
});
byId('filter').addEventListener('reset', () => setTimeout(() => turnTo([''])));
byId('filter').addEventListener('submit', (event) => {
	event.preventDefault();
	turnTo(['']);
});
byId('next').addEventListener('click', () => state.next && turnTo([...state.cursors, state.next]));
byId('previous').addEventListener('click', () => turnTo(state.cursors.slice(0, -1)));
byId('first').addEventListener('click', () => turnTo(['']));
byId('unlock').addEventListener('submit', (event) => {
	event.preventDefault();
	state.token = byId('token').value;
	sessionStorage.setItem('token', state.token);
	update();
});
document.addEventListener('visibilitychange', () => !document.hidden && update());
setInterval(() => !document.hidden && update(), PERIOD);
update();
