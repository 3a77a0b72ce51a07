// SPDX-License-Identifier: MIT
// roles.test.mjs - the least rights that SECURITY.md and docs/sql/roles.sql give are enough, and least
//
// A whole story under an SQL role, a RabbitMQ user and a Redis user of their own; then what those may
// not do, each by its own login.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import amqp from 'amqplib';
import Redis from 'ioredis';
import pg from 'pg';
import { Daemon } from './daemon.mjs';
import { Place, servers, until } from './place.mjs';
import { MORTAL, Sim, difference, record } from './sim.mjs';
import { APP } from './wire.mjs';

const exec = promisify(execFile);
const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..');
const SQL = join(root, 'docs/sql/roles.sql');
const PASSWORD = 'canary-of-the-roles-test';
const REDIS_DB = 10;
let place;
let daemon;
let sim;

/** The lines of SECURITY.md's block of code that begins with @word, with our names put in */
function recipe(word) {
	const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
	const block = text.split('```').find((part, i) => i % 2 && part.trim().startsWith(word));
	assert.ok(block, `SECURITY.md has a recipe that begins with ${word}`);
	return block.trim().replaceAll('PASSWORD', PASSWORD).replaceAll('VHOST', place.vhost)
		.replaceAll('\\\n', ' ').split('\n');
}

const words = (line) => line.match(/'[^']*'|\S+/g).map((word) => word.replace(/^'(.*)'$/, '$1'));

const roles = () => exec('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', place.pgPort,
	'-U', place.pgUser, '-d', place.database, '-f', SQL]);

before(async () => {
	place = await Place.open('roles', REDIS_DB);
	for (const line of recipe('rabbitmqctl'))
		await servers(...words(line));
	for (const line of recipe('ACL SETUSER'))
		await place.redis.call(...words(line));
	await place.redis.flushdb();
	await place.rows('create table connections(actor_id text)');
	await roles();
});
after(async () => {
	await sim?.program.stop();
	await daemon?.stop();
	await place.redis.call('ACL', 'DELUSER', 'chatterbox');
	await servers('rabbitmqctl', 'delete_user', 'chatterbox');
	await place.rows('reassign owned by chatterbox_migrate to current_user');
	await place.rows('drop owned by chatterbox_migrate, chatterbox_app');
	await place.rows('drop role chatterbox_migrate');
	await place.rows('drop role chatterbox_app');
	await place.close();
});

/** With what chatterboxd logged, when it fails */
async function told(fn) {
	try {
		await fn();
	} catch (error) {
		error.message += `\n${daemon?.program?.tail(25)}`;
		throw error;
	}
}

const settings = (username) => ({
	check_job_status_time: 1, error_retention: 5, completed_retention: 3600,
	redis: { username: 'chatterbox', password: PASSWORD },
	rmq: { user: 'chatterbox', pass: PASSWORD },
	sequelize: { username },
	rmq_rpc: { poll_timeout: '2s', rpc_timeout: '5s' } });

test('the app role makes no tables, the migrate role does', async () => {
	const app = await Daemon.prepare(place, settings('chatterbox_app'));
	assert.equal(await app.once('--migrate'), 78);
	assert.match(app.program.lines.join('\n'), /migration 1 \(tables\) is pending .*permission denied/);
	await app.stop();
	const migrate = await Daemon.prepare(place, settings('chatterbox_migrate'));
	await migrate.migrate();
	await migrate.stop();
	await roles();
	await roles(); // safe to repeat
});

test('a fleet lives and dies under the least rights, and the record is the truth', () => told(async () => {
	daemon = await Daemon.prepare(place, settings('chatterbox_app'));
	sim = await Sim.start(place, daemon.dir, 12, [...MORTAL, '--seed', '7', '--rate', '3']);
	await place.rows('insert into connections select unnest($1::text[])', [sim.systems]);
	await place.rows(`insert into scheduled_jobs(system, job_id) values ('${sim.systems[0]}', 1)`);
	assert.equal(await daemon.once('--migrate'), 0, 'nothing is pending');
	await daemon.start();
	const since = Date.now() + 5000;
	const write = { method: 'PUT', headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' },
		body: '{"seconds":1}' };
	assert.equal((await daemon.get('/api/v1/interval', write)).status, 200);
	const truth = await sim.allEnded(70000);
	await until('the record is the truth', async () => {
		const recorded = await record(place);
		// the Job Errors Task has moved some
		for (const job of recorded.values())
			if (job.status === 'Errored') job.place = 'monitor';
		const what = difference(truth, recorded, since);
		if (what) throw new Error(what);
		return true;
	}, 15000);
	await place.emptyOutbox();
	assert.equal(await place.redis.hlen(`${APP}:online_systems`) > 0, true);
	const [{ n }] = await place.rows("select count(*)::int as n from completed_jobs where status = 'Completed'");
	assert.ok(n > 5, `${n} completed`);
	const log = daemon.program.lines.join('\n');
	assert.doesNotMatch(log, /permission denied|NOPERM|ACCESS_REFUSED|access to .* refused/i);
	assert.ok(!log.includes(PASSWORD));
	assert.equal(await daemon.program.stop(), 0);
}));

