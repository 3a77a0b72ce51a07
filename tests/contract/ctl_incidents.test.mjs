// SPDX-License-Identifier: MIT
// chatterboxctl incidents, and clean-up by incident: what is asked, and what a person reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ctl, fake } from './ctl_kit.mjs';

const one = { id: 7, kind: 'error_code', key: 'disk_full', title: 'disk_full at 5 systems', systems: 5, jobs: 6,
	opened_at: '2026-01-02T03:04:05.000Z', updated_at: '2026-01-02T03:05:05.000Z', closed_at: null, sample: {} };

/** Answers each request by its path; asked() is what it was asked, with the bodies */
async function play(answers) {
	const server = await fake((request, response) => {
		const answer = answers[request.url.split('?')[0]];
		response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
		response.end(JSON.stringify(answer ?? { title: 'Not Found', status: 404, detail: 'no incident is known' }));
	});
	return { url: server.url,
		asked: () => server.seen.map(({ method, path, body }) => `${method} ${path} ${body}`.trim()) };
}

const table = (text) => text.split('\n').filter(Boolean).map((line) => line.split('\t'));

test('the list, and only what is open', async () => {
	const server = await play({ '/api/v1/incidents': { incidents: [one, { ...one, id: 6, closed_at: one.updated_at }], next: null } });
	const answer = await ctl(server.url, ['incidents', '--open']);
	assert.equal(answer.code, 0, answer.stderr);
	assert.match(server.asked()[0], /^GET \/api\/v1\/incidents\?open=1&limit=\d+$/);
	const rows = table(answer.stdout);
	assert.deepEqual(rows.at(-2).slice(0, 5), ['7', 'open', 'error_code', '5', '6']);
	assert.equal(rows.at(-2).at(-1), 'disk_full at 5 systems');
	assert.equal(rows.at(-1)[1], 'closed');
	assert.equal((await ctl(server.url, ['incidents', '--json'])).code, 0);
	assert.doesNotMatch(server.asked().at(-1), /open/);
});

test('one with its jobs', async () => {
	const server = await play({ '/api/v1/incidents/7': { incident: one, systems: ['A'],
		jobs: [{ system: 'A', job_id: 17, code: 'disk_full' }], next: null } });
	const answer = await ctl(server.url, ['incidents', '7']);
	assert.equal(answer.code, 0, answer.stderr);
	assert.match(answer.stdout, /disk_full at 5 systems/);
	assert.deepEqual(table(answer.stdout).at(-1), ['A', '17', 'disk_full']);
	assert.equal((await ctl(server.url, ['incidents', '8'])).code, 1);
	assert.equal((await ctl(server.url, ['incidents', 'x'])).code, 64);
	assert.equal(server.asked().length, 2);
});

test('clean-up of one, and first only what would go', async () => {
	const path = '/api/v1/incidents/7/clean_up';
	const server = await play({ [path]: { removed: 6, jobs: [{ system: 'A', job_id: 17, status: 'Errored' }], errors: 1 } });
	const dry = await ctl(server.url, ['clean-up', '--incident', '7', '--dry-run']);
	assert.equal(dry.code, 0, dry.stderr);
	assert.match(dry.stdout, /A\t17\tErrored/);
	assert.equal((await ctl(server.url, ['clean-up', '--incident=7'])).code, 0);
	assert.deepEqual(server.asked(), [`POST ${path} {"dry_run":true}`, `POST ${path} {}`]);
	for (const more of [['--system', 'A'], ['--older-than', '1']])
		assert.equal((await ctl(server.url, ['clean-up', '--incident', '7', ...more])).code, 64);
	assert.equal(server.asked().length, 2);
});
