// SPDX-License-Identifier: MIT
// tls.test.mjs - RabbitMQ and PostgreSQL by TLS, under a private authority made for this test
//
// With the right certificates everything works end to end, and nothing of ours goes in plain text. A
// server that can't prove who it is, or speaks TLS 1.1 at best, is never talked to: chatterboxd ends
// with 69 and says which server, which key and what to do.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Authority } from '../../kit/ca.mjs';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, servers, until } from './place.mjs';
import { A17 } from './story.mjs';
import { Front, brokerListens, postgresShows, postgresShowsNothing, redisListens } from './tls.mjs';
import { Listener } from './wire.mjs';

const dir = mkdtempSync(join(tmpdir(), 'cbx-tls-'));
const authority = new Authority(dir, 'right');
const stranger = new Authority(dir, 'wrong');
const right = authority.issue('DNS:localhost');
const CANARY = 'canary-of-the-tls-test';
let place;

before(async () => { place = await Place.open('tls', 9); });
after(async () => {
	await postgresShowsNothing(place);
	await place.close();
	rmSync(dir, { recursive: true, force: true });
});

const sql = (more = {}) => ({ host: 'localhost', sslmode: 'verify-full', sslrootcert: authority.cert, ...more });
const rmq = (port, more = {}) => ({ host: 'localhost', port, tls: { ca: authority.cert }, ...more });

test('with the right certificates it works end to end, all of it by TLS 1.2 or later', async () => {
	const port = await brokerListens(right, authority.cert);
	await postgresShows(place, right);
	const daemon = await Daemon.prepare(place, { rmq: rmq(port), sequelize: sql(), live_temp: {
		...sql(), port: place.pgPort, database: place.database, username: place.pgUser, password: CANARY } });
	const hdms = await Hdms.open(place);
	const listener = await Listener.open(place);
	try {
		hdms.set('E2E1', A17);
		await daemon.migrate();
		await place.online(['E2E1']);
		await daemon.start();
		await until('the first word is told', () => listener.of('update_job_status')
			.some((message) => message.properties.messageId === 'E2E1/17/1'));
		const sessions = await place.rows(`select ssl, version from pg_stat_ssl join pg_stat_activity using (pid)
			where datname = current_database() and application_name = 'nl-ocd-chatterbox'`);
		assert.ok(sessions.length >= 3, `${sessions.length} sessions`);
		for (const { ssl, version } of sessions) assert.ok(ssl && version >= 'TLSv1.2', version);
		const connections = (await servers('rabbitmqctl', 'list_connections', 'vhost', 'ssl', 'ssl_protocol',
			'client_properties')).split('\n').filter((line) => line.includes(place.vhost) && line.includes('chatterbox'));
		assert.equal(connections.length, 3);
		for (const line of connections) assert.match(line, /\ttrue\ttlsv1\.[23]\t/);
		// of each server's own, which holds for 30 days; of one that speaks no TLS nothing
		const { text } = await daemon.get('/metrics');
		for (const server of ['rmq', 'sql']) {
			const [, ends] = new RegExp(`^chatterbox_certificate_not_after_timestamp_seconds\\{server="${server}"\\} (\\d+)$`, 'm')
				.exec(text);
			assert.ok(Math.abs((ends - Date.now() / 1000) / 86400 - 30) < 0.1, `${server}: ${ends}`);
		}
		assert.ok(!text.includes('not_after_timestamp_seconds{server="redis"}'));
		assert.equal(await daemon.stop(), 0);
	} catch (error) {
		error.message += `\n${daemon.program?.tail()}`;
		throw error;
	} finally {
		await daemon.stop();
		await listener.close();
		await hdms.close();
	}
});

/** Runs it with these settings to its end, which has to be @wanted with all of @words in one line */
async function refused(more, words, wanted = 69) {
	const daemon = await Daemon.prepare(place, { chatterbox: { startup_timeout: 2 }, ...more });
	const code = await daemon.once();
	const text = daemon.program.lines.join('\n');
	await daemon.stop();
	assert.equal(code, wanted, text);
	const line = daemon.program.lines.find((one) => words.every((word) => one.includes(word)));
	assert.ok(line, `no line has ${words.join(', ')}:\n${daemon.program.lines.filter((l) => /error/.test(l)).join('\n')}`);
	assert.ok(!text.includes(CANARY));
}

