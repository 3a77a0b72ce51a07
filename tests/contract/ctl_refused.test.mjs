// SPDX-License-Identifier: MIT
// chatterboxctl with a server that misbehaves: each failure names the URL and what to do, by its exit code.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { always, ctl, fake } from './ctl_kit.mjs';
import { privateDirectory } from './daemon_kit.mjs';
import { freePort } from '../kit/servers/ports.mjs';

async function fails(url, args, code, ...patterns) {
	const answer = await ctl(url, args);
	assert.equal(answer.code, code, answer.stdout + answer.stderr);
	assert.equal(answer.stdout, '');
	for (const pattern of patterns)
		assert.match(answer.stderr, pattern);
	return answer;
}

const problem = (code, detail) => always(code, { type: 'about:blank', title: '-', status: code, detail });

test('nobody listens: 69, with where to look', async () => {
	const url = `http://127.0.0.1:${await freePort()}`;
	await fails(url, ['status'], 69, new RegExp(url + '/api/v1/summary'), /does chatterboxd run there\?.*--url/);
});

test('a refusal is 1, with the reason and what to do', async () => {
	for (const [code, detail, hint] of [[401, 'a token is needed', /--token-file/],
		[403, 'no token is configured', /http_server\.token/], [409, 'nobody leads', /try again/],
		[500, 'it went wrong', /doctor/], [503, 'sql is down', /doctor/], [400, 'q: is too long', /q: is/]]) {
		const server = await fake(problem(code, detail));
		await fails(server.url, ['poll'], 1, new RegExp(`^chatterboxctl: ${server.url}/api/v1/poll: ${code} ${detail}`), hint);
	}
});

