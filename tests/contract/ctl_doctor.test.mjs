// SPDX-License-Identifier: MIT
// chatterboxctl doctor: each thing that is wrong is a sentence with what to do, and the exit code is 1.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ctl, fake } from './ctl_kit.mjs';

const seconds = (ago) => new Date(Date.now() - ago * 1000).toISOString();

// An instance that is well, but for what is given
async function doctor(ill, args = []) {
	const well = {
		ready: [200, 'sql db (lease): up since 2026-11-29T19:00:00.000Z\nsql db (queries): not needed now\n' +
			'migrations: applied\nleader: this instance; queues: bound\n'],
		leads: [200, 'this instance leads\n'],
		metrics: [200, '# HELP chatterbox_outbox_oldest_seconds x\nchatterbox_outbox_oldest_seconds 3\n' +
			'chatterbox_log_lines_dropped_total 0\nchatterbox_config_last_reload_successful 1\n'],
		...ill,
	};
	const summary = { systems: { online: 10, offline: 1, unknown: 0, source: 'connections' }, paused: false,
		paused_until: null, interval: { base: 10, current: 10, under_load: false, reason: null },
		last_cycle: { systems: 10, timeouts: 1, finished_at: seconds(5) }, ...ill.summary };
	const answers = { '/readyz': well.ready, '/leaderz': well.leads, '/metrics': well.metrics,
		'/api/v1/summary': [200, JSON.stringify(summary)] };
	const server = await fake((request, response) => {
		const [code, text] = answers[request.url] ?? [404, ''];
		response.writeHead(code);
		response.end(text);
	});
	return ctl(server.url, ['doctor', ...args]);
}

async function finds(ill, what, advice) {
	const answer = await doctor(ill);
	assert.equal(answer.code, 1, answer.stdout + answer.stderr);
	const [sentence, todo, ...rest] = answer.stdout.split('\n');
	assert.match(sentence, what);
	assert.match(todo, advice);
	assert.deepEqual(rest, [''], 'and nothing else');
}

test('who is well has no findings, leading or not', async () => {
	const leader = await doctor({});
	assert.deepEqual([leader.code, leader.stdout], [0, 'Nothing is wrong. This instance leads.\n']);
	const standby = await doctor({ leads: [503, ''], summary: { last_cycle: { systems: 9, timeouts: 9, finished_at: seconds(9999) } } });
	assert.deepEqual([standby.code, standby.stdout], [0, 'Nothing is wrong. This instance stands by.\n']);
});

test('bad lines of /readyz', async () => {
	const cases = [['redis r:6379 (jobs): DOWN since 2026-11-29T19:00:00.000Z: refused', /Start that server/],
		['migrations: NOT APPLIED', /--migrate/], ['leader: this instance; queues: NOT BOUND', /RabbitMQ/],
		['leader: this instance; queues: bound, but 2 consumers of others take a part of our messages', /other program/],
		['lease: GIVEN UP: its thread poller is stuck for 70 s; tried again in 9 s', /lease/],
		['thread poller: stuck for 61 s', /Restart/], ['leader: nobody known', /role/]];
	for (const [line, advice] of cases)
		await finds({ ready: [503, `sql db (lease): up since x\n${line}\n`] }, new RegExp(`^${line.slice(0, 40)}.*\\.$`.replace(/[()]/g, '.')), advice);
	await finds({ ready: [503, ''] }, /not ready/, /readyz/);
});

test('a server that is down is one finding, whatever is connected to it', async () => {
	const line = (what, why, time = '00') => `${what}: DOWN since 2026-11-29T19:00:${time}.000Z: ${why}\n`;
	const answer = await doctor({ ready: [503, line('sql db (lease)', 'Is it running?') + line('redis r (jobs)', 'refused')
		+ line('sql db (records)', 'Is it running?', '07') + line('sql db (outbox)', '42501 permission denied')
		+ line('redis r (stream)', 'Connection timed out') + line('rmq r (events in)', 'refused') + line('redis r2 (jobs)', 'refused')] });
	const what = answer.stdout.split('\n').filter((text) => text && !text.startsWith(' '));
	const down = 'DOWN since 2026-11-29T19:00:00.000Z';
	assert.deepEqual(what, [`sql db (lease, records): ${down}: Is it running?`, `redis r (jobs): ${down}: refused.`,
		`sql db (outbox): ${down}: 42501 permission denied.`, `redis r (stream): ${down}: Connection timed out.`,
		`rmq r (events in): ${down}: refused.`, `redis r2 (jobs): ${down}: refused.`]);
	assert.match(answer.stdout, /timed out\.\n +See .* IPAddressAllow=/);
});

