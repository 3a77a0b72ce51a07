// SPDX-License-Identifier: MIT
// PostgreSQL as a cluster has it: a primary that dies, whose synchronous replica is promoted; a pgbouncer in
// transaction mode, with few connections for all and in turn, that dies and comes back; one that lets us into a
// schema of our own alone, by a certificate alone, and is started anew. Nothing is lost.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rig } from '../faults/rig.mjs';
import { Authority } from '../kit/ca.mjs';
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

const ROLE = 'ocd_downloads';

/** Nothing of ours is in another schema, and each session of ours has shown its certificate */
async function onlyAsAllowed(place) {
	const schemas = await place.rows(`select distinct schemaname as name from pg_tables
		where schemaname !~ '^pg_|^information_schema$'`);
	assert.deepEqual(schemas, [{ name: 'ocd' }]);
	const sessions = await place.rows(`select usename, ssl, client_dn from pg_stat_ssl join pg_stat_activity
		using (pid) where application_name = 'nl-ocd-chatterbox'`);
	assert.ok(sessions.length >= 2, `${sessions.length} sessions`);
	for (const session of sessions)
		assert.deepEqual(session, { usename: ROLE, ssl: true, client_dn: `/CN=${ROLE}` });
}

test('in a schema of its own, by a certificate', async () => {
	const dir = await mkdtemp(join(tmpdir(), 'cbx-pg-ca-'));
	const authority = new Authority(dir, 'cluster');
	const ours = authority.issue(`DNS:${ROLE}`, 30, ROLE);
	const server = await OwnPostgres.primary();
	try {
		await server.run(`create role ${ROLE} login`);
		await server.asksForCertificate(ROLE, authority.issue('DNS:localhost'), authority.cert);
		await Rig.run('schema', 28, { daemons: 2,
			place: { pgPort: server.port, sqlOptions: { options: '-c search_path=ocd' } },
			prepare: (place) => place.rows(`create schema ocd authorization ${ROLE};
				create table connections(actor_id text, since timestamptz); grant select on connections to ${ROLE}`),
			config: { sequelize: { host: 'localhost', username: ROLE, password: null, schema: 'ocd',
				sslmode: 'verify-full', sslrootcert: authority.cert, sslcert: ours.cert, sslkey: ours.key } },
		}, async (rig) => {
			await rig.more(200);
			await onlyAsAllowed(rig.place);
			await server.kill();
			await server.start();
			await rig.more(200);
			const leader = await rig.leader();
			leader.program.child.kill('SIGKILL');
			await leader.program.ended;
			await rig.more(200);
			await onlyAsAllowed(rig.place);
			await leader.start();
		});
	} finally {
		await server.close();
		await rm(dir, { recursive: true, force: true });
	}
});