test('what is no answer of chatterboxd is 69', async () => {
	for (const value of ['{"jobs":[', 'hello', '[]', '{"jobs":{}}', '']) {
		const server = await fake(always(200, value));
		await fails(server.url, ['jobs'], 69, new RegExp(server.url), /no answer of chatterboxd's/);
	}
	const empty = await fake(always(200, {}));
	for (const args of [['status'], ['job', 'a', '1'], ['systems', 'a'], ['doctor'], ['clean-up'], ['clean-up', '--dry-run']])
		await fails(empty.url, args, 69, /no answer of chatterboxd's/);
});

test('half an answer is 69, and an order may have been carried out', async () => {
	const server = await fake((request, response) => {
		response.writeHead(200, { 'content-length': '1000' });
		response.write('{"jobs":[');
		setImmediate(() => response.destroy());
	});
	await fails(server.url, ['jobs'], 69, /broke off/, /try again/);
	await fails(server.url, ['kill', 'a', '1'], 69, /broke off/, /may have been carried out/);
});

test('who is slow is given up after --timeout', async () => {
	const server = await fake(() => {});
	await fails(server.url, ['--timeout', '1', 'jobs'], 69, new RegExp(server.url), /--timeout/);
	await fails(server.url, ['--timeout=1', 'resume'], 69, /may still be carried out/);
});

test('who speaks another protocol is 69', async (t) => {
	const server = createServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
	t.after(() => server.close()); // a failed test would wait for it for ever
	await new Promise((done) => server.once('listening', done));
	await fails(`http://127.0.0.1:${server.address().port}`, ['jobs'], 69, /127\.0\.0\.1:\d+/);
});

test('a redirect is not followed, so the token stays here', async () => {
	const other = await fake(always(200, { jobs: [] }));
	const server = await fake((request, response) => {
		response.writeHead(302, { location: other.url + '/api/v1/jobs' });
		response.end('{}');
	});
	await fails(server.url, ['jobs'], 69, /no answer of chatterboxd's/);
	assert.equal(other.seen.length, 0);
});

test('the token comes from a file, else from the environment, and is never shown', async () => {
	const server = await fake(problem(401, 'no'));
	const file = join(privateDirectory(), 'token');
	writeFileSync(file, 'of-a-file\nsecond line\n');
	const answers = [
		await ctl(server.url, ['poll'], { CHATTERBOX_TOKEN: 'of-the-environment' }),
		await ctl(server.url, ['--token-file', file, 'poll'], { CHATTERBOX_TOKEN: 'of-the-environment' }),
		await ctl(server.url, ['poll'])];
	assert.deepEqual(server.seen.map((one) => one.token),
		['Bearer of-the-environment', 'Bearer of-a-file', undefined]);
	for (const answer of answers)
		assert.doesNotMatch(answer.stdout + answer.stderr, /of-a-file|of-the-environment/);
	writeFileSync(file, '\n');
	await fails(server.url, ['--token-file', file, 'poll'], 64, /first line is empty/);
	await fails(server.url, ['--token-file', file + '-gone', 'poll'], 64, /No such file/);
	writeFileSync(file, 'a\u0001b\n');
	await fails(server.url, ['--token-file', file, 'poll'], 64, /control characters/);
});

test('wrong usage is 64, and nothing is sent', async () => {
	const server = await fake(always(200, {}));
	for (const args of [[], ['nope'], ['kill', 'a'], ['kill', 'a', 'b'], ['job', 'a', '-1'], ['interval', '0'],
		['pause', 'x'], ['status', 'x'], ['jobs', '--dry-run'], ['jobs', '--limit', '0'], ['errors', '--status', 'x'],
		['pause-all', ''], ['clean-up', '--system', ''], ['jobs', '--status', ''], ['--timeout', '0', 'status'],
		['--url', 'ftp://localhost', 'status'], ['--url', 'localhost', 'status'], ['kill', 'a', '1', '2']])
		await fails(server.url, args, 64, /chatterboxctl: /);
	const secret = await fails(server.url, ['--url', 'http://me:geheim@localhost/', 'status'], 64, /--token-file/);
	assert.doesNotMatch(secret.stderr, /geheim/);
	assert.equal(server.seen.length, 0);
});

const entry = (id) => ({ system: 'A', job_id: id, status: 'Running' });

test('all pages are read, with the filters and the cursor encoded', async () => {
	const server = await fake((request, response) => {
		const second = request.url.includes('cursor=');
		always(200, { jobs: second ? [entry(3)] : [entry(1), entry(2)], next: second ? null : 'a&b', total: 3 })(request, response);
	});
	const answer = await ctl(server.url + '/below/', ['jobs', '--search', 'ä &=/', '--json']);
	assert.deepEqual(JSON.parse(answer.stdout), { jobs: [entry(1), entry(2), entry(3)], next: null, total: 3 });
	assert.deepEqual(server.seen.map((one) => one.path), ['/below/api/v1/jobs?q=%C3%A4%20%26%3D%2F&limit=1000',
		'/below/api/v1/jobs?q=%C3%A4%20%26%3D%2F&limit=1000&cursor=a%26b']);
});

test('an empty page is not the last one while it names another', async () => {
	const pages = { '': [[], 'a'], a: [[entry(1)], 'b'], b: [[], 'c'], c: [[entry(2)], null] };
	const server = await fake((request, response) => {
		const [jobs, next] = pages[new URL(request.url, 'http://x').searchParams.get('cursor') ?? ''];
		always(200, { jobs, next })(request, response);
	});
	const answer = await ctl(server.url, ['jobs', '--state', 'ended', '--system', 'A', '--json']);
	assert.deepEqual(JSON.parse(answer.stdout), { jobs: [entry(1), entry(2)], next: null });
});

test('a cursor that comes again ends the list', async () => {
	const server = await fake(always(200, { jobs: [entry(1)], next: 'again' }));
	const answer = await ctl(server.url, ['jobs']);
	assert.equal(answer.code, 0);
	assert.equal(server.seen.length, 2);
});

test('a name stays one part of the path', async () => {
	const server = await fake(always(200, { ok: true }));
	await ctl(server.url, ['kill', '../x?y', '7']);
	await ctl(server.url, ['systems', '..']);
	assert.deepEqual(server.seen.map((one) => one.path), ['/api/v1/jobs/%2E%2E%2Fx%3Fy/7/kill', '/api/v1/systems/%2E%2E']);
});

test('what comes from outside moves no cursor', async () => {
	const evil = { system: 'A\u001b[2J', job_id: 1, status: 'x\u009b1m\n', job_type: 'ü' };
	const server = await fake(always(200, { jobs: [evil], next: null }));
	const answer = await ctl(server.url, ['jobs']);
	assert.equal(answer.stdout, 'A?[2J\t1\tx?1m?\t-\t-\t-\tü\n');
	const refused = await fake(problem(400, 'a\u001b[2J'));
	assert.doesNotMatch((await ctl(refused.url, ['jobs'])).stderr, /\x1b/);
});
