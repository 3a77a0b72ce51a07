// SPDX-License-Identifier: MIT
// The routes that change something, over the demo's simulated fleet: orders reach the jobs, errors
// are listed and removed, the scheduler obeys, and whoever may not write is told why. Each answer is
// held against openapi.json.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { privateDirectory, start, until } from './daemon_kit.mjs';
import { mistakes, schemaOf } from './openapi_kit.mjs';

let daemon;
let document;

before(async () => {
	daemon = await start(['--demo=40']);
	document = await daemon.json('/openapi.json');
	await until(async () => (await jobs()).length > 0, 5000, 'jobs');
});
after(() => daemon.child.kill('SIGKILL'));

const jobs = async (query = '') => (await daemon.json(`/api/v1/jobs?limit=1000&${query}`)).jobs;
const summary = () => daemon.json('/api/v1/summary');
const json = (value) => ({ body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
const pathOf = (job) => `/api/v1/jobs/${encodeURIComponent(job.system)}/${job.job_id}`;
const jobRoute = '/api/v1/jobs/{system}/{job_id}';

// Asks, and holds status, type and body against the document
async function hold(method, route, path, code, options = {}, at = daemon) {
	const answer = await at.get(path, { method, ...options });
	const type = answer.headers.get('content-type').split(';')[0];
	const body = await answer.json();
	assert.equal(answer.status, code, method + path + JSON.stringify(body));
	const schema = schemaOf(document, route, code, type, method);
	assert.ok(schema, `openapi.json knows ${code} ${type} of ${method} ${route}`);
	assert.deepEqual(mistakes(document, schema, body), [], path);
	if (code >= 400) {
		assert.equal(type, 'application/problem+json');
		assert.equal(body.status, code);
		assert.equal(body.instance, path.split('?')[0]);
	}
	return body;
}

const order = (job, what, code = 200, options = {}) =>
	hold('POST', `${jobRoute}/${what}`, `${pathOf(job)}/${what}`, code, options);

// A running job with some of its way before it, so that it does not end by itself meanwhile
async function aRunningJob() {
	return until(async () => (await jobs('status=running')).find((job) => Number(job.percent_completed ?? 0) < 60),
		20000, 'a running job');
}

const shows = (job, status) => until(async () => {
	const { job: now } = await daemon.json(pathOf(job));
	return now.status === status && now;
}, 10000, `${job.system}/${job.job_id} to be ${status}`);

test('a job is paused, resumed and killed, and is found after its end', async () => {
	const job = await aRunningJob();
	assert.deepEqual(await order(job, 'pause'), { ok: true });
	await shows(job, 'Paused');
	assert.deepEqual(await order(job, 'resume', 200, json({})), { ok: true });
	await shows(job, 'Running');
	assert.deepEqual(await order(job, 'kill'), { ok: true });
	await shows(job, 'Killed');
	await until(async () => !(await jobs(`system=${encodeURIComponent(job.system)}`))
		.some((other) => other.job_id === job.job_id), 10000, 'the end of the job');
	assert.match((await order(job, 'kill', 404)).detail, /no live job/);
});

test('what does not exist is 404', async () => {
	const job = { system: 'nobody', job_id: 1 };
	for (const what of ['pause', 'resume', 'kill'])
		await order(job, what, 404);
	await order({ system: 'nobody', job_id: 'x' }, 'kill', 404);
	await order({ system: '\u0001', job_id: 1 }, 'kill', 400);
	await hold('DELETE', '/api/v1/errors/{id}', '/api/v1/errors/999999999', 404);
	await hold('DELETE', '/api/v1/errors/{id}', '/api/v1/errors/x', 404);
});

test('the interval is set and shown', async () => {
	for (const seconds of [7, 86400, 1]) {
		assert.deepEqual(await hold('PUT', '/api/v1/interval', '/api/v1/interval', 200, json({ seconds })), { ok: true });
		await until(async () => (await summary()).interval.base === seconds, 5000, `a base of ${seconds} s`);
	}
	for (const [seconds, detail] of [[0, /^seconds: .*1\.\.86400/], [86401, /^seconds: /], [-1, /^seconds: /],
		[1.5, /^seconds: /], ['soon', /^seconds: /], [null, /^seconds: /], [undefined, /^seconds: is missing/]])
		assert.match((await hold('PUT', '/api/v1/interval', '/api/v1/interval', 400, json({ seconds }))).detail, detail);
	assert.equal((await summary()).interval.base, 1);
});

test('the scheduler is paused and resumed', async () => {
	const paused = (wanted) => until(async () => (await summary()).paused === wanted, 5000, `paused: ${wanted}`);
	await hold('POST', '/api/v1/pause', '/api/v1/pause', 200, json({ seconds: 600 }));
	await paused(true);
	const { last_cycle: before } = await summary();
	await hold('POST', '/api/v1/resume', '/api/v1/resume', 200);
	await paused(false);
	await until(async () => (await summary()).last_cycle.finished_at > before.finished_at, 10000, 'another round');
	await hold('POST', '/api/v1/pause', '/api/v1/pause', 200, json({ seconds: 1 }));
	await paused(true);
	await paused(false); // by itself
	assert.match((await hold('POST', '/api/v1/pause', '/api/v1/pause', 400, json({ seconds: 0 }))).detail, /^seconds: /);
	assert.match((await hold('POST', '/api/v1/resume', '/api/v1/resume', 400, json({ now: true }))).detail, /it takes none$/);
});

test('a poll is accepted, and done', async () => {
	await hold('PUT', '/api/v1/interval', '/api/v1/interval', 200, json({ seconds: 3600 }));
	for (const options of [{}, json({}), json({ discovery: false }), json({ discovery: true })]) {
		const { last_cycle: before } = await summary();
		await until(async () => {
			await hold('POST', '/api/v1/poll', '/api/v1/poll', 202, options);
			return (await summary()).last_cycle.finished_at > before.finished_at;
		}, 10000, 'a round');
	}
	assert.match((await hold('POST', '/api/v1/poll', '/api/v1/poll', 400, json({ discovery: 'yes' }))).detail, /^discovery: /);
	await hold('PUT', '/api/v1/interval', '/api/v1/interval', 200, json({ seconds: 1 }));
});

test('a body is JSON, an object, and not too long', async () => {
	const put = (code, options) => hold('PUT', '/api/v1/interval', '/api/v1/interval', code, options);
	const type = { 'content-type': 'application/json' };
	for (const body of ['', '{"seconds":', '[7]', '7', '{"seconds":7}{', '{"seconds":7,"seconds":8}', '{"hours":7}'])
		await put(400, { body, headers: type });
	await put(415, { body: '{"seconds":7}' });
	await put(415, { body: 'seconds=7', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
	await put(413, { body: `{"seconds":7${' '.repeat(70000)}}`, headers: type });
	await put(200, { body: `{"seconds":1${' '.repeat(60000)}}`, headers: { 'content-type': 'application/json; charset=utf-8' } });
});

test('another method is 405 and hears which', async () => {
	for (const [path, methods] of Object.entries(document.paths)) {
		const real = path.replace('{system}', 'A').replace('{job_id}', '1').replace('{id}', '1');
		const wanted = Object.keys(methods).map((name) => name.toUpperCase());
		const answer = await daemon.get(real, { method: 'PATCH' });
		assert.equal(answer.status, 405, path);
		assert.deepEqual(answer.headers.get('allow').split(', ').filter((name) => name !== 'HEAD'), wanted, path);
	}
});

test('a page of another site may not write here', async () => {
	const headers = { origin: 'http://evil.example' };
	assert.match((await hold('POST', '/api/v1/resume', '/api/v1/resume', 403, { headers })).detail, /site/);
	await hold('POST', '/api/v1/resume', '/api/v1/resume', 200, { headers: { origin: daemon.url } });
});

test('who goes away meanwhile harms nobody', async () => {
	const { hostname, port } = new URL(daemon.url);
	for (let i = 0; i < 30; i++) {
		const job = (await jobs())[i];
		const socket = connect(Number(port), hostname);
		socket.write(`POST ${pathOf(job)}/pause HTTP/1.1\r\nHost: x\r\n\r\n`);
		await new Promise((done) => socket.on('ready', done));
		if (i % 2)
			socket.resetAndDestroy();
		else
			socket.end();
		socket.on('error', () => {});
	}
	assert.equal((await daemon.get('/livez')).status, 200);
	await order(await until(async () => (await jobs())[0], 5000, 'a job'), 'resume');
});

test('errors are listed, paged and removed', async () => {
	const list = (query = '') => hold('GET', '/api/v1/errors', `/api/v1/errors?${query}`, 200);
	const all = await until(async () => {
		const page = await list('limit=1000');
		return page.errors.length > 2 && page;
	}, 60000, 'three errors of jobs');
	assert.equal(all.next, null);
	const ids = all.errors.map((error) => error.id);
	assert.deepEqual(ids, [...ids].sort((a, b) => b - a), 'newest first');

	// the page that begins at the newest of these, whatever came meanwhile
	const seen = [];
	for (let cursor; cursor !== null;) {
		const page = await list(`limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
		assert.ok(page.errors.length <= 1);
		seen.push(...page.errors.map((error) => error.id));
		cursor = page.next;
	}
	assert.deepEqual(seen.filter((id) => id <= ids[0]), ids);

	const { id, system } = all.errors.at(-1);
	assert.ok((await list(`limit=1000&system=${encodeURIComponent(system)}`)).errors.every((error) => error.system === system));
	assert.deepEqual((await list('system=nobody')).errors, []);
	for (const query of ['', '?', '?system', '?system='])
		await hold('DELETE', '/api/v1/errors', `/api/v1/errors${query}`, 400);
	assert.ok((await list()).errors.length > 0, 'not one was removed without a name');
	assert.deepEqual(await hold('DELETE', '/api/v1/errors/{id}', `/api/v1/errors/${id}`, 200), { removed: 1 });
	await hold('DELETE', '/api/v1/errors/{id}', `/api/v1/errors/${id}`, 404);
	assert.ok(!(await list('limit=1000')).errors.some((error) => error.id === id));
	for (const [query, detail] of [['limit=0', /^limit/], ['limit=x', /^limit/], ['cursor=nonsense', /^cursor/],
		['system=a%2Fb', /^system/]])
		assert.match((await hold('GET', '/api/v1/errors', `/api/v1/errors?${query}`, 400)).detail, detail);
});

const writes = [['POST', '/api/v1/poll'], ['PUT', '/api/v1/interval'], ['POST', '/api/v1/pause'],
	['POST', '/api/v1/resume'], ['DELETE', '/api/v1/errors/{id}'],
	...['pause', 'resume', 'kill'].map((what) => ['POST', `${jobRoute}/${what}`])];
const realPath = (route) => route.replace('{system}', 'A').replace('{job_id}', '1').replace('{id}', '1');

// The order's row is written by the poller's next turn
const ordered = (at, job) => until(async () => (await at.json(`/api/v1/explain/${pathOf(job).slice('/api/v1/jobs/'.length)}`))
	.sentences.find(({ kind, data }) => kind === 'ordered' && data.job_id === job.job_id), 10000, 'the order in explain');

test('explain says who ordered over HTTP', async () => {
	const job = await aRunningJob();
	await order(job, 'pause');
	const { text, data } = await ordered(daemon, job);
	assert.equal(text, `Ordered over HTTP by no token, loopback: to pause job ${job.job_id}; done.`);
	assert.deepEqual([data.from, data.system, data.door, data.who, data.outcome],
		['orders', job.system, 'http', 'no token, loopback', 'ok']);
});

test('with a token, writing needs it, in a demo too', async () => {
	const locked = await start(['--demo=2'], { NLCONF_HTTP_SERVER__TOKEN: 'sesame', NLCONF_HTTP_SERVER__READ_TOKEN: 'reader' });
	for (const [method, route] of writes)
		for (const authorization of [undefined, 'Bearer wrong', 'Bearer reader', 'Basic sesame'])
			await hold(method, route, realPath(route), 401, { headers: authorization ? { authorization } : {} }, locked);
	const headers = { authorization: 'Bearer sesame', 'content-type': 'application/json' };
	await until(async () => (await locked.get('/readyz')).status === 200, 5000, 'ready');
	await hold('PUT', '/api/v1/interval', '/api/v1/interval', 200, { headers, body: '{"seconds":9}' }, locked);
	assert.deepEqual(await locked.stop(), { code: 0, signal: null });
	assert.doesNotMatch(locked.stdout + locked.stderr, /sesame/);
});

test('without a token writing is closed, unless it is a demo', async () => {
	const closed = await start([], { NLCONF_CHATTERBOX__BUS: 'memory', NLCONF_CHATTERBOX__STORE: 'memory',
		NLCONF_CHATTERBOX__SQL: 'sqlite', NLCONF_CHATTERBOX__SQLITE_PATH: join(privateDirectory(), 'db.sqlite') });
	for (const [method, route] of writes)
		assert.match((await hold(method, route, realPath(route), 403, { headers: { authorization: 'Bearer x' } }, closed)).detail,
			/http_server\.token/);
	await closed.stop();
});

test('an observer refuses to write while nobody leads', async () => {
	const observer = await start([], { NLCONF_CHATTERBOX__BUS: 'memory', NLCONF_CHATTERBOX__STORE: 'memory',
		NLCONF_CHATTERBOX__SQL: 'sqlite', NLCONF_CHATTERBOX__SQLITE_PATH: join(privateDirectory(), 'db.sqlite'),
		NLCONF_CHATTERBOX__ROLE: 'observer', NLCONF_HTTP_SERVER__TOKEN: 'sesame' });
	const headers = { authorization: 'Bearer sesame', 'content-type': 'application/json' };
	await until(async () => (await observer.get('/readyz')).status === 200, 10000, 'the observer runs');
	for (const [method, route] of writes) {
		const options = { headers, ...(route === '/api/v1/interval' ? { body: '{"seconds":5}' } : {}) };
		assert.match((await hold(method, route, realPath(route), 409, options, observer)).detail, /leader/);
	}
	await observer.stop();
});

test('a stop ends what is under way', async () => {
	const job = await aRunningJob();
	const orders = Array.from({ length: 20 }, () => daemon.get(`${pathOf(job)}/pause`, { method: 'POST' }).catch(() => null));
	assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
	for (const answer of await Promise.all(orders))
		assert.ok(answer === null || [200, 404, 503].includes(answer.status), `${answer?.status}`);
	assert.equal(daemon.stderr, '');
});
