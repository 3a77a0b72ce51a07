// SPDX-License-Identifier: MIT
// PostgreSQL as a cluster has it: a primary that dies, whose synchronous replica is promoted; a pgbouncer in
// transaction mode, with few connections for all and in turn, that dies and comes back. Nothing is lost.

import { test } from 'node:test';
import { Rig } from '../faults/rig.mjs';
import { Bouncer, OwnPostgres } from './own_postgres.mjs';

const HOSTS = ['127.0.0.1', '127.0.0.2'];

test('the primary dies and its replica is promoted', async () => {
	const primary = await OwnPostgres.primary(HOSTS[0]);
	let replica;
	try {
		replica = await OwnPostgres.replica(primary, HOSTS[1]);
		await Rig.run('promotion', 26, { place: { pgPort: primary.port },
			config: { sequelize: { host: HOSTS.join(','), port: primary.port } } }, async (rig) => {
			await rig.more(200);
			await primary.kill();
			const died = Date.now();
			await replica.promote();
			const promoted = Date.now();
			await rig.place.turnTo(HOSTS[1]);
			await rig.more(1);
			console.log(`promotion: ${promoted - died} ms until the replica took writes, changes were `
				+ `recorded ${Date.now() - promoted} ms after that`);
			await rig.more(200);
		});
	} finally {
		await replica?.close();
		await primary.close();
	}
});

test('behind a pgbouncer in transaction mode', async () => {
	const bouncer = await Bouncer.open();
	try {
		await Rig.run('bouncer', 27, { daemons: 2, config: { sequelize: { port: bouncer.port } } }, async (rig) => {
			await rig.more(200);
			await bouncer.kill();
			await bouncer.start();
			await rig.more(200);
			const leader = await rig.leader();
			leader.program.child.kill('SIGKILL'); // the other one takes over by the same few connections
			await leader.program.ended;
			await rig.more(200);
			await leader.start();
		});
	} finally {
		await bouncer.close();
	}
});