test('a broker that is not who it should be is refused', async (t) => {
	const cases = {
		'another name': [authority.issue('DNS:other.example'), {}, {}, ['certificate is for another name', 'rmq.host']],
		'an address, with a certificate for a name': [right, {}, { host: '127.0.0.1' },
			['certificate is for another name', 'rmq.host']],
		'another authority': [stranger.issue('DNS:localhost'), {}, {}, ['none in rmq.tls.ca', authority.cert]],
		'an expired certificate': [authority.issue('DNS:localhost', -1), {}, {}, ['has expired', 'rmq.tls.ca']],
		'TLS 1.1': [right, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, {},
			['TLS 1.2 or later', 'rmq.port']],
		'no authority that it may know': [right, {}, { tls: true }, ['none in rmq.tls.ca', '/etc/ssl/certs']],
		'no file of authorities': [right, {}, { tls: { ca: join(dir, 'absent') } }, ['rmq.tls.ca', 'absent'], 78],
	};
	for (const [name, [pair, how, more, words, code]] of Object.entries(cases))
		await t.test(name, async () => {
			const front = await Front.open(place.rmqPort, pair, how);
			await refused({ rmq: { ...rmq(front.port), pass: CANARY, ...more } },
				[...words, `${more.host ?? 'localhost'}:${front.port}`], code);
			await front.close();
		});
	await t.test('a port without TLS', () => refused({ rmq: { ...rmq(place.rmqPort), pass: CANARY } },
		['rmq.port', `localhost:${place.rmqPort}`]));
});

test('a database that is not who it should be is refused', async (t) => {
	const cases = {
		'another name': [authority.issue('DNS:other.example'), {}, {}, ['does not match host name', 'verify-full']],
		'another authority': [stranger.issue('DNS:localhost'), {}, {}, ['certificate verify failed', authority.cert]],
		'an expired certificate': [authority.issue('DNS:localhost', -1), {}, {}, ['certificate verify failed', authority.cert]],
		'TLS 1.1': [right, { ssl_min_protocol_version: 'TLSv1', ssl_max_protocol_version: 'TLSv1.1' }, {}, ['SSL error']],
		'no file of authorities': [right, { ssl_max_protocol_version: '' }, { sslrootcert: join(dir, 'absent') }, ['absent']],
		'no TLS at all': [right, { ssl: 'off' }, {}, ['server does not support SSL']],
	};
	for (const [name, [pair, how, more, words]] of Object.entries(cases))
		await t.test(name, async () => {
			await postgresShows(place, pair, how);
			await refused({ sequelize: { ...sql(more), password: CANARY } },
				[...words, 'sequelize.sslmode', 'sequelize.sslrootcert', `localhost:${place.pgPort}`]);
		});
	await postgresShowsNothing(place);
});

const HBA = join(process.env.CBX_TEST_DIR, 'pg/pg_hba.conf');

test('servers that want to know who we are: a certificate of ours, or a refusal that names the key', async (t) => {
	const ours = authority.issue('DNS:chatterbox');
	const others = stranger.issue('DNS:chatterbox');
	const port = await brokerListens(right, authority.cert, true);
	const hba = await readFile(HBA, 'utf8');
	const shown = ({ cert, key }) => rmq(port, { tls: { ca: authority.cert, cert, key } });
	const sent = ({ cert, key }) => sql({ sslcert: cert, sslkey: key });
	await postgresShows(place, right, { ssl_ca_file: authority.cert });
	await chmod(authority.cert, 0o644);
	await writeFile(HBA, `hostssl ${place.database} all 127.0.0.1/32 trust clientcert=verify-ca\n${hba}`);
	await place.rows('select pg_reload_conf()');
	try {
		await t.test('ours', async () => {
			const daemon = await Daemon.prepare(place, { rmq: shown(ours), sequelize: sent(ours) });
			await daemon.start();
			assert.equal(await daemon.program.stop(), 0);
			await daemon.stop();
		});
		await t.test('none for the broker', () => refused({ rmq: rmq(port), sequelize: sent(ours) }, ['rmq.tls.cert']));
		await t.test('a stranger\'s for the broker', () => refused({ rmq: shown(others), sequelize: sent(ours) }, ['rmq.tls.cert']));
		await t.test('another key for the broker', () => refused(
			{ rmq: shown({ cert: ours.cert, key: others.key }), sequelize: sent(ours) }, ['rmq.tls.cert, rmq.tls.key'], 78));
		await t.test('none for PostgreSQL', () => refused({ sequelize: sql() }, ['sequelize.sslcert is not set']));
		await t.test('a stranger\'s for PostgreSQL', () => refused({ sequelize: sent(others) }, [`sequelize.sslcert is ${others.cert}`]));
		await t.test('a key that others may read', async () => {
			await chmod(ours.key, 0o644);
			await refused({ sequelize: sent(ours) }, ['private key', 'sequelize.sslcert']);
			await chmod(ours.key, 0o600);
		});
	} finally {
		await writeFile(HBA, hba);
		await postgresShowsNothing(place);
	}
});

