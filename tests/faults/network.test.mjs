// SPDX-License-Identifier: MIT
// network.test.mjs - rows 1, 3 and 4: the broker restarts in mid round, links are half-open or slow
//
// Each server stands behind a proxy. A dead link is noticed within 15 s whether chatterboxd sends or
// waits there, and a slow one makes rounds longer and rarer, never more of them at once.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { servers } from '../servers/e2e/place.mjs';
import { Proxy } from './proxy.mjs';
import { allTold, changeAll, daemon, hdms, job, listener, nothingLost, readsGoOn, ready, row, rpc,
	setting, status, until } from './rows.mjs';

const SYSTEMS = Array.from({ length: 30 }, (_, i) => `N${i}`);
const NOTICED = 15000; // ms
const proxies = {};

setting('network', 15, SYSTEMS, () => ({ redis: { port: proxies.redis.port },
	rmq: { port: proxies.rmq.port }, sequelize: { port: proxies.sql.port },
	rmq_rpc: { poll_timeout: '15s', rpc_timeout: '15s' }, load: { max_interval: 20 } }), async () => {
	for (const [name, port] of [['redis', 'REDIS'], ['rmq', 'RMQ'], ['sql', 'PG']])
		proxies[name] = await Proxy.open(Number(process.env[`CBX_TEST_${port}_PORT`]));
	return {};
});
after(async () => { for (const proxy of Object.values(proxies)) await proxy.close(); });

/** How late our own timers are: a busy machine makes chatterboxd's as late */
function lateness() {
	let last = Date.now();
	let late = 0;
	const timer = setInterval(() => {
		late += Math.max(0, Date.now() - last - 150);
		last = Date.now();
	}, 100);
	return () => {
		clearInterval(timer);
		return late;
	};
}

/** How long until /readyz says that @name is down, and the others are not; a second is for asking it */
async function noticed(name) {
	const start = Date.now();
	const late = lateness();
	await until(`${name} is down`, async () => {
		const { status: code, text } = await daemon.get('/readyz');
		const lines = text.split('\n').filter((line) => line.includes('DOWN'));
		return code === 503 && lines.length > 0 && lines.every((line) => line.startsWith(name));
	}, NOTICED);
	const took = Date.now() - start;
	const most = NOTICED + 1000 + late();
	assert.ok(took <= most, `${name}: noticed after ${took} ms, not within ${most}`);
	return took;
}

row('1: the broker restarts in the middle of a round', async () => {
	for (let i = 0; i < 2; i++) {
		const held = SYSTEMS.slice(0, 10);
		for (const system of held) hdms.twists.set(system, () => {});
		await hdms.question('a question that waits', (q) => held.includes(q.system), Date.now());
		const before = await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"');
		await servers('kill', 'rmq');
		await noticed('rmq');
		await readsGoOn();
		assert.equal(await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"'), before,
			'a round that was cut blames nobody');
		hdms.twists.clear();
		await servers('up', 'rmq');
		await until('the clients are back', async () => {
			await hdms.connect();
			await listener.connect();
			await rpc.connect(hdms.place);
			return true;
		}, 30000);
		await ready();
		await allTold(await changeAll(SYSTEMS), 40000);
	}
	await nothingLost();
});

for (const name of ['redis', 'rmq', 'sql'])
	row(`3: the link to ${name} is half-open: noticed in time, and made anew`, async () => {
		const ids = await changeAll(SYSTEMS); // it sends, and it waits
		proxies[name].swallow('both');
		console.log(`${name}: noticed within ${await noticed(name)} ms`);
		await readsGoOn();
		await proxies[name].pass();
		await ready(30000);
		await allTold(ids, 40000);
	});

row('3: the broker takes no bytes any more', async () => {
	const ids = await changeAll(SYSTEMS);
	proxies.rmq.stall('both');
	console.log(`rmq, stalled: noticed within ${await noticed('rmq')} ms`);
	await readsGoOn();
	proxies.rmq.cut();
	await proxies.rmq.pass();
	await ready(30000);
	await allTold(ids, 40000);
});

row('4: a slow link: rounds take longer and come more rarely, and nobody times out', async () => {
	const summary = async () => (await daemon.get('/api/v1/summary')).json;
	for (const system of SYSTEMS)
		hdms.set(system, job(system, 1, status, `,"pad":"${'x'.repeat(5000)}"`));
	const before = await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"');
	proxies.rmq.slow(125000); // 1 Mbit/s
	await until('rounds are spread out', async () => {
		const { interval } = await summary();
		return interval.under_load && interval.reason === 'cycle' && interval.current >= 1.5;
	}, 30000);
	await readsGoOn();
	assert.ok(await daemon.metric('chatterbox_rpc_in_flight') <= SYSTEMS.length, 'one round at a time');
	assert.equal(await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"'), before);
	await proxies.rmq.pass();
	for (const system of SYSTEMS) hdms.set(system, job(system, 1, status));
	await until('back to the base', async () => (await summary()).interval.current === 1, 30000);
	await allTold(await changeAll(SYSTEMS), 40000);
	await nothingLost();
});
