// SPDX-License-Identifier: MIT
// explain.test.mjs - why a job is as it is, on real servers: what was seen, decided, told and ordered, by which
// door and by whom, in its order; after clean-up and after a take-over, too (contract 5.2, 6.2)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, until } from './place.mjs';
import { Rpc } from './rpc.mjs';

const TOKEN = { headers: { Authorization: 'Bearer e2e' } };
const post = (daemon, path) => daemon.get(path, { method: 'POST', ...TOKEN });
const text = (status, more = {}) => JSON.stringify({ system: 'E1', job_id: 1, status, job_type: 'music', ...more });

let place;
let hdms;
let rpc;
let leader;
let standby;

before(async () => {
	place = await Place.open('explain', 30);
	hdms = await Hdms.open(place);
	hdms.set('E1', text('Running', { percent_completed: '10' }));
	await place.online(['E1', 'E2']);
	leader = await Daemon.prepare(place, { lease: { ttl: 3 }, stall_after: 4 });
	await leader.start();
	await until('it leads', async () => (await leader.get('/leaderz')).status === 200, 30000);
	standby = await Daemon.prepare(place, { lease: { ttl: 3 }, stall_after: 4 });
	await standby.start();
	rpc = await Rpc.open(place);
});

after(async () => {
	await rpc?.connection.close();
	await standby?.stop();
	await leader?.stop();
	await hdms?.close();
	await place?.close();
});

const step = (title, fn) => test(title, { timeout: 120000 }, async () => {
	try {
		await fn();
	} catch (error) {
		error.message += `\n${leader.program.tail(15)}\n${standby.program.tail(15)}`;
		throw error;
	}
});

/** The sentences about job 1 of E1, oldest first, page by page */
async function chain(daemon, path = '/api/v1/explain/E1/1', limit = 100) {
	const found = [];
	let next;
	do {
		const { status, json, text: body } = await daemon.get(`${path}?limit=${limit}${next ? `&cursor=${next}` : ''}`);
		assert.equal(status, 200, body);
		assert.ok(json.sentences.length <= limit);
		found.push(...json.sentences);
		({ next } = json);
	} while (next);
	return found.reverse();
}

/** Waits for a sentence with all these words */
const says = (daemon, ...words) => until(words.join(' '), async () => (await chain(daemon))
	.some(({ text: words_ }) => words.every((word) => words_.includes(word))), 30000);

const indexOf = (sentences, word, from = 0) => {
	const at = sentences.findIndex(({ text: words }, i) => i >= from && words.includes(word));
	assert.notEqual(at, -1, `${word} is not in\n${sentences.map((one) => `${one.at} ${one.kind} ${one.text}`).join('\n')}`);
	return at;
};

const STORY = [
	'Job 1 was first heard of: Running, at 10 %', 'Told to all: job 1 is Running.',
	'Ordered over HTTP by http_server.token, loopback: to pause job 1; done.',
	'Job 1 went from Running to Paused; its system pushed it.', 'Told to all: job 1 is Paused, and was Running.',
	'Ordered over AMQP by front-end as guest: to resume job 1; done.',
	'Job 1 went from Paused to Running', 'Told to all: job 1 is Running, and was Paused.',
	'Ordered over HTTP by http_server.token, loopback: to pause all jobs of system E1; done.',
	'Job 1 went from Running to Errored', 'Told to all: job 1 is Errored, and was Running.',
];
// at one moment, of two clocks
const LAST = ['Ordered over HTTP by http_server.token, loopback: to clean up the errored jobs of all systems; done.',
	'Job 1 was cleaned up'];

/** Each is there once, and they are in this order but for the last */
async function check(daemon) {
	const sentences = await chain(daemon);
	let last = -1;
	for (const line of STORY) last = indexOf(sentences, line, last + 1);
	for (const line of LAST) indexOf(sentences, line, last + 1);
	const times = sentences.map(({ at }) => at);
	assert.deepEqual(times, [...times].sort());
	const orders = sentences.filter(({ kind }) => kind === 'ordered').map(({ data }) => data.event);
	assert.deepEqual(orders, ['nl-ocd.content.job.pause', 'nl-ocd.content.job.resume', 'nl-ocd.content.job.pauseAll',
		'nl-ocd.content.job.cleanUpErrored']);
	return sentences;
}