test('a file of authorities becomes a FIFO: named, and nobody waits for it', async () => {
	const port = await brokerListens(right, authority.cert);
	const ca = join(dir, 'moving.pem');
	await copyFile(authority.cert, ca);
	await postgresShows(place, right);
	const daemon = await Daemon.prepare(place, { rmq: { ...rmq(port), tls: { ca } }, sequelize: sql({ sslrootcert: ca }) });
	try {
		await daemon.start();
		await rm(ca);
		execFileSync('mkfifo', [ca]);
		await servers('rabbitmqctl', 'close_all_connections', '-p', place.vhost, 'a test');
		await place.rows(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
			and application_name = 'nl-ocd-chatterbox'`);
		for (const name of ['rmq', 'sql'])
			await until(`${name} is not ready, by name`, async () => new RegExp(`^${name} .*${ca}: it is a FIFO`, 'm')
				.test((await daemon.get('/readyz')).text), 30000);
		await rm(ca);
		await copyFile(authority.cert, ca);
		await daemon.ready();
		assert.equal(await daemon.program.stop(), 0);
	} catch (error) {
		error.message += `\n${daemon.program?.tail(20)}`;
		throw error;
	} finally {
		await daemon.stop();
		await postgresShowsNothing(place);
	}
});

/** Debian 12's hiredis has no TLS; where it has, it is used */
test('Redis by TLS: refused by name where hiredis lacks it, else as the others', async (t) => {
	const probe = await Daemon.prepare(place, { redis: { tls: true, password: CANARY } });
	const code = await probe.once('--check-config');
	const text = probe.program.lines.join('\n');
	await probe.stop();
	assert.ok(!text.includes(CANARY));
	if (code === 78) {
		assert.match(text, /redis\.tls: .*hiredis was built without TLS.*Unix socket.*stunnel/);
		t.diagnostic('hiredis has no TLS here');
		return;
	}
	const redis = (port, more = {}) => ({ host: 'localhost', port, tls: { ca: authority.cert }, ...more });
	await t.test('with the right certificate it works', () => worksWith(redis, right));
	await t.test('an address in the certificate', () => worksWith((port) => redis(port, { host: '127.0.0.1' }),
		authority.issue('IP:127.0.0.1')));
	const cases = {
		'another name': [authority.issue('DNS:other.example'), {}, {}, ['ostname mismatch', 'redis.host']],
		'an address, with a certificate for a name': [right, {}, { host: '127.0.0.1' }, ['address mismatch', 'redis.host']],
		'another authority': [stranger.issue('DNS:localhost'), {}, {}, ['unable to', 'redis.tls.ca']],
		'an expired certificate': [authority.issue('DNS:localhost', -1), {}, {}, ['has expired', 'redis.tls.ca']],
		'TLS 1.1': [right, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, {},
			['TLS 1.2 or later', 'redis.port']],
		'no file of authorities': [right, {}, { tls: { ca: join(dir, 'absent') } }, ['redis.tls.ca', 'absent']],
	};
	for (const [name, [pair, how, more, words]] of Object.entries(cases))
		await t.test(name, async () => {
			const front = await Front.open(place.redisPort, pair, how);
			await refused({ redis: { ...redis(front.port), password: CANARY, ...more } },
				[...words, `${more.host ?? 'localhost'}:${front.port}`]);
			await front.close();
		});
	await t.test('a port without TLS', () => refused({ redis: redis(place.redisPort) },
		['redis.port', `localhost:${place.redisPort}`]));
});

/** A real Redis with @pair; a ready daemon writes to it */
async function worksWith(redis, pair) {
	const { port, process } = await redisListens(pair, authority.cert, dir);
	const daemon = await Daemon.prepare(place, { redis: redis(port) });
	try {
		await daemon.migrate();
		await daemon.start();
		await until('its state is written', () => daemon.metric('chatterbox_server_up', 'server="redis"'));
		const ends = await daemon.metric('chatterbox_certificate_not_after_timestamp_seconds', 'server="redis"');
		assert.ok(Math.abs((ends - Date.now() / 1000) / 86400 - 30) < 0.1, `it ends at ${ends}`);
		assert.equal(await daemon.program.stop(), 0);
	} finally {
		await daemon.stop();
		process.kill();
	}
}
