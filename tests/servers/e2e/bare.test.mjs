// SPDX-License-Identifier: MIT
// bare.test.mjs - with rmq_rpc.envelope "bare" everything that chatterbox sends is params alone
//
// Each of its questions and events is seen once in this form; an RPC is answered in the form of its
// request, whatever the envelope is.

import assert from 'node:assert/strict';
import { until } from './place.mjs';
import { Rpc } from './rpc.mjs';
import { seen } from './schema.mjs';
import { A17, A18, B5, daemon, hdms, listener, place, setting, shows, step, told, withStatus }
	from './story.mjs';
import { APP } from './wire.mjs';

setting('bare', 7, { rmq_rpc: { envelope: 'bare' } });

step('questions and first words are bare', async () => {
	await daemon.start();
	const list = await hdms.question('job_list', (q) => q.event === 'job_list' && q.system === 'E2E1');
	assert.deepEqual(list.body, { verb: { event_category: 'request_system', event: 'job_list' },
		object: { systems: [{ system: 'E2E1' }] }, target: { system: 'E2E1' } });
	const status = await hdms.question('job_status', (q) => q.event === 'job_status'
		&& q.system === 'E2E2');
	assert.deepEqual(status.body, { verb: { event_category: 'request_system', event: 'job_status' },
		object: { systems: [{ system: 'E2E2', jobs: [5] }] }, target: { system: 'E2E2' } });
	for (const [id, text] of [['E2E1/17/1', A17], ['E2E1/18/1', A18], ['E2E2/5/1', B5]]) {
		const message = await told(id);
		assert.equal(message.text, text);
		assert.equal(message.key, `${APP}.event.update_job_status`);
		assert.equal(message.properties.type, message.key, 'what the envelope would say');
	}
	await shows('E2E1', 17, A17);
});

step('a paused group and a user\'s error, both told bare, both pushed', async () => {
	const b5 = withStatus(B5, 'Paused');
	hdms.set('E2E2', b5);
	await hdms.emit('nl-hdms.event.content.job_status', b5);
	const group = await until('the status event', () => listener.of('status')[0]);
	assert.deepEqual(group.body, { system_id: 'E2E2', paused: true, job_type: 'lists' });
	const e17 = withStatus(A17, 'Errored');
	hdms.set('E2E1', e17, A18);
	await hdms.emit('nl-hdms.event.content.job_status', `[${e17}]`);
	const errors = await until('user_job_errors', () => listener.of('user_job_errors')[0]);
	assert.deepEqual({ ...errors.body[0], time: 0 }, { system: 'E2E1', job_id: 17, job_type: 'lists',
		code: 'errored', message: 'Errored', time: 0 });
});

step('commands are asked bare, and each RPC is answered in the form of its request', async () => {
	for (const envelope of ['jsonrpc', 'bare']) {
		const rpc = await Rpc.open(place, envelope);
		for (const [name, event] of [['pause', 'job_pause'], ['resume', 'job_resume'], ['kill', 'job_kill']]) {
			const since = Date.now();
			assert.deepEqual(await rpc.get(name, { system: 'E2E1', job_id: 18 }), { ok: true });
			const q = await hdms.question(event, (x) => x.event === event, since);
			assert.deepEqual(q.body, { verb: { event_category: 'request_system', event },
				object: { systems: [{ system: 'E2E1', jobs: [18] }] }, target: { system: 'E2E1' } });
			assert.ok(Number(q.properties.expiration) > 2000, 'rpc_timeout, not poll_timeout');
		}
		await rpc.refused(-32001, 'kill', { system: 'E2E1', job_id: 4711 });
		await rpc.close();
	}
});

step('the minute\'s events are bare', async () => {
	const data = await until('jobs_data', () => listener.of('jobs_data').at(-1), 75000);
	await until('Redis has it', async () => await place.redis.get(`${APP}:jobs_data`) === data.text);
	assert.equal(data.body.job_count, 2);
	const [chunk] = await until('job_status', () => listener.of('job_status').length
		&& listener.of('job_status'));
	assert.equal(chunk.body.length, 2);
});

step('every message that chatterbox sends was seen, bare only', async () => {
	for (const name of ['ask.job_status', 'ask.job_list', 'ask.job_pause', 'ask.job_resume', 'ask.job_kill',
		'event.update_job_status', 'event.status', 'event.user_job_errors', 'event.job_status',
		'event.jobs_data']) {
		assert.ok(seen.get(`${name} bare`), name);
		assert.equal(seen.get(`${name} jsonrpc`), undefined, name);
	}
});