test('the app role can\'t do what it need not', async () => {
	const client = new pg.Client({ host: '127.0.0.1', port: place.pgPort, user: 'chatterbox_app',
		database: place.database });
	await client.connect();
	try {
		for (const statement of ['create table mine(x int)', 'drop table status_monitor', 'truncate outbox',
			'alter table errors add column x int', 'delete from lease', 'delete from server_conf',
			'delete from scheduled_jobs', 'delete from connections', 'delete from chatterbox_migrations',
			'delete from recently_checked', 'insert into scheduled_jobs(system) values (\'x\')',
			'update connections set actor_id = \'x\'', 'insert into chatterbox_migrations(number) values (99)',
			'create schema mine', 'create role mine', 'copy errors to \'/tmp/x\'', 'copy errors to program \'id\'',
			'select pg_read_file(\'/etc/passwd\')', 'set role chatterbox_migrate', 'create function f() returns int '
			+ 'language sql as \'select 1\'', `set session authorization ${place.pgUser}`])
			await assert.rejects(client.query(statement), { code: /^42(501|704)$|^22023$/ }, statement);
		const show = async (name) => (await client.query(`show ${name}`)).rows[0][name];
		assert.equal(await show('search_path'), 'public, pg_temp');
		assert.equal(await show('statement_timeout'), '30s');
		assert.equal(await show('lock_timeout'), '5s');
	} finally {
		await client.end();
	}
	const [{ rolconnlimit: limit }] = await place.rows(
		'select rolconnlimit from pg_roles where rolname = \'chatterbox_app\'');
	assert.equal(limit, 20);
});

test('the RabbitMQ user can\'t do what it need not', async () => {
	const login = { protocol: 'amqp', hostname: '127.0.0.1', port: place.rmqPort, username: 'chatterbox',
		password: PASSWORD, vhost: place.vhost };
	for (const [what, act] of Object.entries({
		'declare a queue of others': (c) => c.assertQueue('theirs'),
		'read a queue of others': (c) => c.consume('nl-hdms.request', () => {}),
		'empty a queue of others': (c) => c.purgeQueue('nl-hdms.request'),
		'delete a queue of others': (c) => c.deleteQueue('nl-hdms.request'),
		'declare an exchange': (c) => c.assertExchange('theirs', 'topic'),
		'delete the exchange': (c) => c.deleteExchange('amq.topic'),
	})) {
		const connection = await amqp.connect(login);
		connection.on('error', () => {});
		const channel = await connection.createChannel();
		channel.on('error', () => {});
		await assert.rejects(async () => act(channel), /ACCESS_REFUSED|access to/i, what);
		await connection.close();
	}
	const connection = await amqp.connect(login);
	connection.on('error', () => {});
	const channel = await connection.createChannel();
	const refused = new Promise((done) => { channel.once('error', done); });
	channel.publish('amq.topic', 'nl-hdms.event.content.job_status', Buffer.from('{}'));
	assert.match((await refused).message, /ACCESS_REFUSED/);
	await connection.close();
	await assert.rejects(amqp.connect({ ...login, vhost: '/' }), /ConnectionClose|not allowed/);
});

test('the Redis user can\'t do what it need not', async () => {
	const redis = new Redis({ host: '127.0.0.1', port: place.redisPort, db: REDIS_DB, username: 'chatterbox',
		password: PASSWORD, retryStrategy: null, enableReadyCheck: false });
	try {
		for (const command of [['get', 'theirs'], ['set', 'theirs', '1'], ['flushall'], ['flushdb'], ['keys', '*'],
			['config', 'get', '*'], ['acl', 'list'], ['shutdown'], ['client', 'list'],
			['publish', 'x', 'y'], ['monitor'], ['script', 'flush'], ['eval', 'return redis.call("get", "theirs")', '0'],
			['hset', 'nl-ocd.update_time_till_next_check.row_info', 'a', 'b'], ['replicaof', 'no', 'one']])
			await assert.rejects(redis.call(...command), /NOPERM|ACL failure|No permissions|can't access/, command.join(' '));
		await redis.call('hget', 'nl-ocd.update_time_till_next_check.row_info', 'x');
		await redis.call('set', `${APP}:state`, '1');
	} finally {
		redis.disconnect();
	}
});
