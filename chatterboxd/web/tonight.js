// SPDX-License-Identifier: MIT
// tonight.js - will every venue have its music in time? The answer as the first tile, and each list
// that is to be activated, the soonest first, under a strip that shows when
import { get } from './api.js';
import { byId, el, setAttribute, setText, sync } from './dom.js';
import { Filters } from './filters.js';
import { Pages } from './pages.js';
import { addressOf, view } from './place.js';
import { Pulse } from './pulse.js';
import { ahead, ago, clock, count, duration, NOTHING, plural } from './text.js';
import { judge, known } from './verdict.js';

const HOURS = 12;
const WITHIN = `within=${HOURS * 3600}`;
const STATES = ['late', 'at_risk', 'unknown', 'on_time']; // the worst first
export const WORDS = { on_time: 'on time', at_risk: 'at risk', late: 'late', unknown: 'unknown' };
const SLOTS = HOURS * 4;
const MOST = 5000;
let filters;
let pages;

// ---- the tile

const names = (rows) => rows.map((row) => row.system).filter((name, index, all) => all.indexOf(name) === index);

function worries({ totals, outlook }) {
	const number = (state) => (totals[state] ? `${count(totals[state])} ${WORDS[state]}` : '');
	const some = names(outlook).slice(0, 3).join(', ');
	const bad = [number('late'), number('at_risk')].filter(Boolean).join(', ');
	return [some ? `${bad}: ${some}${outlook.length > 3 ? ', …' : ''}` : bad, number('unknown')].filter(Boolean).join('; ');
}

function showTile(answer) {
	const all = STATES.reduce((sum, state) => sum + answer.totals[state], 0);
	setText(byId('tile-tonight'), all ? `${count(answer.totals.on_time)} of ${count(all)} on time` : 'no activations');
	setText(byId('tile-tonight-detail'), worries(answer));
	known.tonight = answer.totals;
	judge();
}

export const tile = new Pulse({ ms: 10000, ask: async () =>
	showTile(await get(`api/v1/outlook?${WITHIN}&state=late,at_risk&limit=4`)) });

// ---- the strip

const ofSlot = (row, from) => Math.floor((Date.parse(row.activate_at) - from) / 900000);

function showStrip(rows) {
	const from = Math.floor(Date.now() / 900000) * 900000;
	const slots = Array.from({ length: SLOTS }, (_, index) => ({ at: from + index * 900000, late: 0, at_risk: 0, unknown: 0, on_time: 0 }));
	for (const row of rows)
		if (row.state in WORDS)
			slots[Math.min(SLOTS - 1, Math.max(0, ofSlot(row, from)))][row.state]++;
	const sum = (slot) => STATES.reduce((all, state) => all + slot[state], 0);
	const highest = Math.max(1, ...slots.map(sum));
	byId('tonight-strip').hidden = rows.length === 0;
	sync(byId('tonight-slots'), slots, (slot) => String(slot.at), (slot) => {
		const hour = new Date(slot.at);
		return el('li', {}, el('span', { class: 'stack' }, ...STATES.map((state) => el('i', { class: state }))),
			el('small', { class: hour.getHours() % 3 ? null : 'third' }, hour.getMinutes() ? '' : clock(hour).slice(-8, -3)));
	}, (node, slot) => {
		setAttribute(node, 'title', `${clock(slot.at).slice(-8, -3)}: ${STATES.filter((state) => slot[state])
			.map((state) => `${slot[state]} ${WORDS[state]}`).join(', ') || 'none'}`);
		STATES.forEach((state, index) => {
			node.firstChild.children[index].style.height = `${(100 * slot[state]) / highest}%`;
		});
	});
}

async function askStrip() {
	const rows = [];
	let cursor = '';
	do {
		const page = await get(`api/v1/outlook?${WITHIN}&limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
		rows.push(...page.outlook);
		cursor = page.next;
	} while (cursor && rows.length < MOST);
	showStrip(rows);
}

// ---- the list

function makeRow() {
	return el('tr', {}, el('td', { class: 'when' }), el('td', { class: 'system' }, el('a', { href: '' })),
		el('td', { class: 'list' }), el('td', { class: 'status' }, el('i', { 'aria-hidden': 'true' }), el('span')),
		el('td', { class: 'since' }), el('td', { class: 'number' }), el('td', { class: 'lead number' }),
		el('td', { class: 'reason' }));
}

function leadText(seconds) {
	if (!Number.isFinite(seconds))
		return NOTHING;
	return seconds < 0 ? `${duration(-seconds)} too late` : `${duration(Math.max(1, seconds))} to spare`;
}

function fillRow(row, one) {
	const [when, system, list, state, since, left, lead, reason] = row.children;
	setAttribute(row, 'class', one.state);
	setText(when, `${clock(one.activate_at)}, ${ahead(one.activate_at)}`);
	setText(system.firstChild, one.system);
	setAttribute(system.firstChild, 'href', addressOf({ open: one.system }));
	setText(list, one.list_id);
	setText(state.children[1], WORDS[one.state] ?? one.state);
	setText(since, one.since ? ago(one.since) : NOTHING);
	setText(left, one.seconds_left > 0 ? duration(one.seconds_left) : NOTHING);
	setText(lead, leadText(one.lead_seconds));
	setAttribute(lead, 'class', `lead number${Number.isFinite(one.lead_seconds) ? '' : ' none'}`);
	setText(reason, one.reason ?? '');
	setAttribute(reason, 'title', one.jobs?.length ? `waits for ${plural(one.jobs.length, 'job')}` : null);
}

async function ask() {
	const query = filters.query();
	query.set('limit', '100');
	const path = `api/v1/outlook?${pages.ask(query)}`;
	let body;
	try {
		body = await get(path);
	} catch (error) {
		if (error.status === 400)
			pages.back();
		throw error;
	}
	pages.show(body.next);
	setText(byId('tonight-total'), count(STATES.reduce((sum, state) => sum + body.totals[state], 0)));
	byId('tonight-empty').hidden = body.outlook.length > 0;
	sync(byId('tonight-rows'), body.outlook, (one) => `${one.system}/${one.list_id}`, makeRow, fillRow);
	await askStrip();
}

export const pulse = new Pulse({ ms: 10000, ask, part: 'tonight', wanted: () => view() === 'tonight' });

export function startTonight() {
	filters = new Filters(byId('tonight-filters'));
	pages = new Pages('tonight-pages', () => pulse.now());
}

export const placeTonight = () => filters.show();

// An outlook has changed
export function touchTonight() {
	tile.soon(1000);
	pulse.soon(1000);
}
