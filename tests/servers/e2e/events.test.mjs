// SPDX-License-Identifier: MIT
// events.test.mjs - live events over HTTP, as clients see them (contract 6.2, 6.3)
//
// Resuming across a restart and to another instance, reset, filters, a standby; and that a list holds
// what its header says.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Daemon } from './daemon.mjs';
import { until } from './place.mjs';
import { Source } from './sse.mjs';
import { A17, A18, B5, daemon, hdms, place, setting, step, told, withStatus } from './story.mjs';
import { APP } from './wire.mjs';

setting('events', 23);

const STREAM = `${APP}:events`;
const open = [];
const url = (query = '', of = daemon) => `http://127.0.0.1:${of.port}/api/v1/events${query}`;
const source = async (query, headers, of) => {
	const one = await Source.open(url(query, of), headers);
	open.push(one);
	return one;
};
const is = (system, job, status) => ({ event, data }) => {
	if (event !== 'update_job_status') return false;
	const params = JSON.parse(data);
	return params.system === system && params.job_id === job && params.status === status;
};
const ids = (one) => one.events.filter(({ id }) => id).map(({ id }) => id);
const inStream = async (after = '-') => (await place.redis.xrange(STREAM, after === '-' ? after : `(${after}`, '+'))
	.map(([id]) => id);
/** Waits until it was given exactly what is in the stream after @after: others may still be on their way */
const same = (one, after) => until('it was given what the stream holds', async () => {
	assert.deepEqual(ids(one), await inStream(after));
	return true;
});
const list = async (of = daemon, path = '/api/v1/jobs?limit=1000') => {
	const answer = await fetch(`http://127.0.0.1:${of.port}${path}`);
	return { id: answer.headers.get('chatterbox-stream'), ...await answer.json() };
};

let standby;
after(async () => {
	await Promise.all(open.map((one) => one.close()));
	await standby?.stop();
});

step('what comes is sent, with the ids of the stream, and nothing else', async () => {
	await daemon.start();
	for (const id of ['E2E1/17/1', 'E2E1/18/1', 'E2E2/5/1']) await told(id);
	await until('the first words are in the stream', async () => (await inStream()).length >= 3);
	await until('the header says so', async () => (await list()).id === (await inStream()).at(-1));
	const all = await source();
	assert.equal(all.answer.headers.get('content-type'), 'text/event-stream');
	await until('it begins where the stream is', async () => all.lastId === (await inStream()).at(-1));
	assert.equal(all.retry, 2000);
	hdms.set('E2E1', withStatus(A17, 'Paused'), A18);
	const event = await all.wait('the change', is('E2E1', 17, 'Paused'));
	assert.equal(event.data, withStatus(A17, 'Paused'), 'params, byte for byte');
	await until('nothing else', async () => ids(all).length === 1 && ids(all)[0] === (await inStream()).at(-1));
});

step('from an id on: nothing is missed, and nothing of before comes', async () => {
	const [first, ...rest] = await inStream();
	for (const [query, headers] of [[`?since=${first}`, {}], ['', { 'Last-Event-ID': first }],
		[`?since=${rest.at(-1)}`, { 'Last-Event-ID': first }]]) {
		const one = await source(query, headers);
		await until('all the rest', () => ids(one).length >= rest.length);
		assert.deepEqual(ids(one), rest);
		await one.close();
	}
});

step('reset comes first for an id that is older, newer, or none of ours', async () => {
	for (const query of ['?since=1-0', '?since=99999999999999-0', '?since=0-0']) {
		const one = await source(query);
		const event = await one.wait('reset', () => true);
		assert.equal(event.event, 'reset');
		assert.equal(event.id, (await inStream()).at(-1));
		await one.close();
	}
	const odd = await source('', { 'Last-Event-ID': 'of another server' });
	assert.equal((await odd.wait('reset', () => true)).event, 'reset');
	await odd.close();
});

