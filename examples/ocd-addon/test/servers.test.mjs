// SPDX-License-Identifier: MIT
// servers.test.mjs - an addon that observes a chatterboxd, while their servers die and come back

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Daemon } from '../../../tests/servers/e2e/daemon.mjs';
import { Hdms } from '../../../tests/servers/e2e/hdms.mjs';
import { Place, patience, servers, until } from '../../../tests/servers/e2e/place.mjs';
import { Chatterbox } from '../lib/index.mjs';
import { job } from './both.mjs';

const SYSTEM = 'ABC1';
let place;
let daemon;
let hdms;
let box;

before(async () => {
	place = await Place.open('addon', 12);
	hdms = await Hdms.open(place);
	hdms.set(SYSTEM, job(SYSTEM, 1, 'Running'));
	daemon = await Daemon.prepare(place, { rmq_rpc: { rpc_timeout: '20s' } });
	await place.online([SYSTEM]);
	await daemon.start();
	box = await Chatterbox.open(JSON.parse(await readFile(daemon.file, 'utf8')));
	await until('its job is shown', async () => (await box.activeJobs()).length === 1);
});

after(async () => {
	await box?.close();
	await daemon?.stop();
	await hdms?.close().catch(() => {});
	await place?.close();
});

const step = (title, fn) => test(title, { timeout: 90000 * patience }, fn);

step('it observes: it says who leads, and has no queue of its own to consume', async () => {
	assert.equal(box.role, 'observer');
	await until('it says who leads', async () => /./.test((await box.summary()).leader ?? ''));
	const { ready, alive, text } = box.health();
	assert.equal(ready, true, text);
	assert.equal(alive, true);
	assert.match(box.metrics(), /^chatterbox_server_up\{server="redis"\} 1$/m);
	const consumers = (await servers('rabbitmqctl', 'list_queues', '-p', place.vhost, '--silent', 'name', 'consumers'))
		.split('\n').filter((line) => line.startsWith('nl-ocd-chatterbox'));
	assert.deepEqual(consumers.map((line) => line.split('\t')[1]), ['1', '1'], 'chatterboxd alone consumes');
});

step('a broker that is killed during an await: the promise fails, and names who', async () => {
	hdms.silent.add(SYSTEM);
	const since = Date.now();
	const order = box.kill(SYSTEM, 1);
	order.catch(() => {});
	await hdms.question('it is under way', ({ event }) => event === 'job_kill', since);
	await servers('kill', 'rmq');
	await assert.rejects(order, (error) => {
		assert.match(error.code, /^CHATTERBOX_E_(DOWN|TIMEOUT)$/);
		assert.match(error.server, /^(rmq|leader)$/);
		return true;
	});
	await until('it is not ready', () => !box.health().ready);
	await assert.rejects(box.pause(SYSTEM, 1), { code: 'CHATTERBOX_E_DOWN', server: 'rmq' });
	assert.equal((await box.activeJobs()).length, 1, 'reads go on');
	await servers('up', 'rmq');
	hdms.silent.clear();
	await hdms.connect();
	await until('orders reach the system again', async () => {
		await box.pause(SYSTEM, 1);
		return true;
	}, 60000);
});

step('a Redis that is killed during an iteration: it goes on where it was, nothing is missing', async () => {
	const seen = [];
	const iteration = (async () => {
		for await (const event of box.events({ since: '0-0', names: ['update_job_status', 'lost'] })) {
			seen.push(event.name === 'lost' ? 'lost' : event.data.status);
			if (event.data.status === 'Last') return;
		}
	})();
	hdms.set(SYSTEM, job(SYSTEM, 1, 'First'));
	await until('the first is seen', () => seen.includes('First'));
	await servers('kill', 'redis');
	await until('it is not ready', () => !box.health().ready);
	await assert.rejects(box.internalSystems.list(), { code: 'CHATTERBOX_E_DOWN', server: 'redis' });
	hdms.set(SYSTEM, job(SYSTEM, 1, 'Meanwhile'));
	await until('it is recorded', async () =>
		(await place.rows('select status from status_monitor'))[0].status === 'Meanwhile');
	await servers('up', 'redis');
	await until('it is seen', () => seen.includes('Meanwhile') || seen.includes('lost'), 60000);
	hdms.set(SYSTEM, job(SYSTEM, 1, 'Last'));
	await iteration;
	if (!seen.includes('lost')) // a Redis that kept its data has lost nothing
		assert.deepEqual(seen.filter((status, at) => seen.indexOf(status) === at).slice(-3),
			['First', 'Meanwhile', 'Last']);
	await until('reads show it', async () => (await box.activeJobs())[0]?.status === 'Last', 30000);
});

step('a server that never answers: open() fails by name, or by the signal', async () => {
	const config = JSON.parse(await readFile(daemon.file, 'utf8'));
	const nobody = { ...config, redis: { ...config.redis, port: 1 } };
	await assert.rejects(Chatterbox.open({ ...nobody, chatterbox: { startup_timeout: 1 } }),
		{ code: 'CHATTERBOX_E_DOWN', server: 'redis' });
	await assert.rejects(Chatterbox.open(nobody, { signal: AbortSignal.timeout(500) }), { name: 'TimeoutError' });
});
