// SPDX-License-Identifier: MIT
// crowd.test.mjs - row 39: thousands of systems at once after an outage
//
// The window bounds what is asked at a time, whatever waits: nl-hdms is never asked more than that
// at once, and chatterboxd answers its own clients meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Place, sleep, until } from '../servers/e2e/place.mjs';
import { Sim } from '../servers/e2e/sim.mjs';
import { Proxy } from './proxy.mjs';

const COUNT = 3000;
const WINDOW = 64;
let place;
let proxy;
let daemon;
let sim;

before(async () => {
	place = await Place.open('crowd', 15);
	proxy = await Proxy.open(place.rmqPort);
	daemon = await Daemon.prepare(place, { check_job_status_time: 10, log: { level: 'info' },
		rmq: { port: proxy.port }, rmq_rpc: { in_flight: WINDOW, poll_timeout: '30s', rpc_timeout: '30s' } });
	sim = await Sim.start(place, daemon.dir, COUNT, ['--rate', '0']);
	await daemon.migrate();
	await place.online(sim.systems);
	await daemon.start();
});

after(async () => {
	await sim?.program.stop();
	const code = await daemon?.stop();
	await proxy?.close();
	await place?.close();
	assert.equal(code, 0, daemon?.program?.tail());
});

test(`39: ${COUNT} systems are asked again after an outage, a window of them at a time`, async () => {
	const answered = () => daemon.metric('chatterbox_rpc_requests_total', 'outcome="ok"');
	await until('all have answered', async () => await answered() >= COUNT, 60000);
	await proxy.refuse();
	await until('the broker is down', async () => (await daemon.get('/readyz')).status === 503);
	await sleep(3000); // a round is due by now, and the outage goes on
	const earlier = await answered();
	await proxy.pass();
	let most = 0;
	const times = [];
	await until('all have answered again', async () => {
		const start = performance.now();
		most = Math.max(most, await daemon.metric('chatterbox_rpc_in_flight'));
		times.push(performance.now() - start);
		return await answered() >= earlier + COUNT;
	}, 90000);
	times.sort((a, b) => a - b);
	console.log(`at most ${most} at once, /metrics answered within ${Math.round(times.at(-1))} ms`);
	assert.ok(most <= WINDOW && most > 0);
	// mostly: a busy machine may let one wait
	assert.ok(times[times.length >> 1] < 2000, `${times.map(Math.round)} ms`);
	assert.equal(await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"'), 0);
	assert.equal(await daemon.metric('chatterbox_live_jobs'), (await sim.truth()).size || 0);
});
