// SPDX-License-Identifier: MIT
// app.js - the dashboard: what is asked and when, and what each event moves
//
// Figures are asked for every few seconds; what happens to jobs comes by events in between. Each
// part of the page knows how old it is (pulse.js).
import { startActions } from './actions.js';
import { get, request } from './api.js';
import { askSeries, startCharts } from './charts.js';
import { byId, setAttribute, setText } from './dom.js';
import * as drawer from './drawer.js';
import * as errors from './errors.js';
import { serversOf, showRole, showServers } from './health.js';
import * as incidents from './incidents.js';
import * as jobs from './jobs.js';
import { onPlace, view, VIEWS } from './place.js';
import { askAll, onAnswer, Pulse, start } from './pulse.js';
import { Stream } from './stream.js';
import * as systems from './systems.js';
import { startTail, takeEvent } from './tail.js';
import { showSummary, showTroubles } from './tiles.js';
import { ago } from './text.js';
import * as tonight from './tonight.js';
import { judge, known } from './verdict.js';

const summary = new Pulse({ ms: 2500, part: 'totals', ask: async () => {
	known.summary = await get('api/v1/summary');
	showSummary(known.summary);
	showRole(known.summary);
} });

const troubles = new Pulse({ ms: 20000, ask: async () => {
	const [stalled, failed] = await Promise.all([get('api/v1/jobs?stalled=1&limit=1'), get('api/v1/errors?limit=1000')]);
	known.troubles = { stalled: stalled.total, errors: failed.errors.length, more: failed.next !== null };
	showTroubles(known.troubles);
} });

const health = new Pulse({ ms: 10000, ask: async () => {
	known.servers = serversOf(await (await request('readyz')).text());
	showServers(known.servers);
} });

const series = new Pulse({ ms: 10000, part: 'charts', ask: askSeries });

// ---- the connection

const connection = { stream: 'connecting', answers: true, lostAt: 0, retryAt: 0 };

function showConnection() {
	const lost = !connection.answers || connection.stream === 'lost';
	if (lost)
		connection.lostAt ||= Date.now();
	else
		connection.lostAt = 0;
	known.lost = connection.answers ? null
		: `the connection is lost since ${ago(new Date(connection.lostAt).toISOString()).replace(' ago', '')}; trying again`;
	const text = !connection.answers ? 'no connection' : { open: 'live', lost: 'no events', connecting: 'connecting' }[connection.stream];
	setText(byId('connection'), text);
	setAttribute(byId('connection'), 'class', `pill ${lost ? 'bad' : connection.stream === 'open' ? 'good' : ''}`);
	byId('page').classList.toggle('lost', !connection.answers);
	judge();
}

// A refusal is an answer; silence is none
onAnswer((ok, error) => {
	const was = connection.answers;
	connection.answers = ok || Boolean(error?.status);
	if (connection.answers && !was) {
		stream.hurry();
		askAll();
	}
	showConnection();
});

const stream = new Stream({
	event(name, data, id) {
		takeEvent(name, data, id);
		if (name === 'update_job_status') {
			jobs.takeStatus(data);
			drawer.touch(data.system, data.job_id);
		} else if (name === 'user_job_errors') {
			errors.pulse.soon(8000);
			troubles.soon(3000);
		} else if (name === 'outlook') {
			tonight.touchTonight();
		} else if (name === 'incident') {
			incidents.pulse.soon(1000);
			incidents.open.soon(1000);
		}
	},
	state(state) {
		connection.stream = state;
		showConnection();
	},
	reset() {
		started = false;
		askAll();
	},
});

// The stream begins where the first list ends
let started = false;
function listed(id) {
	if (!started)
		stream.start(id ?? '');
	started = true;
}

// ---- the views

function place() {
	const now = view();
	for (const name of VIEWS) {
		byId(name).hidden = name !== now;
		setAttribute(byId(`to-${name}`), 'aria-current', name === now ? 'page' : null);
	}
	jobs.placeJobs();
	tonight.placeTonight();
	systems.placeSystems();
	errors.placeErrors();
	drawer.placeDrawer();
	const pulses = { jobs: [jobs.pulse], tonight: [tonight.pulse], systems: [systems.pulse],
		errors: [errors.pulse, incidents.pulse] }[now] ?? [];
	pulses.forEach((pulse) => pulse.now());
	if (now !== 'jobs')
		listed(''); // no list is waited for
}

startCharts();
jobs.startJobs(listed);
tonight.startTonight();
systems.startSystems();
errors.startErrors();
startTail();
drawer.startDrawer();
startActions(() => {
	summary.now();
	jobs.pulse.now();
});
onPlace(place);
start();
place();
setInterval(() => !document.hidden && showConnection(), 1000);
window.addEventListener('online', () => askAll());
