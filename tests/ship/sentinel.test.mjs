// SPDX-License-Identifier: MIT
// Redis behind Sentinels: the master dies, while its replica has all and while it lags; a planned switch; an old
// master that comes to itself; the Sentinel that is listened to dies. Nothing is lost.

import { after, before, test } from 'node:test';
import { OwnRedis } from '../faults/own_redis.mjs';
import { Rig } from '../faults/rig.mjs';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Place, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { FakeSentinel, OwnSentinel } from './own_sentinel.mjs';

let own;

before(async () => { own = await OwnSentinel.open(); });
after(() => own?.close());

const play = (name, redisDb, trouble) => Rig.run(name, redisDb,
	{ daemons: 2, place: own.place, config: { redis: own.config } }, async (rig) => {
		await rig.more(200);
		await trouble(rig);
		await own.whole();
		await rig.more(200);
	});

/** @trouble, after which @other leads; how long until then, until all are ready, and without a change */
async function during(rig, what, other, trouble) {
	const since = Date.now();
	await trouble();
	const promoted = await own.promoted(other, since);
	for (const daemon of rig.daemons) await daemon.ready(30000);
	const ready = Date.now() - since;
	await rig.more(100);
	console.log(`${what}: another master after ${promoted} ms, ready after ${ready} ms, at most ${
		await rig.silence(since)} s without a change`);
}

test('the master dies', () => play('sentinel', 28, async (rig) => {
	for (let i = 0; i < 2; i++) {
		const master = await own.master();
		await during(rig, 'killed', own.other(master), () => master.kill());
		await own.back(master);
		await rig.more(100);
	}
}));

test('the master dies while its replica lags', () => play('lag', 29, async (rig) => {
	const master = await own.master();
	const replica = own.other(master);
	await during(rig, 'killed with a replica behind', replica, async () => {
		replica.pause();
		await rig.more(50);
		await master.kill();
		replica.cont();
	});
	await own.back(master);
}));

test('a planned switch, without a Sentinel that was listened to', () => play('switch', 30, async (rig) => {
	const [first] = own.sentinels;
	await first.kill();
	await rig.more(50);
	await first.watch();
	await own.whole();
	const master = await own.master();
	await during(rig, 'switched', own.other(master), () => own.failover());
}));

test('a master that was frozen comes to itself', () => play('frozen', 31, async (rig) => {
	const master = await own.master();
	await during(rig, 'frozen', own.other(master), () => master.pause());
	master.cont();
	await until('it is a replica', async () => (await own.ask(master, 'role'))[0] === 'slave', 30000);
}));

// As a network does that cuts it off from all but us: it is well, takes what we write, and will lose it
test('an old master that still takes everything is left', async () => {
	const servers = [];
	let fake;
	let place;
	let daemon;
	try {
		for (let i = 0; i < 2; i++) servers.push(await OwnRedis.open());
		fake = await FakeSentinel.open(servers[0]);
		place = await Place.open('parting', 0, { redisPort: servers[1].port });
		daemon = await Daemon.prepare(place, { redis: { ...fake.config, db: 0 } });
		await daemon.migrate();
		await daemon.start();
		fake.turnTo(servers[1]);
		await until('it writes to the other one', async () =>
			(await place.redis.get(`${APP}:state`))?.startsWith('1 '), 20000);
		await daemon.ready();
	} finally {
		await daemon?.stop();
		await place?.close();
		fake?.close();
		for (const server of servers) await server.close();
	}
});
