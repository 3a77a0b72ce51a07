// SPDX-License-Identifier: MIT
// systems.js - the systems: since when they are as they are, and what is to be activated next
import { get } from './api.js';
import { byId, el, setAttribute, setText, sync } from './dom.js';
import { Filters } from './filters.js';
import { Pages } from './pages.js';
import { addressOf, view } from './place.js';
import { Pulse } from './pulse.js';
import { ago, ahead, clock, count, NOTHING } from './text.js';

let filters;
let pages;
let shown = [];

function makeRow() {
	return el('tr', {}, el('td', { class: 'system' }, el('a', { href: '' })),
		el('td', { class: 'status' }, el('i', { 'aria-hidden': 'true' }), el('span')),
		el('td', { class: 'since' }), el('td', { class: 'jobs number' }), el('td', { class: 'next' }),
		el('td', { class: 'heard number' }));
}

function fillRow(row, system) {
	const [name, status, since, jobs, next, checked] = row.children;
	setAttribute(row, 'class', system.status);
	setText(name.firstChild, system.systemID);
	setAttribute(name.firstChild, 'href', addressOf({ open: system.systemID }));
	setText(status.children[1], system.status);
	setText(since, system.since ? ago(system.since) : NOTHING);
	setAttribute(since, 'title', system.since ? clock(system.since) : null);
	setText(jobs, count(system.jobs));
	setText(next, system.next_activation ? ahead(system.next_activation) : '');
	setAttribute(next, 'title', system.next_activation ? clock(system.next_activation) : null);
	setText(checked, ago(system.lastCheck));
}

async function ask() {
	const query = filters.query();
	query.set('limit', '100');
	const path = `api/v1/systems?${pages.ask(query)}`;
	try {
		const body = await get(path);
		shown = body.systems;
		pages.show(body.next);
	} catch (error) {
		if (error.status === 400)
			pages.back();
		throw error;
	}
	byId('systems-empty').hidden = shown.length > 0;
	sync(byId('system-rows'), shown, (system) => system.systemID, makeRow, fillRow);
}

export const pulse = new Pulse({ ms: 10000, ask, part: 'systems', wanted: () => view() === 'systems' });

export function startSystems() {
	filters = new Filters(byId('system-filters'));
	pages = new Pages('system-pages', () => pulse.now());
}

export const placeSystems = () => filters.show();