test('bad figures of the summary', async () => {
	await finds({ summary: { paused: true, paused_until: 'T' } }, /paused until T/, /resume/);
	await finds({ summary: { interval: { base: 10, current: 40, under_load: true, reason: 'queue' } } },
		/every 40 s instead of every 10 s.*\(queue\)/, /nl-hdms/);
	await finds({ summary: { systems: { online: 2, offline: 7, source: 'connections' } } }, /7 of 9 systems are offline/, /network/);
	await finds({ summary: { systems: { online: 0, offline: 0, source: 'none' } } }, /No system is known/, /connections/);
	await finds({ summary: { last_cycle: { systems: 10, timeouts: 3, finished_at: seconds(5) } } },
		/3 of 10 systems did not answer/, /nl-hdms\.request/);
	await finds({ summary: { last_cycle: { systems: 10, timeouts: 0, finished_at: seconds(500) } } },
		/last round ended 50\d s ago/, /log/);
});

test('bad figures of the metrics', async () => {
	const soon = Math.round(Date.now() / 1000) + 3.5 * 86400;
	await finds({ metrics: [200, 'chatterbox_outbox_oldest_seconds 75\n'] }, /oldest for 75 s/, /RabbitMQ and Redis/);
	await finds({ metrics: [200, 'chatterbox_log_lines_dropped_total 4\n'] }, /lost 4 lines/, /disk/);
	await finds({ metrics: [200, 'chatterbox_stalled_jobs{origin="ocd"} 3\nchatterbox_stalled_jobs{origin="user"} 0\n'] },
		/3 running jobs make no progress {origin="ocd"}\./, /pause and resume/);
	await finds({ metrics: [200, 'chatterbox_incidents{kind="file"} 2\nchatterbox_incidents{kind="stall"} 0\n'] },
		/^2 incidents are open {kind="file"}\./, /chatterboxctl incidents/);
	await finds({ metrics: [200, 'chatterbox_outlook{state="on_time"} 4\nchatterbox_outlook{state="at_risk"} 1\nchatterbox_outlook{state="late"} 3\n'] },
		/^3 lists will not be there when they are activated\./, /chatterboxctl tonight/);
	for (const [sample, sentence] of [['stalled_jobs{origin="ocd"}', /^1 running job makes no progress {/],
		['incidents{kind="file"}', /^1 incident is open {/], ['outlook{state="late"}', /^1 list will not be there when it is activated\./]])
		await finds({ metrics: [200, `chatterbox_${sample} 1\n`] }, sentence, /chatterboxctl/);
	await finds({ metrics: [200, 'chatterbox_config_last_reload_successful 0'] }, /reload.*refused/, /--check-config/);
	await finds({ metrics: [200, `chatterbox_certificate_not_after_timestamp_seconds{server="rmq"} ${soon}\n`] },
		/ends in [34] days {server="rmq"}\./, /Renew/);
});

test('--json lists what and do', async () => {
	const answer = await doctor({ summary: { paused: true } }, ['--json']);
	assert.equal(answer.code, 1);
	assert.deepEqual(JSON.parse(answer.stdout), { ok: false, leader: true, findings: [
		{ what: 'The scheduler is paused: nobody is asked.', do: '`chatterboxctl resume` ends the pause.' }] });
});

test('what can not be had is said, not guessed', async () => {
	const locked = await doctor({ metrics: [401, ''] });
	assert.equal(locked.code, 1);
	assert.match(locked.stderr, /\/metrics: 401.*--token-file/);
	assert.equal(locked.stdout, '');
	assert.equal((await doctor({ leads: [404, ''] })).code, 69);
});
