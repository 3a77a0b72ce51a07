// SPDX-License-Identifier: MIT
// chatterboxctl watch: a line each time without a terminal, a window on one; it survives a lost
// connection and gives the terminal back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { always, ctl, fake, liveOnTerminal } from './ctl_kit.mjs';
import { start, until } from './daemon_kit.mjs';

let demo;
before(async () => { demo = await start(['--demo=40']); });
after(() => demo.stop());

const summary = { job_count: 3, activte_jobs: 2, total_download_speed: 1500000, active_ocd_jobs: 1, total_ocd_jobs: 2,
	systems: { online: 4, offline: 1, unknown: 0 }, interval: { current: 30 }, paused: false, role: 'leader',
	leader: 'here\u001b[2J', last_cycle: { finished_at: '2020-01-01T00:00:00Z' } };
const jobs = Array.from({ length: 40 }, (_, i) => ({ job: { system: i ? 'A' : 'A\u009b2J', job_id: 100 + i,
	status: 'Running', percent_completed: '40.0' }, figures: { speed: 2000, seconds_left: 3661, stalled: !i } }));
const event = 'id: 1-0\nevent: update_job_status\ndata: {"system":"A","job_id":7,"status":"Paused\\u001b[3J"}\n\n';

// A chatterboxd whose answers are as above while up.yes
const play = (up) => fake((request, response) => {
	const path = request.url.split('?')[0];
	if (!up.yes)
		response.destroy();
	else if (path === '/api/v1/summary')
		always(200, summary)(request, response);
	else if (path === '/api/v1/jobs')
		always(200, { jobs, total: 40 })(request, response);
	else
		response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event);
});
const frames = (seen) => seen.split('\x1b[?2026h').slice(1);
const last = (live) => frames(live.stdout).filter((frame) => frame.includes('\x1b[?2026l')).at(-1) ?? '';
const rowsOf = (live) => last(live).match(/^A\S* +1\d\d /gm)?.length ?? 0;

test('without a terminal it is a line each time, with tabs', async () => {
	const answer = await ctl(demo.url, ['watch', '--count', '2']);
	assert.equal(answer.code, 0, answer.stderr);
	const lines = answer.stdout.split('\n').filter(Boolean);
	assert.equal(lines.length, 2);
	for (const line of lines)
		assert.match(line, /^[\d:]{8}\t\d+ live\t\d+ running\t\d+ of OCD\t\d+ of OCD running\t(no round yet|round \d+ s ago)\t[\d.]+ (\wi)?B\/s\t\d+ online\t\d+ offline\t(leader \S+|nobody leads)\t-$/);
	assert.doesNotMatch(answer.stdout, /\x1b/);
	const json = await ctl(demo.url, ['watch', '--json', '--count', '1']);
	assert.equal(typeof JSON.parse(json.stdout).job_count, 'number');
});

test('what is old says so, and whom nobody answers is told at once', async () => {
	const server = await play({ yes: true });
	assert.match((await ctl(server.url, ['watch', '--count', '1'])).stdout, /\tleader here\?\[2J\tSTALE: /);
	assert.equal((await ctl('http://127.0.0.1:1', ['watch'])).code, 69);
	const refusing = await fake(always(401, { detail: 'no' }));
	assert.equal((await ctl(refusing.url, ['watch'])).code, 1);
	assert.equal((await ctl(server.url, ['status', '--count', '1'])).code, 64);
});

test('a window shows summary, jobs and events; foreign texts move no cursor', async () => {
	const server = await play({ yes: true });
	const live = liveOnTerminal(server.url, ['watch'], 24);
	await until(() => /update_job_status +A +7 +\x1b\[?\S*Paused|update_job_status +A +7 +Paused/.test(last(live)), 8000, 'the event');
	assert.match(last(live), /3 live {2}2 running/);
	assert.match(last(live), /^A\?2J +100 .*Running.*\[####\.{6}\] {2}40\.0 % +2\.0 KiB\/s +1:01:01 +\S*stalled/m);
	assert.equal(rowsOf(live), 13);
	assert.doesNotMatch(live.stdout.slice(live.stdout.indexOf('\x1b[?1049h')), /\x1b\[[23]J|\u009b/);
	spawnSync('stty', ['-F', live.tty(), 'rows', '14']);
	await until(() => rowsOf(live) === 6, 8000, 'a smaller window');
	assert.ok(server.seen.some(({ path }) => path === '/api/v1/jobs?detail=1&kind=running&sort=left&limit=6'));
	live.type('q');
	const { code, stdout } = await live.ended;
	assert.equal(code, 0);
	assert.ok(stdout.includes('\x1b[?7h\x1b[?25h\x1b[?1049l'));
	const modes = stdout.match(/^modes .*$/gm);
	assert.equal(modes.length, 2);
	assert.equal(modes[0], modes[1]);
});

test('a lost connection is shown and comes back by itself; Ctrl-C ends it', async () => {
	const up = { yes: true };
	const server = await play(up);
	const live = liveOnTerminal(server.url, ['watch'], 24, { NO_COLOR: '1' });
	await until(() => /q ends it|STALE/.test(last(live)), 8000, 'a frame');
	up.yes = false;
	await until(() => /LOST, figures \d+ s old: /.test(last(live)), 12000, 'that it is lost');
	up.yes = true;
	await until(() => !last(live).includes('LOST'), 8000, 'that it is back');
	assert.doesNotMatch(live.stdout, /\x1b\[\d*m/);
	live.type('\x03');
	assert.equal((await live.ended).code, 0);
});
