// SPDX-License-Identifier: MIT
// rights.test.mjs - row 43: a server answers, and does not let us work
//
// A right is taken away, a column, a table; Redis is a replica, full, not one Redis, or somebody else.
// At start that is 78 by name. While it runs /readyz says so at once, in few lines of the log, what
// changes meanwhile waits, and all goes on by itself when it is as it was.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { sleep } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { OwnRedis } from './own_redis.mjs';
import { change, daemon, field, nothingLost, place, ready, row, setting, told, until } from './rows.mjs';

const ROLE = 'cbx_rights';
const USER = 'cbx-rights';
const PASSWORD = 'canary-of-the-rights-test';
const ALL = ['on', `>${PASSWORD}`, 'resetkeys', `~${APP}:*`, '%R~nl-ocd.*', '-@all', '+@read', '+@write',
	'+@connection', '-@dangerous', '+eval', '+evalsha', '+script|load'];

let redis;
setting('rights', 0, ['W1', 'W2'], async () => {
	await place.redis.call('ACL', 'SETUSER', USER, ...ALL);
	await place.rows(`do $$ begin create role ${ROLE} login; exception when duplicate_object then null; end $$`);
	await place.rows(`grant create on schema public to ${ROLE}`);
	await place.rows('create table connections(actor_id text, since timestamptz)');
	await place.rows(`grant select on connections to ${ROLE}`);
	return { sequelize: { username: ROLE }, redis: { username: USER, password: PASSWORD } };
}, async () => {
	redis = await OwnRedis.open();
	return { redisPort: redis.port };
});
after(() => redis?.close());

/** /readyz is 503, and the line of @server says @why; its metric is 0 */
async function down(server, why) {
	await until(`/readyz says ${why} of ${server}`, async () => {
		const { status, text } = await daemon.get('/readyz');
		if (status !== 503 || !text.split('\n').some((line) => line.startsWith(`${server} `) &&
			line.includes('DOWN') && why.test(line))) throw new Error(text);
		return true;
	}, 12000);
	await until('server_up is 0', async () => await daemon.metric('chatterbox_server_up', server) === 0);
}

/** How often each warning was logged since line @from, by what it says and of which connection */
function warnings(from) {
	const times = new Map();
	for (const line of daemon.program.lines.slice(from).filter((one) => /"level":(40|50)/.test(one))) {
		const { msg, purpose } = JSON.parse(line);
		times.set(`${msg} (${purpose})`, (times.get(`${msg} (${purpose})`) ?? 0) + 1);
	}
	return [...times];
}

let status = 'Running';

/** Takes something away, which @why has to name, and gives it back; meanwhile nothing is logged again and again */
async function taken(server, why, take, give) {
	const from = daemon.program.lines.length;
	let id;
	await take();
	try {
		await down(server, why);
		status = status === 'Paused' ? 'Running' : 'Paused';
		id = await change('W1', status);
		await sleep(3000);
		assert.deepEqual(warnings(from).filter(([, times]) => times > 2), []);
		assert.equal((await daemon.get('/livez')).status, 200);
	} finally {
		await give();
	}
	await ready();
	await told(id, 20000);
}

const sql = (what) => () => place.rows(what);

for (const [what, table] of [['insert', 'status_monitor'], ['insert', 'errors'], ['insert', 'outbox'],
	['delete', 'outbox'], ['update', 'lease'], ['update', 'completed_jobs']])
	row(`43: ${what} on ${table} is revoked while it runs`, () => taken('sql', new RegExp(`42501.*${table}`),
		sql(`revoke ${what} on ${table} from ${ROLE}`), sql(`grant ${what} on ${table} to ${ROLE}`)));

row('43: a column is renamed while it runs', () => taken('sql', /status_monitor\.percent_completed is absent/,
	sql('alter table status_monitor rename percent_completed to percent'),
	sql('alter table status_monitor rename percent to percent_completed')));

row('43: a column is dropped while it runs', () => taken('sql', /errors\.message is absent/,
	sql('alter table errors drop column message'), sql('alter table errors add column message text')));

