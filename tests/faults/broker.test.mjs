// SPDX-License-Identifier: MIT
// broker.test.mjs - rows 2, 8, 11 and 16: RabbitMQ takes no messages, loses queues, brings poison
//
// The broker stays up all the time. What it does not take waits in the outbox, what it deletes is
// declared again, and what nobody can read is refused without costing memory or its neighbours.

import assert from 'node:assert/strict';
import { servers } from '../servers/e2e/place.mjs';
import { QUEUE } from '../servers/e2e/rpc.mjs';
import { APP, readStream } from '../servers/e2e/wire.mjs';
import { change, daemon, grown, hdms, job, listener, memory, nothingLost, patience, place, readsGoOn, ready,
	row, setting, rpc, statusOf, told, until } from './rows.mjs';

const MANY = Array.from({ length: 40 }, (_, i) => `B2-${i}`);
const EVENTS = `${APP}.default.event`;
const PUSH = 'nl-hdms.event.content.job_status';
const MIB = 1024 * 1024;

setting('broker', 12, [...MANY, 'R8', 'R11', 'R16', 'GOOD'], { rmq_rpc: { poll_timeout: '15s', rpc_timeout: '15s' } });

const watermark = (value) => servers('rabbitmqctl', 'set_vm_memory_high_watermark', value);
const pending = () => daemon.metric('chatterbox_outbox_pending');

const answers = async (system) =>
	(await rpc.call('status', { system })).result?.jobs?.length === 1;

row('2: a memory alarm: nothing hangs, the outbox waits, and all is told afterwards', async () => {
	let reconnects;
	try {
		// changes that are in the queue before the broker stops taking messages
		daemon.program.child.kill('SIGSTOP');
		for (const system of MANY) {
			hdms.set(system, job(system, 1, 'Paused'));
			await hdms.notify(PUSH, job(system, 1, 'Paused'));
		}
		await watermark('0.00000001');
		daemon.program.child.kill('SIGCONT');
		for (const system of MANY)
			await until(`${system} is recorded`, async () => await statusOf(system) === 'Paused', 20000);
		await until('the outbox grows', async () => await pending() >= MANY.length, 20000);
		// it may have been frozen for longer than its heartbeats last
		reconnects = await daemon.metric('chatterbox_reconnects_total', 'rmq');
		for (let i = 0; i < 3; i++) {
			await readsGoOn();
			// a poller that waited for the broker would not answer before it takes messages again
			const { status, text } = await daemon.get('/api/v1/interval', { method: 'PUT',
				headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' },
				body: '{"seconds":1}', signal: AbortSignal.timeout(10000 * patience) });
			assert.equal(status, 200, text);
		}
		await until('/readyz says so', async () => {
			const { status, text } = await daemon.get('/readyz');
			if (status !== 503 || !/^rmq .*DOWN.*takes no messages/m.test(text)) throw new Error(text);
			return true;
		});
		await until('server_up is 0', async () => await daemon.metric('chatterbox_server_up', 'rmq') === 0);
	} finally {
		daemon.program.child.kill('SIGCONT');
		await watermark('0.8');
	}
	await ready();
	await told(await change('GOOD', 'Paused'), 30000);
	for (const system of MANY) await told(`${system}/1/2`);
	assert.equal(await daemon.metric('chatterbox_reconnects_total', 'rmq'), reconnects);
	assert.equal(await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"'), 0);
	await nothingLost();
});

row('8: deleted queues are declared again, and what comes next is heard', async () => {
	for (const queue of [EVENTS, QUEUE]) {
		await hdms.channel.deleteQueue(queue);
		await until(`${queue} is there again`, async () => (await servers('rabbitmqctl', 'list_queues',
			'-p', place.vhost, 'name', 'consumers')).includes(`${queue}\t1`), 20000);
	}
	await hdms.notify(PUSH, job('R8', 1, 'Paused'));
	hdms.set('R8', job('R8', 1, 'Paused'));
	await told('R8/1/2');
	assert.ok(await answers('R8'), 'requests are answered');
	// its own reply queue: exclusive, so that only the broker itself can take it away
	const names = async () => (await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, 'name'))
		.split('\n').filter((name) => name.startsWith('amq.gen'));
	const reply = hdms.questions.at(-1).properties.replyTo;
	assert.ok((await names()).includes(reply), reply);
	await servers('rabbitmqctl', 'delete_queue', '-p', place.vhost, reply);
	await until('another reply queue', () => hdms.questions.at(-1).properties.replyTo !== reply);
	await told(await change('R8', 'Running'));
	await ready();
});

