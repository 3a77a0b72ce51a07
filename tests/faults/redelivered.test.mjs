// SPDX-License-Identifier: MIT
// redelivered.test.mjs - rows 40 and 54: what the broker delivers again, and what comes too late
//
// chatterboxd is reached through proxies, publishers are not. Nobody is asked about the jobs here:
// what is told of them is what was pushed, each status once and in its order.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { servers, sleep } from '../servers/e2e/place.mjs';
import { APP, firstOfEach, wordsOf } from '../servers/e2e/wire.mjs';
import { Proxy } from './proxy.mjs';
import { daemon, hdms, job, listener, place, ready, row, rpc, setting, until } from './rows.mjs';

const STATUS = 'nl-hdms.event.content.job_status';
const QUEUE = `${APP}.default.event`;

const proxies = {};
// before chatterboxd connects: a channel keeps the time-out that it began with
before(async () => {
	await servers('rabbitmqctl', 'eval', 'application:set_env(rabbit, consumer_timeout, 3000), '
		+ 'application:set_env(rabbit, channel_tick_interval, 1000).');
});
after(() => servers('rabbitmqctl', 'eval', 'application:set_env(rabbit, consumer_timeout, 1800000), '
	+ 'application:set_env(rabbit, channel_tick_interval, 60000).'));

setting('redelivered', 9, [], () => ({ lease: { ttl: 2 }, check_job_status_time: 86400,
	time_till_next_check: 86400, progress_checkpoint: 1, log: { level: 'info' },
	rmq: { port: proxies.rmq.port }, sequelize: { port: proxies.pg.port } }), async () => {
	proxies.rmq = await Proxy.open(Number(process.env.CBX_TEST_RMQ_PORT));
	proxies.pg = await Proxy.open(Number(process.env.CBX_TEST_PG_PORT));
	return {};
});
after(async () => { for (const proxy of Object.values(proxies)) await proxy.close(); });

/** A publisher's channel with confirms */
let channel;
async function publisher() {
	if (channel) return channel;
	const connection = await place.connect();
	connection.on('error', () => {});
	connection.on('close', () => { channel = undefined; });
	after(() => connection.close().catch(() => {}));
	channel = await connection.createConfirmChannel();
	return channel;
}

/** Publishes a status, or several, as a publisher with these properties would */
async function push(text, properties = {}) {
	(await publisher()).publish('amq.topic', STATUS, Buffer.from(text),
		{ contentType: 'application/json', ...properties });
}
const published = async () => (await publisher()).waitForConfirms();

/** Pushes statuses one after the other, a percent that grows in each: no two are the same */
async function pushAll(system, id, statuses, from = 0) {
	for (const [i, status] of statuses.entries())
		await push(job(system, id, status, `,"downloaded":${from + i}`));
	await published();
}

const toldOfJob = (system, id) => firstOfEach(wordsOf(listener))
	.filter((word) => word.job === `${system}/${id}`).map(({ status }) => status);

const revisionOf = async (system, id) => (await place.rows(
	'select revision::int from status_monitor where system = $1 and job_id = $2',
	[system, id]))[0]?.revision;

/** Everything pushed is acknowledged */
const allTaken = (ms = 60000) => until('an empty queue', async () => {
	const lines = await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, 'name', 'messages');
	const line = lines.split('\n').find((one) => one.startsWith(QUEUE));
	return line?.split('\t')[1] === '0';
}, ms);

const allTold = () => place.emptyOutbox();

/** Of this job exactly these statuses were recorded and told */
async function saidExactly(system, id, statuses) {
	await until('all are told', () => toldOfJob(system, id).length >= statuses.length);
	assert.deepEqual(toldOfJob(system, id), statuses);
	assert.equal(await revisionOf(system, id), statuses.length);
}

async function exactly(system, id, statuses) {
	await allTaken();
	await allTold();
	await saidExactly(system, id, statuses);
}

/** A chunk without the frames that are a basic.ack: what is asked of the broker meanwhile is answered */
function withoutAcks(chunk) {
	const ack = Buffer.from([0, 0, 0, 13, 0, 60, 0, 80]);
	const parts = [];
	let from = 0;
	for (let at = chunk.indexOf(ack); at >= 0; at = chunk.indexOf(ack, from)) {
		parts.push(chunk.subarray(from, at - 3)); // type and channel stand before its size
		from = at + ack.length + 10;
	}
	return from ? Buffer.concat([...parts, chunk.subarray(from)]) : chunk;
}

/** Pushes that were recorded, whose acknowledgements get lost on their way */
async function recordedButNotAcknowledged(system, id, statuses) {
	proxies.rmq.strip(withoutAcks, 'up');
	await pushAll(system, id, statuses);
	await until('they are recorded', async () => await revisionOf(system, id) === statuses.length);
}

