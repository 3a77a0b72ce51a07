// SPDX-License-Identifier: MIT
// incidents.js - what goes wrong at many places at once, as one thing, above the errors it is made of
import { get, order } from './api.js';
import { confirmed } from './dialogs.js';
import { byId, el, setAttribute, setText, sync } from './dom.js';
import { addressOf, view } from './place.js';
import { Pulse } from './pulse.js';
import { ago, clock, plural } from './text.js';
import { judge, known } from './verdict.js';

const SHOWN = 50;

const path = (id) => `api/v1/incidents/${id}`;

// First what would go, then, if it is meant, it goes
async function cleanUp(id) {
	const would = await order('POST', `${path(id)}/clean_up`, { dry_run: true }, 'Nothing has been removed yet');
	if (!would || !await confirmed(`Remove ${plural(would.jobs.length, 'job')} and ${plural(would.errors, 'error')} of this incident?`, 'Remove them'))
		return;
	await order('POST', `${path(id)}/clean_up`, {}, 'The jobs of the incident are removed');
	pulse.now();
}

function makeIncident({ id }) {
	const places = el('ul');
	const node = el('details', {}, el('summary', {}, el('strong'), el('span', { class: 'quiet' })), places,
		el('p', { class: 'buttons' }, el('button', { type: 'button', onclick: () => cleanUp(id) }, 'Clean up…')));
	node.addEventListener('toggle', () => node.open && showPlaces(places, id));
	return node;
}

function fillIncident(node, incident) {
	const [title, detail] = node.firstChild.children;
	setAttribute(node, 'class', incident.closed_at ? 'closed' : 'open');
	setText(title, incident.title);
	setText(detail, [plural(incident.systems, 'system'), plural(incident.jobs, 'job'), `since ${clock(incident.opened_at)}`,
		incident.closed_at ? `closed ${ago(incident.closed_at)}` : `last ${ago(incident.updated_at)}`].join(', '));
}

async function showPlaces(list, id) {
	const { jobs } = await get(path(id));
	sync(list, jobs.slice(0, SHOWN), (job) => `${job.system}/${job.job_id}`,
		(job) => el('li', {}, el('a', { href: addressOf({ open: `${job.system}/${job.job_id}` }) }, `${job.system} / ${job.job_id}`)),
		() => {});
}

// The newest of those that go on, for the verdict
export const open = new Pulse({ ms: 20000, ask: async () => {
	known.incidents = (await get('api/v1/incidents?open=1&limit=3')).incidents;
	judge();
} });

async function ask() {
	const { incidents } = await get('api/v1/incidents?limit=20');
	byId('incidents').hidden = incidents.length === 0;
	sync(byId('incident-list'), incidents, (one) => String(one.id), makeIncident, fillIncident);
}

export const pulse = new Pulse({ ms: 20000, ask, wanted: () => view() === 'errors' });
