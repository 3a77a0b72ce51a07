// SPDX-License-Identifier: MIT
// topology.test.mjs - row 45: others delete what we declared, or consume what is ours
//
// The exchange is one of our own, since amq.* can't be deleted; what is told there reaches the
// listener of the kit by a binding between the two exchanges.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { servers } from '../servers/e2e/place.mjs';
import { QUEUE } from '../servers/e2e/rpc.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { Proxy } from './proxy.mjs';
import { change, daemon, hdms, job, nothingLost, place, ready, row, setting, statusOf, told, until }
	from './rows.mjs';

const EXCHANGE = 'cbx.events';
const EVENTS = `${APP}.default.event`;
const PUSH = 'nl-hdms.event.content.job_status';
const KEYS = ['nl-hdms.event.control.system_online', 'nl-hdms.event.control.system_offline', PUSH,
	'nl-ocd.event.update_time_till_next_check', 'nl-ocd.event.update_database'];

const toListener = () => hdms.channel.bindExchange('amq.topic', EXCHANGE, '#');

async function makeExchange() {
	await hdms.channel.assertExchange(EXCHANGE, 'topic', { durable: true });
	await toListener();
}

let proxy; // before the broker

setting('topology', 11, ['T1', 'T2'], async () => {
	await makeExchange();
	// a push is what must arrive: no round asks meanwhile
	proxy = await Proxy.open(place.rmqPort);
	return { rmq: { port: proxy.port }, rmq_rpc: { event_exchange: EXCHANGE }, check_job_status_time: 600 };
});
after(() => proxy?.close());

let status = 'Running';

/** A push is sent until it is received, as nobody knows when it is bound again: within 20 s */
async function pushesArrive() {
	status = status === 'Paused' ? 'Running' : 'Paused';
	const id = await change('T1', status);
	await until('a push is received', async () => {
		hdms.channel.publish(EXCHANGE, PUSH, Buffer.from(job('T1', 1, status)));
		return await statusOf('T1') === status;
	}, 20000);
	return id;
}

const warned = (what) => daemon.program.lines.some((line) => line.includes('"level":40') && what.test(line));

row('45: the exchange is deleted, and made again by others without our bindings', async () => {
	await hdms.channel.deleteExchange(EXCHANGE);
	await makeExchange();
	await told(await pushesArrive(), 20000);
	await ready();
});

row('45: the exchange is deleted: it is made again, and what waits is told', async () => {
	await hdms.channel.deleteExchange(EXCHANGE);
	await until('it is there again', async () => (await servers('rabbitmqctl', 'list_exchanges', '-p',
		place.vhost, 'name')).split('\n').includes(EXCHANGE), 20000);
	await toListener();
	await until('a warning', () => warned(/cbx\.events was gone/));
	await told(await pushesArrive(), 20000);
	await ready();
});

row('45: our bindings are removed', async () => {
	for (const key of KEYS) await hdms.channel.unbindQueue(EVENTS, EXCHANGE, key);
	await told(await pushesArrive(), 20000);
});

row('45: our queues are purged and deleted', async () => {
	await hdms.channel.purgeQueue(EVENTS);
	for (const queue of [EVENTS, QUEUE]) await hdms.channel.deleteQueue(queue);
	await told(await pushesArrive(), 20000);
	await until('a warning', () => warned(/nl-ocd-chatterbox\.default\.event was gone/));
	await ready();
});

/** queue.declare of @name, durable and not passive, as it is sent */
const making = (name) => Buffer.concat([Buffer.from([0, 50, 0, 10, 0, 0, name.length]), Buffer.from(name), Buffer.from([2])]);

row('45: others make our queues, as quorum queues, at the very moment when we do', async () => {
	const made = [EVENTS, QUEUE].map((queue) => proxy.once('up', making(queue), () =>
		hdms.channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })).passed);
	for (const queue of [EVENTS, QUEUE]) await hdms.channel.deleteQueue(queue);
	await Promise.all(made);
	await told(await pushesArrive(), 20000);
	await ready();
	const lines = (await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, 'name', 'type')).split('\n');
	for (const queue of [EVENTS, QUEUE]) assert.ok(lines.includes(`${queue}\tquorum`), lines.join('\n'));
	assert.ok(!daemon.program.lines.some((line) => line.includes('PRECONDITION_FAILED')));
});

row('45: a stranger consumes our queues: warned of, and shown until it goes', async () => {
	assert.equal(await daemon.metric('chatterbox_foreign_consumers'), 0);
	const tags = [];
	for (const queue of [EVENTS, QUEUE])
		tags.push((await hdms.channel.consume(queue, () => {})).consumerTag);
	await until('both are shown', async () => await daemon.metric('chatterbox_foreign_consumers') === 2, 20000);
	const { status: code, text } = await daemon.get('/readyz');
	assert.equal(code, 200);
	assert.match(text, /2 consumers of others/);
	await until('a warning', () => warned(/consumers of others/));
	assert.equal(daemon.program.lines.filter((line) => /"level":40.*consumers of others/.test(line)).length, 1);
	for (const tag of tags) await hdms.channel.cancel(tag);
	await until('none is shown', async () => await daemon.metric('chatterbox_foreign_consumers') === 0, 20000);
	await until('/readyz is silent', async () => !/of others/.test((await daemon.get('/readyz')).text));
});

row('45: afterwards nothing is lost', () => nothingLost());
