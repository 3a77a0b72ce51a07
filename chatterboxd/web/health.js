// SPDX-License-Identifier: MIT
// health.js - the servers that are worked with, as /readyz tells of them: a line for each connection
import { byId, el, setAttribute, setText, sync } from './dom.js';

const TITLES = { sql: 'SQL', redis: 'Redis', rmq: 'RabbitMQ' };

// "sql db.example (records): DOWN since 2026-11-29T22:50:12.235Z: connection refused"
const LINE = /^(sql|redis|rmq) (.*) \(([^)]*)\): (up|DOWN|not needed)(?: since (\S+?))?(?:: (.*))?$/;

export function serversOf(text) {
	const servers = new Map();
	for (const line of text.split('\n')) {
		const [, name, where, purpose, state, , why] = LINE.exec(line) ?? [];
		if (!name || state === 'not needed')
			continue;
		const server = servers.get(name) ??
			{ name, title: TITLES[name], where, up: true, why: '', down: [] };
		if (state === 'DOWN') {
			server.up = false;
			server.why ||= why ?? 'it does not answer';
			server.down.push(purpose);
		}
		servers.set(name, server);
	}
	return Object.keys(TITLES).filter((name) => servers.has(name)).map((name) => servers.get(name));
}

export function showServers(servers) {
	sync(byId('servers'), servers, (server) => server.name,
		() => el('li', {}, el('i', { 'aria-hidden': 'true' }), el('span')),
		(node, server) => {
			setAttribute(node, 'class', `pill ${server.up ? 'good' : 'bad'}`);
			setAttribute(node, 'title', server.up ? server.where : `${server.where}: ${server.why}`);
			setText(node.lastChild, `${server.title} ${server.up ? 'up' : 'down'}`);
		});
}

export function showRole({ role, leader }) {
	const node = byId('role');
	setAttribute(node, 'class', `pill ${role === 'leader' || leader ? '' : 'bad'}`);
	setText(node, role === 'leader' ? 'leader' : leader ? `${role} of ${leader}` : `${role}, nobody leads`);
}
