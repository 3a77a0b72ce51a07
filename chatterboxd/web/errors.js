// SPDX-License-Identifier: MIT
// errors.js - what failed, grouped: by code to see what is going round, by system to see where
import { get } from './api.js';
import { byId, el, setAttribute, setText, sync } from './dom.js';
import { addressOf, go, parameters, view } from './place.js';
import { Pulse } from './pulse.js';
import { ago, clock, count, plural } from './text.js';

const MOST = 5000;
const SHOWN = 50;
let errors = [];
let more = false;

async function ask() {
	const all = [];
	let cursor = '';
	do {
		const page = await get(`api/v1/errors?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
		all.push(...page.errors);
		cursor = page.next;
	} while (cursor && all.length < MOST);
	errors = all;
	more = Boolean(cursor);
	show();
}

export const pulse = new Pulse({ ms: 20000, ask, part: 'errors', wanted: () => view() === 'errors' });

const groupBy = () => (parameters().get('by') === 'system' ? 'system' : 'code');

// The largest first, of equals the one that grew last
function groups(by) {
	const found = new Map();
	for (const error of errors) {
		const name = error[by] ?? '';
		const group = found.get(name) ?? { name, errors: [], others: new Set(), last: '' };
		group.errors.push(error);
		group.others.add(by === 'code' ? error.system : error.code);
		if (error.last_seen > group.last)
			group.last = error.last_seen;
		found.set(name, group);
	}
	return [...found.values()].sort((a, b) => b.errors.length - a.errors.length || (a.last < b.last ? 1 : -1));
}

function makeGroup() {
	return el('details', {}, el('summary', {}, el('strong'), el('span', { class: 'quiet' })), el('ul'));
}

function fillGroup(node, group, by) {
	const [title, detail] = node.firstChild.children;
	const others = by === 'code' ? plural(group.others.size, 'system') : plural(group.others.size, 'code');
	setText(title, group.name || 'no name');
	setText(detail, `${plural(group.errors.length, 'error')}, ${others}, last ${ago(group.last)}${
		by === 'code' ? `: ${group.errors[0].message ?? ''}` : ''}`);
	sync(node.lastChild, group.errors.slice(0, SHOWN), (error) => String(error.id),
		() => el('li', {}, el('a', { href: '' }), el('span', { class: 'quiet' })),
		(item, error) => {
			setText(item.firstChild, `${error.system} / ${error.job_id ?? ''}`);
			setAttribute(item.firstChild, 'href', addressOf({ open: `${error.system}/${error.job_id}` }));
			setText(item.lastChild, [by === 'code' ? '' : error.code, error.job_type ?? '', error.origin === 'ocd' ? 'OCD' : 'user',
				clock(error.last_seen), error.occurrences > 1 ? `${count(error.occurrences)} times` : '',
				by === 'code' ? '' : error.message ?? ''].filter(Boolean).join(' · '));
		});
}

function show() {
	const by = groupBy();
	setText(byId('errors-total'), `${count(errors.length)}${more ? ' newest' : ''}`);
	byId('errors-empty').hidden = errors.length > 0;
	sync(byId('error-groups'), groups(by), (group) => `${by} ${group.name}`, makeGroup,
		(node, group) => fillGroup(node, group, by));
}

export function startErrors() {
	for (const radio of byId('error-by').querySelectorAll('[name=by]'))
		radio.addEventListener('change', () => go(addressOf({ by: radio.value === 'system' ? 'system' : null }), true));
}

export function placeErrors() {
	for (const radio of byId('error-by').querySelectorAll('[name=by]'))
		radio.checked = radio.value === groupBy();
	show();
}