const alternating = (count) => Array.from({ length: count }, (_, i) => (i % 2 ? 'Paused' : 'Running'));

for (const [how, begin, end] of [
	['stopped', () => servers('kill', 'pg'), () => servers('up', 'pg')],
	['frozen', () => servers('pause', 'pg'), () => servers('cont', 'pg')],
	['cut off', () => proxies.pg.refuse(), () => proxies.pg.pass()],
]) {
	row(`40: PostgreSQL is ${how} for longer than the lease, pushes come meanwhile`, async () => {
		const system = `A${how.replace(' ', '')}`;
		await begin();
		await pushAll(system, 1, ['Running', 'Paused']);
		await sleep(4000);
		await end();
		await ready();
		await exactly(system, 1, ['Running', 'Paused']);
	});
}

row('40: a table is locked while the connections are closed', async () => {
	const client = await place.sql.connect();
	await client.query('begin; lock table status_monitor in access exclusive mode');
	await pushAll('B', 1, ['Running', 'Paused', 'Running']);
	for (let i = 0; i < 3; i++) {
		await sleep(700);
		proxies.rmq.cut();
	}
	await sleep(1500);
	await client.query('rollback');
	client.release();
	await ready();
	await exactly('B', 1, ['Running', 'Paused', 'Running']);
});

row('40: connections are closed three times under 8 400 pushes', async () => {
	const statuses = alternating(420);
	for (const [i, status] of statuses.entries()) {
		for (let id = 0; id < 20; id++) await push(job('C', id, status, `,"downloaded":${i}`));
		if (i % 10 === 0) await published();
		if (i % 140 === 70) proxies.rmq.cut();
	}
	await published();
	await allTaken();
	await allTold();
	for (let id = 0; id < 20; id++) await saidExactly('C', id, statuses);
});

row('40: the same word by word, without anything that tells them apart', async () => {
	const statuses = alternating(300);
	for (const [i, status] of statuses.entries()) {
		for (let id = 0; id < 10; id++) await push(job('D', id, status));
		if (i % 10 === 0) await published();
		if (i % 100 === 50) proxies.rmq.cut();
	}
	await published();
	await allTaken();
	await allTold();
	// a cycle to the letter may be taken for recorded: nothing is invented, and it ends right
	for (let id = 0; id < 10; id++) {
		const told = await until('the last one', () =>
			(toldOfJob('D', id).at(-1) === 'Paused' ? toldOfJob('D', id) : undefined));
		assert.deepEqual(told, statuses.slice(0, told.length));
		assert.equal(await revisionOf('D', id), told.length);
		console.log(`job ${id}: ${told.length} of ${statuses.length}`);
	}
});

row('40: acknowledgements are lost, then the connection', async () => {
	const statuses = alternating(40);
	await recordedButNotAcknowledged('E', 1, statuses);
	await proxies.rmq.pass();
	await exactly('E', 1, statuses);
});

row('40: acknowledgements are lost, and the broker notices late', async () => {
	const statuses = alternating(20);
	await recordedButNotAcknowledged('F', 1, statuses.slice(0, 12));
	// only the way back to the broker is swallowed for good: to it the old connection lives on
	const old = [...proxies.rmq.pairs];
	delete proxies.rmq.faults.up.strip;
	for (const pair of old) {
		pair.lanes.up.faults = { swallow: true };
		pair.client.destroy();
	}
	await pushAll('F', 1, statuses.slice(12), 12);
	await until('they are recorded', async () => await revisionOf('F', 1) === statuses.length, 30000);
	await exactly('F', 1, statuses);
	await proxies.rmq.pass();
});

row('40: the link is half-open, and pushes go into it', async () => {
	const statuses = alternating(30);
	await pushAll('L', 1, statuses.slice(0, 10));
	await until('they are recorded', async () => await revisionOf('L', 1) === 10);
	proxies.rmq.swallow('both');
	await pushAll('L', 1, statuses.slice(10), 10);
	await until('it is noticed', async () => /^rmq .*DOWN/m.test((await daemon.get('/readyz')).text), 20000);
	assert.equal(await revisionOf('L', 1), 10);
	await proxies.rmq.pass();
	await ready();
	await exactly('L', 1, statuses);
});

row('40: acknowledgements are lost, and chatterboxd is killed', async () => {
	const statuses = alternating(30);
	await recordedButNotAcknowledged('G', 1, statuses);
	daemon.program.child.kill('SIGKILL');
	await daemon.program.ended;
	await proxies.rmq.pass();
	proxies.rmq.cut();
	await daemon.start();
	await pushAll('G', 1, ['Completed'], 30);
	await until('the end', () => toldOfJob('G', 1).at(-1) === 'Completed', 30000);
	assert.deepEqual(toldOfJob('G', 1), [...statuses, 'Completed']);
});

