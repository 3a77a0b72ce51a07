// SPDX-License-Identifier: MIT
// verdict.js - is the fleet fine? One sentence, and what is not, the worst first
import { byId, el, setAttribute, setText, sync } from './dom.js';
import { ago, duration, plural } from './text.js';

// What is known at present, filled by whoever learns of it
export const known = { summary: null, servers: [], troubles: null, tonight: null, incidents: [], lost: null };

function* ofServers() {
	for (const server of known.servers)
		if (!server.up)
			yield { level: 'bad', text: `${server.title} is down: ${server.why}` };
}

function* ofLeading({ role, leader }) {
	if (!leader)
		yield { level: 'bad', text: 'nobody leads: no system is asked' };
	else if (role !== 'leader')
		yield { level: 'good', text: `${leader} leads; this instance stands by` };
}

function* ofRound({ paused, last_cycle: round, interval }) {
	const age = round?.finished_at ? (Date.now() - Date.parse(round.finished_at)) / 1000 : 0;
	if (paused)
		yield { level: 'warn', text: 'the asking is paused' };
	else if (age > 3 * interval.current + 15)
		yield { level: 'bad', text: `the last round ended ${ago(round.finished_at)}` };
	if (interval.under_load)
		yield { level: 'warn', text: `under load: asked every ${duration(interval.current)}` };
	if (round && round.systems && round.timeouts > round.systems / 10)
		yield { level: 'bad', text: `${plural(round.timeouts, 'question')} of the last round timed out` };
}

function* ofTonight() {
	for (const [state, level, text] of [['late', 'bad', 'late'], ['at_risk', 'warn', 'at risk']])
		if (known.tonight?.[state])
			yield { level, key: state, text: `${plural(known.tonight[state], 'activation')} ${text}`, href: `?view=tonight&state=${state}` };
}

// What silences or holds up many is worse than what fails at some
function* ofIncidents() {
	for (const { id, kind, title } of known.incidents)
		yield { level: /silence|stall/.test(kind) ? 'bad' : 'warn', key: `incident ${id}`, text: title, href: '?view=errors' };
}

// Of a large fleet some are always offline: that is said, and is no alarm
const NORMAL = 0.05;

function* ofSystems({ online, offline, unknown }) {
	if (offline)
		yield { level: offline > NORMAL * (online + offline + unknown) ? 'warn' : 'good',
			key: 'offline', text: `${plural(offline, 'system')} offline`, href: '?view=systems&status=offline' };
}

function* ofJobs() {
	if (known.troubles?.stalled)
		yield { level: 'warn', key: 'stalled', text: `${plural(known.troubles.stalled, 'job')} stalled`, href: '?stalled=1' };
}

function findings() {
	const { summary, lost } = known;
	if (lost)
		return [{ level: 'bad', text: lost }];
	if (!summary)
		return [];
	return [...ofServers(), ...ofLeading(summary), ...ofRound(summary), ...ofTonight(), ...ofIncidents(), ...ofJobs(),
		...ofSystems(summary.systems)];
}

const HEADLINES = { good: 'All is well', warn: 'Worth a look', bad: 'Something is wrong' };
const ORDER = ['bad', 'warn', 'good'];

export function judge() {
	const found = findings().sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
	const worst = found[0]?.level ?? (known.summary ? 'good' : '');
	setAttribute(byId('verdict'), 'class', `verdict ${worst}`);
	setText(byId('verdict-headline'), worst ? HEADLINES[worst] : 'Connecting');
	document.title = worst && worst !== 'good' ? `${worst === 'bad' ? '✖' : '⚠'} ${HEADLINES[worst]} · chatterbox` : 'chatterbox';
	sync(byId('verdict-list'), found, (item) => `${item.level} ${item.key ?? item.text}`,
		(item) => el('li', { class: item.level }, item.href ? el('a', { href: item.href }) : el('span')),
		(node, item) => setText(node.firstChild, item.text));
}
