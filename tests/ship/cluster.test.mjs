// SPDX-License-Identifier: MIT
// Redis Cluster: a master dies, and its replica takes over; a planned switch; slots move, with their keys, while all runs;
// one master loses what it held. Nothing is lost.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Rig } from '../faults/rig.mjs';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Place, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { EVENTS, OwnCluster } from './own_cluster.mjs';
import { machine } from './root.mjs';

const CTL = join(dirname(process.env.CBX_E2E_DAEMON), '../chatterboxctl/chatterboxctl');

let own;
let slot; // of the stream

before(async () => {
	own = await OwnCluster.open();
	slot = await own.slot(EVENTS);
});
after(() => own?.close());

const play = (name, trouble) => Rig.run(name, 0, { daemons: 2, place: own.place, config: { redis: own.config } },
	async (rig) => {
		await rig.more(200);
		await trouble(rig);
		await own.whole();
		await rig.more(200);
	});

/** @trouble with the master of the stream, after which another one has it; how long until then, and without a change */
async function during(rig, what, master, trouble) {
	const since = Date.now();
	await trouble();
	const promoted = await own.promoted(slot, master, since);
	rig.recorder.turn(); // what the old one had told alone is told again
	for (const daemon of rig.daemons) await daemon.ready(30000);
	const ready = Date.now() - since;
	await rig.more(100);
	console.log(`${what}: another master after ${promoted} ms, ready after ${ready} ms, at most ${
		await rig.silence(since)} s without a change`);
}

test('a master dies', () => play('cluster', async (rig) => {
	for (let i = 0; i < 2; i++) {
		const master = await own.holds(slot);
		await during(rig, 'killed', master, () => master.kill());
		await own.back(master);
		await rig.more(100);
	}
}));

test('a planned switch', () => play('planned', async (rig) => {
	const master = await own.holds(slot);
	const replica = await own.replicaOf(master);
	await during(rig, 'switched', master, () => own.ask(replica, 'cluster', 'failover'));
}));

test('slots move while all runs', () => play('reshard', async (rig) => {
	const since = Date.now();
	const from = await own.holds(slot);
	const to = await own.holds((slot + 8000) % 16384);
	await own.reshard(from, to, 1500);
	await rig.more(100);
	await own.reshard(to, from, 1500);
	await rig.more(100);
	// the stream's own, which is at both for a while
	const half = () => rig.more(20);
	await own.moveSlot(slot, from, to, half);
	assert.equal(await own.holds(slot), to);
	await rig.more(100);
	await own.moveSlot(slot, to, from, half);
	await rig.more(100);
	console.log(`3002 slots moved: at most ${await rig.silence(since)} s without a change`);
}));

test('a master loses all that it held', () => play('part', async (rig) => {
	const other = await own.holds((slot + 8000) % 16384); // not the stream's, which is nobody's to empty
	await own.ask(other, 'flushall');
	await until('it has its hashes again', async () => Number((await own.ask(other, 'dbsize'))[0]) > 10, 30000);
}));

/** What it finds; that is not nothing, so it ends with 1 */
const doctor = (daemon) => machine('sh', '-c', '"$0" --url "$1" doctor || [ $? = 1 ]', CTL,
	`http://127.0.0.1:${daemon.port}`);

test('an operator is told what it is, and what to set', async () => {
	const place = await Place.open('told', 0, own.place);
	const said = async (redis) => {
		const daemon = await Daemon.prepare(place, { redis });
		const code = await daemon.once('--check-config', '--connect');
		return { code, text: daemon.program.lines.join('\n') };
	};
	try {
		const { config } = own;
		await (await Daemon.prepare(place, { redis: config })).migrate();
		const whole = await said(config);
		assert.match(whole.text, /redis is a cluster of 3 masters with 3 replicas: (127\.0\.0\.1:\d+ \(\d+ slots\) ?){3}/);
		assert.match(whole.text, /redis cluster at 127\.0\.0\.1:\d+: ok/);
		const alone = await said({ username: config.username, password: config.password });
		assert.equal(alone.code, 78, alone.text);
		assert.match(alone.text, /set redis\.cluster to true/);
		const db = await said({ ...config, db: 3 });
		assert.equal(db.code, 78, db.text);
		assert.match(db.text, /redis\.db: got 3, takes 0/);
		const [server] = own.servers;
		await own.ask(server, 'acl', 'setuser', 'chatterbox', '-cluster|slots');
		const lacks = await said({ ...config, cluster: [{ host: '127.0.0.1', port: server.port }] });
		await own.ask(server, 'acl', 'setuser', 'chatterbox', '+cluster|slots');
		assert.equal(lacks.code, 78, lacks.text);
		assert.match(lacks.text, /SECURITY\.md/);
	} finally {
		await place.close();
	}
});

test('another client of the cluster reads what was written; a slot that nobody serves is named', async () => {
	const place = await Place.open('others', 0, own.place);
	const daemon = await Daemon.prepare(place, { redis: own.config });
	try {
		await daemon.migrate();
		await daemon.start();
		await daemon.ready();
		await until('the mark', async () => /^\d+ /.test(await place.redis.get(`${APP}:state`)));
		await until('the figures', () => place.redis.get(`${APP}:jobs_data`));
		assert.match(await place.redis.get(`${APP}:rev:{${EVENTS}}`), /^\d+$/);
		const master = await own.holds(slot);
		const unserved = new RegExp(`no node of the cluster serves the slots ${slot} to ${slot}`);
		for (const server of [master, ...own.servers]) await own.ask(server, 'cluster', 'delslots', slot);
		await until('it says which slots are served by nobody', async () =>
			unserved.test((await daemon.get('/readyz')).text), 30000);
		assert.match(await doctor(daemon), unserved);
		await own.ask(master, 'cluster', 'addslots', slot);
		await daemon.ready(30000);
	} finally {
		await daemon.stop();
		await place.close();
	}
});