row('8: without the queue of nl-hdms a question is an error, and nobody is blamed', async () => {
	const errors = ['chatterbox_rpc_requests_total', 'outcome="error"'];
	const before = await daemon.metric(...errors);
	await hdms.channel.deleteQueue('nl-hdms.request');
	await grown(...errors, before, 3);
	assert.equal((await daemon.get('/api/v1/systems/R8')).json.status, 'online');
	assert.equal(await statusOf('R8'), 'Running');
	await hdms.close();
	await hdms.connect();
	await told(await change('R8', 'Paused'), 30000);
});

async function queuesAreEmpty() {
	await until('the queues are empty', async () => {
		const text = await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, 'name', 'messages');
		for (const name of [EVENTS, QUEUE])
			if (!text.includes(`${name}\t0`)) throw new Error(text);
		return true;
	}, 30000);
}

let good = 'Running';

/** An answer, a push and a request that come behind the poison are heard */
async function othersGoOn() {
	good = good === 'Paused' ? 'Running' : 'Paused';
	await told(await change('R11', good), 30000);
	const id = await change('GOOD', good === 'Paused' ? 'Verifying' : 'Running');
	await hdms.notify(PUSH, hdms.systems.get('GOOD').get(1));
	await told(id, 30000);
	assert.ok(await answers('GOOD'));
}

/**
 * A connection whose header `nested` is that many arrays, one in another: the client can't write
 * that deep, so that it writes a text of the same length, which becomes them on its way
 */
async function nesting(levels) {
	const connection = await place.connect({ frameMax: 131072 });
	const text = Buffer.alloc(5 * levels, '~');
	const arrays = Buffer.alloc(5 * levels);
	for (let i = 0; i < levels; i++) {
		arrays.write('A', 5 * i);
		arrays.writeUInt32BE(5 * (levels - i - 1), 5 * i + 1);
	}
	const { stream } = connection.connection;
	const write = stream.write.bind(stream);
	stream.write = (chunk, ...rest) => {
		const at = chunk.indexOf(text);
		if (at >= 0) {
			chunk.write('A', at - 5);
			arrays.copy(chunk, at);
			nested += 1;
		}
		return write(chunk, ...rest);
	};
	let nested = 0;
	return { channel: await connection.createConfirmChannel(), headers: { nested: text.toString() },
		close: () => connection.close(), count: () => nested };
}

row('11: bodies of 100 MiB and half a million levels cost neither memory nor neighbours', async () => {
	const { most } = await memory();
	const huge = Buffer.alloc(100 * MIB, '[');
	const deep = Buffer.alloc(MIB / 2, '[');
	const replyTo = hdms.questions.at(-1).properties.replyTo;
	for (const content of [huge, deep]) {
		for (const queue of [EVENTS, QUEUE, replyTo]) hdms.channel.sendToQueue(queue, content);
		await othersGoOn();
	}
	await queuesAreEmpty();
	const grew = (await memory()).most - most;
	assert.ok(grew < 24, `its memory grew by ${grew} MiB`);
});