row('43: a table is gone while it runs', () => taken('sql', /recently_checked/,
	sql('alter table recently_checked rename to elsewhere'),
	sql('alter table elsewhere rename to recently_checked')));

const acl = (...rules) => () => place.redis.call('ACL', 'SETUSER', USER, ...rules);

for (const [what, rules] of Object.entries({ 'run scripts': ['-evalsha', '-eval'], write: ['-@write'],
	'write hashes': ['-hset'], 'see its keys': ['resetkeys'] }))
	row(`43: the Redis user may not ${what} any more`, () => taken('redis', /redis\.username.*SECURITY/,
		acl(...rules), acl('reset', ...ALL)));

row('43: Redis becomes a replica', () => taken('redis', /READONLY.*redis\.host/,
	() => place.redis.call('REPLICAOF', '127.0.0.1', '1'), () => place.redis.call('REPLICAOF', 'NO', 'ONE')));

row('43: Redis has no memory left', () => taken('redis', /OOM.*maxmemory/,
	() => place.redis.config('SET', 'maxmemory', '1'), () => place.redis.config('SET', 'maxmemory', '0')));

row('43: afterwards nothing is lost, and Redis is whole', async () => {
	await until('Redis shows it', async () => JSON.parse(await field('W1')).status === status);
	await nothingLost();
});

/** A second instance with @config must end with 78 and a line that says @why */
async function refused(why, config) {
	const other = await Daemon.prepare(place, { sequelize: { username: ROLE },
		redis: { username: USER, password: PASSWORD }, ...config });
	try {
		assert.equal(await other.once(), 78, other.program.tail());
		assert.match(other.program.lines.filter((line) => line.includes('"level":60')).join('\n'), why);
		assert.ok(!other.program.lines.join('\n').includes(PASSWORD));
	} finally {
		await other.stop();
	}
}

/** The same with a Redis of its own */
async function refusedBy(server, why, config = {}) {
	try {
		await refused(why, { ...config, redis: { port: server.port, ...config.redis } });
	} finally {
		await server.close();
	}
}

row('43: a Redis Cluster at start', async () => {
	for (const db of [0, 3]) {
		// without it the bus has a port that may be none
		const bus = ['--cluster-port', String(await freePort())];

		await refusedBy(await OwnRedis.open(['--cluster-enabled', 'yes', ...bus]), /redis .*Cluster.*redis\.cluster/,
			{ redis: { db } });
	}
});

row('43: a Sentinel at start', async () => {
	for (const db of [0, 3])
		await refusedBy(await OwnRedis.sentinel(), /redis .*Sentinel.*redis\.host/, { redis: { db } });
});

row('43: a Redis user without rights at start', async () => {
	for (const rules of [['-evalsha'], ['-script|load'], ['-@write'], ['-zadd'], ['resetkeys']]) {
		await acl(...rules)();
		await refused(/redis .*SECURITY/, {});
		await acl('reset', ...ALL)();
		await ready();
	}
});

row('43: a replica, and a Redis without memory, at start', async () => {
	const config = { chatterbox: { startup_timeout: 2 } };
	await refusedBy(await OwnRedis.open(['--replicaof', '127.0.0.1 1']), /READONLY.*redis\.host/, config);
	await refusedBy(await OwnRedis.open(['--maxmemory', '1']), /OOM.*maxmemory/, config);
});

row('43: a right or a column that is missing in SQL at start', async () => {
	for (const [what, why] of [['insert on errors', /42501.*errors/], ['update on lease', /42501.*lease/],
		['select on list_activation_schedule', /42501.*list_activation_schedule/]]) {
		await place.rows(`revoke ${what} from ${ROLE}`);
		await refused(why, {});
		await place.rows(`grant ${what} to ${ROLE}`);
	}
	await place.rows('alter table outbox rename payload to body');
	await refused(/outbox.payload is absent/, {});
	await place.rows('alter table outbox rename body to payload');
	await ready();
});