step('a job is pushed, paused over HTTP, resumed over AMQP, paused with all, errors and is cleaned up', async () => {
	await says(leader, 'Told to all: job 1 is Running.');
	await says(leader, 'Job 1 stands still: it runs, and has not moved since');
	hdms.set('E1', text('Running', { percent_completed: '20' }));
	await says(leader, 'Job 1 moves again: it had stood still since');
	assert.equal((await post(leader, '/api/v1/jobs/E1/1/pause')).status, 200);
	await says(leader, 'to pause job 1; done');
	hdms.set('E1', text('Paused'));
	await hdms.notify('nl-hdms.event.content.job_status', text('Paused'));
	await says(leader, 'Told to all: job 1 is Paused');
	const { body } = await rpc.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'nl-ocd.content.job.resume',
		params: { system: 'E1', job_id: 1 } }), { appId: 'front-end', userId: 'guest' });
	assert.deepEqual(body.result, { ok: true });
	await says(leader, 'to resume job 1; done');
	hdms.set('E1', text('Running'));
	await says(leader, 'Told to all: job 1 is Running, and was Paused.');
	// by the one that stands by, which carries it to the leader: it is there once, with the door by which it came
	const all = await standby.get('/api/v1/jobs/pause_all', { method: 'POST', body: '{"system":"E1"}',
		headers: { ...TOKEN.headers, 'Content-Type': 'application/json' } });
	assert.equal(all.status, 200, all.text);
	await says(leader, 'to pause all jobs of system E1; done');
	hdms.set('E1', text('Errored', { error_code: 'disk_full', error_message: 'no space left' }));
	await says(leader, 'Told to all: job 1 is Errored');
	await says(leader, 'Error disk_full of job 1: no space left');
	assert.equal((await post(leader, '/api/v1/clean_up')).status, 200);
	await says(leader, 'was cleaned up');
	await says(leader, 'to clean up the errored jobs');
	const sentences = await check(leader);
	assert.deepEqual(sentences.map(({ kind }) => kind).filter((kind, i, kinds) => kinds.indexOf(kind) === i).sort(),
		['decided', 'ordered', 'seen', 'told']);
	const bulk = sentences.find(({ data }) => data.event === 'nl-ocd.content.job.pauseAll').data;
	assert.deepEqual([bulk.door, bulk.who, bulk.outcome, bulk.detail], ['http', 'http_server.token, loopback', 'ok', { jobs: 1 }]);
	await until('page by page it is the same', async () => {
		assert.deepEqual(await chain(leader, '/api/v1/explain/E1/1', 3), await chain(leader));
		return true;
	});
});

step('an order that fails is there, too, and what comes while SQL is away', async () => {
	assert.equal((await post(leader, '/api/v1/jobs/E2/5/kill')).status, 404);
	await until('it is a row', async () => (await place.rows(
		"select 1 from orders where system = 'E2' and job_id = 5 and outcome like 'no live job%'")).length);
	const whole = await chain(leader, '/api/v1/explain/E2');
	indexOf(whole, 'to kill job 5; it failed: no live job 5 of system E2 is known.');
	await rpc.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'nl-ocd.content.job.kill',
		params: { system: 'E2', job_id: 6 } }), { timestamp: Math.floor(Date.now() / 1000) - 3600 });
	await until('one that is too old is a row', async () => (await place.rows(
		"select 1 from orders where job_id = 6 and outcome like 'by its timestamp%'")).length);
	await place.rows('alter table orders rename to orders_away');
	assert.equal((await post(leader, '/api/v1/jobs/E2/7/kill')).status, 404);
	await place.rows('alter table orders_away rename to orders');
	await until('it is a row later', async () => (await place.rows(
		"select 1 from orders where system = 'E2' and job_id = 7")).length, 60000);
	for (const path of ['/api/v1/explain/E1/4711', '/api/v1/explain/NONE', '/api/v1/explain/E1/x'])
		assert.equal((await leader.get(path)).status, 404, path);
	for (const query of ['limit=0', 'limit=1001', 'cursor=h1', 'cursor=x1.1', 'system=E1'])
		assert.equal((await leader.get(`/api/v1/explain/E1?${query}`)).status, 400, query);
	const { rows } = { rows: await place.rows('select * from orders') };
	assert.ok(!JSON.stringify(rows).includes('e2e'), 'no token is in the table');
});

step('the chain is whole after a take-over, and without Redis but for what was told', async () => {
	await leader.program.child.kill('SIGKILL');
	await leader.program.ended;
	await until('the other leads', async () => (await standby.get('/leaderz')).status === 200, 60000);
	await check(standby);
	const before_ = await chain(standby);
	await place.redis.del('nl-ocd-chatterbox:events');
	const rest = await chain(standby);
	assert.deepEqual(rest.map(({ text: words }) => words),
		before_.filter(({ kind }) => kind !== 'told').map(({ text: words }) => words));
});