row('11: twelve thousand nested arrays in a header', async () => {
	const { channel, headers, close, count } = await nesting(12000);
	try {
		const replyTo = hdms.questions.at(-1).properties.replyTo;
		for (const queue of [EVENTS, QUEUE, replyTo])
			channel.sendToQueue(queue, Buffer.from('{}'), { headers });
		await channel.waitForConfirms();
		assert.equal(count(), 3);
		await othersGoOn();
		await queuesAreEmpty();
	} finally {
		await close();
	}
});

const CORPUS = ['', ' ', 'null', 'true', '0', '[]', '{}', '"x"', '{', '[{', '}{', '\u0000', '\ufeff{}',
	'{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","method":1}', '{"jsonrpc":"2.0","method":"x","params":7}',
	'{"jsonrpc":"2.0","params":[[[]]]}', '{"system":""}', '{"system":"a/b","job_id":1,"status":"Running"}',
	'[{"system":"GOOD","job_id":1e99,"status":"x"}]', '{"info":"\\"-1\\""}', '{"info":{}}', 'NaN',
	'{"a":'.repeat(70) + '1' + '}'.repeat(70), '1'.repeat(100000), '{"id":null,"method":"","jsonrpc":"1"}'];

row('16: what can not be understood is rejected once, on every queue', async () => {
	const replyTo = hdms.questions.at(-1).properties.replyTo;
	const rejected = ['chatterbox_events_consumed_total', 'outcome="rejected"'];
	const before = await daemon.metric(...rejected);
	for (const text of CORPUS) {
		for (const queue of [EVENTS, QUEUE, replyTo]) hdms.channel.sendToQueue(queue, Buffer.from(text));
		for (const key of [PUSH, 'nl-hdms.event.control.system_online',
			'nl-ocd.event.update_time_till_next_check', 'unknown.key'])
			hdms.channel.publish('amq.topic', key, Buffer.from(text), { headers: { spoilt: 'any' } });
	}
	await othersGoOn();
	await queuesAreEmpty();
	await grown(...rejected, before, CORPUS.length);
	await nothingLost();
});

const limit = (bytes) => servers('rabbitmqctl', 'eval',
	`application:set_env(rabbit, max_message_size, ${bytes}).`);

/** A channel keeps the limit that it was opened with: chatterboxd's connection for events anew */
async function reconnected() {
	const before = await daemon.metric('chatterbox_reconnects_total', 'rmq');
	const list = await servers('rabbitmqctl', 'list_connections', 'vhost', 'pid', 'client_properties');
	const [, pid] = list.split('\n').map((line) => line.split('\t')).find(([vhost, , properties]) =>
		vhost === place.vhost && properties.includes(`${APP} events out`));
	await servers('rabbitmqctl', 'close_connection', pid, 'the test');
	await grown('chatterbox_reconnects_total', 'rmq', before);
}

// the last one, since the broker is never told of one revision
row('16: an event that is larger than the broker takes holds up nobody', async () => {
	const given = ['chatterbox_events_published_total', 'event="update_job_status",outcome="too_large"'];
	const before = await daemon.metric(...given);
	await limit(20000);
	try {
		await reconnected();
		// a small one before it, the large one, and small ones behind it: of other jobs, and of its own
		const first = await change('R11', 'Verifying');
		const large = await change('R16', 'Paused');
		hdms.set('R16', job('R16', 1, 'Paused', `,"note":"${'x'.repeat(30000)}"`));
		const behind = await change('GOOD', 'Paused');
		await grown(...given, before, 1, 30000);
		await told(first);
		await told(behind);
		await told(await change('R16', 'Running'), 30000);
		assert.equal(listener.of('update_job_status')
			.filter(({ properties }) => properties.messageId === large).length, 0);
		await until('the stream has it', async () => (await readStream(place.redis)).some(({ id }) => id === large));
		await until('the log names it', () => daemon.program.tail(400).includes(large));
		await place.emptyOutbox();
		await ready();
	} finally {
		await limit(134217728);
	}
});