row('40: a message of many jobs, some of which another message told of since', async () => {
	const texts = Array.from({ length: 50 }, (_, i) => job('H', i, 'Running'));
	proxies.rmq.strip(withoutAcks, 'up');
	await push(`[${texts.join(',')}]`, { messageId: 'all' });
	await push(`[${job('H', 3, 'Paused')},${job('H', 7, 'Paused')}]`, { messageId: 'two' });
	await published();
	await until('they are recorded', async () => await revisionOf('H', 7) === 2);
	await proxies.rmq.pass();
	await exactly('H', 3, ['Running', 'Paused']);
	await saidExactly('H', 7, ['Running', 'Paused']);
	await saidExactly('H', 4, ['Running']);
});

row('40: an old system_offline comes again', async () => {
	await pushAll('I', 1, ['Running']);
	await allTaken();
	const stateOf = async () => (await daemon.get('/api/v1/systems/I')).json.status;
	proxies.rmq.strip(withoutAcks, 'up');
	(await publisher()).publish('amq.topic', 'nl-hdms.event.control.system_offline', Buffer.from('"I"'));
	await published();
	await until('it is offline', async () => await stateOf() === 'offline');
	await pushAll('I', 1, ['Paused'], 1);
	await until('it is online', async () => await stateOf() === 'online');
	await until('that is recorded', async () => await revisionOf('I', 1) === 2);
	await proxies.rmq.pass();
	await exactly('I', 1, ['Running', 'Paused']);
	assert.equal(await stateOf(), 'online');
});

row('40: progress alone is remembered, too', async () => {
	await pushAll('J', 1, ['Running']);
	await allTaken();
	proxies.rmq.strip(withoutAcks, 'up');
	await pushAll('J', 1, ['Running', 'Running', 'Running'], 1);
	const downloaded = async () =>
		JSON.parse(await place.redis.hget(`${APP}:jobs:{J}`, '1') ?? '{}').downloaded;
	await until('progress', async () => await downloaded() === 3);
	await proxies.rmq.pass();
	await allTaken();
	assert.equal(await downloaded(), 3);
	assert.deepEqual(toldOfJob('J', 1), ['Running']);
});

/** A request by hand: how often nl-hdms was asked for @event, and its answer if it came */
async function order(method, params, properties = {}) {
	const request = { jsonrpc: '2.0', id: 1, method: `nl-ocd.content.job.${method}`, params };
	return (await rpc.send(JSON.stringify(request), properties, 30000)).body;
}
const asked = (event) => hdms.questions.filter((question) => question.event === event).length;
const onlyOrder = { system: 'K', job_id: 1 };

row('40: the broker closes the channel since an order takes long', async () => {
	await pushAll('K', 1, ['Running']);
	await allTaken();
	hdms.silent.add('K');
	const answer = order('pause', onlyOrder);
	await until('it is asked', () => asked('job_pause') === 1);
	// rpc_timeout is 5 s, longer than the broker's patience
	assert.equal((await answer).error.code, -32002);
	hdms.silent.delete('K');
	assert.equal(asked('job_pause'), 1);
});

row('40: an order whose acknowledgement is lost', async () => {
	const before = asked('job_resume');
	hdms.twists.set('K', (question, usual, send) => setTimeout(send, 1500, usual));
	// the acknowledgement of the request is the next that goes up after it
	const seen = proxies.rmq.once('down', 'nl-ocd.content.job.resume', (pair) => {
		pair.lanes.up.faults = { swallow: true };
		return true;
	});
	const answer = order('resume', onlyOrder);
	await seen.passed;
	await until('it is asked', () => asked('job_resume') === before + 1);
	for (const pair of [...proxies.rmq.pairs])
		if (pair.lanes.up.faults.swallow) pair.reset();
	assert.deepEqual((await answer).result, { ok: true });
	hdms.twists.delete('K');
	assert.equal(asked('job_resume'), before + 1);
});

row('54: an order of an hour ago', async () => {
	const before = asked('job_kill');
	const old = Math.floor(Date.now() / 1000) - 3600;
	const { error } = await order('kill', onlyOrder, { timestamp: old });
	assert.equal(error.code, -32002);
	assert.match(error.message, /3600 s old/);
	// nobody waits for the answer any more
	rpc.cast(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'nl-ocd.content.job.kill', params: onlyOrder }),
		{ timestamp: old, replyTo: 'amq.gen-gone' });
	assert.equal((await order('pauseAll', {}, { timestamp: old })).error.code, -32002);
	await until('they are refused', () =>
		daemon.program.lines.filter((line) => line.includes('refused: by its timestamp')).length === 3);
	assert.equal(asked('job_kill'), before);
	assert.deepEqual((await order('kill', onlyOrder, { timestamp: old + 3590 })).result, { ok: true });
	assert.equal(asked('job_kill'), before + 1);
});