step('filters, and what is refused', async () => {
	const [first] = await inStream();
	const one = await source(`?since=${first}&system=E2E2,none&name=update_job_status`);
	const none = await source(`?since=${first}&system=E2E2%5C,none`);
	hdms.set('E2E1', A17, A18);
	hdms.set('E2E2', withStatus(B5, 'Paused'));
	await one.wait('of E2E2', is('E2E2', 5, 'Paused'));
	assert.ok(one.events.every(({ data }) => JSON.parse(data).system === 'E2E2'));
	assert.deepEqual(none.events, []);
	for (const query of ['?name=nothing', '?since=x', '?sinse=1-0']) {
		const bad = await Source.open(url(query));
		assert.equal(bad.problem.status, 400, query);
	}
});

step('the figures come without an id, and job_status to whom asks for it', async () => {
	const one = await source('?name=jobs_data,job_status');
	const other = await source('?name=jobs_data');
	const data = await one.wait('jobs_data', ({ event }) => event === 'jobs_data', 70000);
	const status = await one.wait('job_status', ({ event }) => event === 'job_status');
	assert.equal(data.id, undefined);
	assert.equal(JSON.parse(data.data).job_count, 3);
	assert.equal(JSON.parse(status.data).length, 3);
	assert.ok(one.comments >= 3, 'and a heartbeat every 15 s until then');
	assert.deepEqual([...new Set(other.names())], ['jobs_data']);
});

step('a standby gives the same ids, and its lists hold what it has given', async () => {
	standby = await Daemon.prepare(place);
	await standby.start();
	const [first] = await inStream();
	const here = await source(`?since=${first}`);
	const there = await source(`?since=${first}`, {}, standby);
	const figures = await source('?name=job_status', {}, standby);
	for (const status of ['One', 'Two', 'Three', 'Four', 'Five']) {
		hdms.set('E2E1', withStatus(A17, status), A18);
		const event = await there.wait(status, is('E2E1', 17, status));
		const { jobs } = await list(standby, '/api/v1/systems/E2E1');
		assert.equal(jobs[0].status, JSON.parse(event.data).status, 'the list that is read after the event');
	}
	for (const one of [here, there]) await same(one, first);
	assert.deepEqual(figures.events, []);
});

step('from one instance to the other, and across a take-over, nothing is missed', async () => {
	const one = await source();
	await until('it has an id', () => one.lastId);
	const { id } = await list();
	await daemon.program.stop();
	assert.equal(await one.ended, 'end', 'a stop ends the stream in good order');
	await until('the other leads', async () => (await standby.get('/leaderz')).status === 200);
	hdms.set('E2E1', withStatus(A17, 'Verifying'), A18);
	const next = await source('', { 'Last-Event-ID': one.lastId }, standby);
	await next.wait('what came meanwhile', is('E2E1', 17, 'Verifying'));
	assert.ok(!next.names().includes('reset'));
	await same(next, one.lastId);
	daemon.launch();
	await daemon.ready();
	const page = await source(`?since=${id}`);
	await page.wait('the same after a restart', is('E2E1', 17, 'Verifying'));
	await same(page, id);
});

step('a stream that was flushed is a reset for everybody, on the same connection', async () => {
	const everybody = [await source(), await source('', {}, standby)];
	await until('they have begun', () => everybody.every((one) => one.lastId));
	await place.redis.flushdb();
	for (const one of everybody) await one.wait('reset', ({ event }) => event === 'reset');
	hdms.set('E2E1', withStatus(A17, 'Repairing'), A18);
	for (const one of everybody) {
		await one.wait('what comes then', is('E2E1', 17, 'Repairing'));
		assert.equal(one.names().filter((name) => name === 'reset').length, 1);
	}
});

step('who has left is not counted any more', async () => {
	await Promise.all(open.map((one) => one.close()));
	await until('nobody follows', async () => await daemon.metric('chatterbox_sse_subscribers') === 0);
	assert.ok(await daemon.metric('chatterbox_http_requests_total', 'route="/api/v1/events",code="200"') > 0);
});
