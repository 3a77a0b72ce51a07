// SPDX-License-Identifier: MIT
// chatterboxctl events: prints what comes, goes on after a lost connection, ends when it is refused.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';

import { ctl } from './ctl_kit.mjs';

const servers = new Set();
after(() => servers.forEach((server) => { server.closeAllConnections(); server.close(); }));

// A server whose nth answer is answers[n]: a text of events, or a code; { url, seen: [headers with path] }
async function play(answers) {
	const seen = [];
	const server = createServer((request, response) => {
		const answer = answers[seen.length];
		seen.push({ ...request.headers, path: request.url });
		if (typeof answer === 'number') {
			response.writeHead(answer, { 'Content-Type': 'application/problem+json' });
			response.end(JSON.stringify({ status: answer, detail: 'no more' }));
			return;
		}
		response.writeHead(200, { 'Content-Type': 'text/event-stream' });
		for (const part of answer.match(/[^]{1,7}/g)) response.write(part);
		response.end();
	});
	servers.add(server);
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

const change = (id, status) => `id: ${id}\nevent: update_job_status\n`
	+ `data: {"system":"A","job_id":17,\ndata: "status":"${status}"}\n\n`;

test('it goes on from the last event, and says that it was cut off', async () => {
	const server = await play([`retry: 2000\n\n:\nid: 1-0\n\n${change('2-0', 'Running')}:\n\n`,
		`${change('3-0', 'Paused')}event: jobs_data\ndata: {"job_count":1}\n\nid: 4-0\nevent: half`, 404]);
	const answer = await ctl(server.url, ['events', '--json', '--system', 'A,B', '--name', 'status,jobs_data']);
	assert.equal(answer.code, 1);
	assert.deepEqual(answer.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)), [
		{ id: '2-0', event: 'update_job_status', data: { system: 'A', job_id: 17, status: 'Running' } },
		{ id: '3-0', event: 'update_job_status', data: { system: 'A', job_id: 17, status: 'Paused' } },
		{ id: null, event: 'jobs_data', data: { job_count: 1 } },
	]);
	assert.match(answer.stderr, /the connection was lost; trying again/);
	assert.match(answer.stderr, /404.*no more/);
	assert.deepEqual(server.seen.map((headers) => headers['last-event-id']), [undefined, '2-0', '3-0']);
	assert.equal(server.seen[0].path, '/api/v1/events?system=A%5C%2CB&name=status%2Cjobs_data');
});

test('what a server calls an event is escaped as JSON', async () => {
	const server = await play(['id: 5"\\\x1b\nevent: a"\\\x1b[2J\u009b\ndata: {"a":"\u009b2J\x7f"}\n\n', 404]);
	const { stdout } = await ctl(server.url, ['events', '--json']);
	assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
	assert.deepEqual(JSON.parse(stdout), { id: '5"\\\x1b', event: 'a"\\\x1b[2J\u009b', data: { a: '\u009b2J\x7f' } });
});

test('for people a line is time, event, system, job and what', async () => {
	const server = await play([`${change('2-0', 'Run\\u001b[2Jning')}event: status\n`
		+ 'data: {"system_id":"B","paused":true}\n\nevent: user_job_errors\n'
		+ 'data: [{"system":"C","job_id":1,"message":"m"},{"system":"C","job_id":2,"message":"n"}]\n\n', 400]);
	const answer = await ctl(server.url, ['events']);
	assert.deepEqual(answer.stdout.split('\n').filter(Boolean).map((line) => line.replace(/^\d\d:\d\d:\d\d\t/, '')), [
		'update_job_status\tA\t17\tRun?[2Jning', 'status\tB\t\tall paused',
		'user_job_errors\tC\t1\tm', 'user_job_errors\tC\t2\tn']);
});

test('whom nobody answers, or refuses, it tells at once', async () => {
	assert.equal((await ctl('http://127.0.0.1:1', ['events'])).code, 69);
	const server = await play([401]);
	assert.equal((await ctl(server.url, ['events'])).code, 1);
	assert.equal((await ctl(server.url, ['events', 'ABC1'])).code, 64);
	assert.equal((await ctl(server.url, ['jobs', '--name', 'status'])).code, 64);
});
