// SPDX-License-Identifier: MIT
// places.test.mjs - where servers may be, and where chatterboxd may be found
//
// A schema, the directory of a socket, addresses of IPv6, a standby before the primary, all addresses
// of a name; and what is said when a port is the one of another server.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Daemon } from './daemon.mjs';
import { Place, until } from './place.mjs';

const STANDBY = '127.0.0.9';
let place;
let dir;

before(async () => {
	place = await Place.open('places', 20);
	dir = await mkdtemp(join(tmpdir(), 'cbx-places-'));
});
after(async () => {
	await place.close();
	await rm(dir, { recursive: true, force: true });
});

/** A server that does @each with its connections */
async function serve(each, ...where) {
	const sockets = new Set();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		each(socket);
	});
	await new Promise((resolve, reject) => { server.once('error', reject).listen(...where, resolve); });
	const close = () => {
		for (const socket of sockets) socket.destroy();
		return new Promise((done) => { server.close(done); });
	};
	return { close, count: () => sockets.size };
}

const passTo = (port) => (socket) => {
	const behind = connect(port, '127.0.0.1');
	behind.on('error', () => {});
	socket.pipe(behind).pipe(socket);
	for (const one of [socket, behind]) one.on('close', () => { socket.destroy(); behind.destroy(); });
};

/** A daemon that gets ready and is looked at by @look */
async function ready(more, look = () => {}) {
	const daemon = await Daemon.prepare(place, more);
	await place.redis.del('nl-ocd-chatterbox:state'); // of the database before, which another may not share
	try {
		await daemon.start();
		await look(daemon);
		assert.equal(await daemon.program.stop(), 0);
	} catch (error) {
		error.message += `\n${daemon.program?.tail(20)}`;
		throw error;
	} finally {
		await daemon.stop();
	}
}

/** Runs it to its end: [code, text] */
async function once(more, options = [], env = {}) {
	const daemon = await Daemon.prepare(place, { chatterbox: { startup_timeout: 2 }, ...more });
	daemon.env = env;
	const code = await daemon.once(...options);
	const text = daemon.program.lines.join('\n');
	await daemon.stop();
	return [code, text];
}

test('tables are in the schema that OCD names, and connections in that of live_temp', async () => {
	await place.rows('create schema ocd; create schema temp');
	await place.rows('create table temp.connections (actor_id text)');
	await place.rows(`insert into temp.connections values ('E2E1'), ('E2E2')`);
	const live = { host: '127.0.0.1', port: place.pgPort, database: place.database, username: place.pgUser };
	await ready({ sequelize: { define: { schema: 'ocd' } }, live_temp: { ...live, schema: 'temp' } }, async (daemon) => {
		await until('both systems are known', async () => (await daemon.get('/api/v1/systems')).json.systems.length === 2);
	});
	const tables = await place.rows(`select schemaname from pg_tables where tablename = 'status_monitor'`);
	assert.deepEqual(tables, [{ schemaname: 'ocd' }]);
	const [code, text] = await once({ sequelize: { schema: 'odc' } });
	assert.equal(code, 78, text);
	assert.match(text, /there is no schema "odc"/);
	assert.deepEqual(await place.rows(`select 1 from pg_namespace where nspname = 'odc'`), []);
	await place.rows('drop schema ocd cascade; drop schema temp cascade');
});

/** One message of PostgreSQL to the client */
function message(type, ...parts) {
	const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
	const head = Buffer.alloc(5);
	head.write(type);
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
}

/** A hot standby, as far as a login goes */
function standby(socket) {
	socket.on('data', (data) => {
		if (data.length < 8) return; // it leaves
		if (data.readInt32BE(4) === 80877103) socket.write('N'); // does it speak TLS?
		else socket.write(Buffer.concat([message('R', Buffer.alloc(4)), message('S', 'server_version', '15.20'),
			message('S', 'client_encoding', 'UTF8'), message('S', 'standard_conforming_strings', 'on'),
			message('S', 'default_transaction_read_only', 'off'), message('S', 'in_hot_standby', 'on'),
			message('K', Buffer.alloc(8)), message('Z', Buffer.from('I'))]));
	});
}

test('a standby is passed over for the primary', async () => {
	const other = await serve(standby, place.pgPort, STANDBY);
	await ready({ sequelize: { host: `${STANDBY}, 127.0.0.1` } }, () => {
		assert.ok(other.count() > 0, 'the standby was asked');
	});
	const [code, text] = await once({ sequelize: { host: STANDBY } });
	assert.equal(code, 69, text);
	assert.match(text, /127\.0\.0\.9.*(read-only|hot standby)/);
	await other.close();
});

test('the directory of a socket of PostgreSQL', async () => {
	const socket = await serve(passTo(place.pgPort), join(dir, `.s.PGSQL.${place.pgPort}`));
	await ready({ sequelize: { host: dir } }, () => { assert.ok(socket.count() > 0); });
	await socket.close();
});

test('addresses of IPv6, with brackets and without', async () => {
	const ports = [place.redisPort, place.rmqPort, place.pgPort];
	const fronts = await Promise.all(ports.map((port) => serve(passTo(port), port, '::1')));
	for (const host of ['::1', '[::1]'])
		await ready({ redis: { host }, rmq: { host }, sequelize: { host } });
	for (const front of fronts) {
		assert.ok(front.count() > 0);
		await front.close();
	}
	for (const host of ['::1', '[::1]']) {
		const [code, text] = await once({ redis: { host }, rmq: { host }, sequelize: { host } });
		assert.equal(code, 69, text);
		for (const port of ports) assert.match(text, new RegExp(`\\[::1\\]:${port}`));
	}
	for (const host of ['::1', '[::1]'])
		await (async () => {
			const daemon = await Daemon.prepare(place, { http_server: { host } });
			daemon.launch();
			await until('it says where it listens', () => daemon.program.lines
				.some((line) => line.includes(`listens at http://[::1]:${daemon.port}/`)));
			assert.equal((await fetch(`http://[::1]:${daemon.port}/livez`)).status, 200);
			assert.equal(await daemon.stop(), 0);
		})();
});

/** The daemon with a hosts file of its own, in which localhost has two addresses */
async function withHosts(look) {
	const [hosts, wrapper] = [join(dir, 'hosts'), join(dir, 'chatterboxd-hosts')];
	const program = process.env.CBX_E2E_DAEMON;
	await writeFile(hosts, '127.0.0.1 localhost\n::1 localhost\n');
	await writeFile(wrapper, `#!/bin/sh\nexec unshare -m sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh ${
		hosts} ${program} "$@"\n`);
	await chmod(wrapper, 0o755);
	process.env.CBX_E2E_DAEMON = wrapper;
	try {
		await look();
	} finally {
		process.env.CBX_E2E_DAEMON = program;
	}
}

test('localhost is listened on at each of its addresses', () => withHosts(() =>
	ready({ http_server: { host: 'localhost' } }, async (daemon) => {
		for (const host of ['127.0.0.1', '[::1]'])
			assert.equal((await fetch(`http://${host}:${daemon.port}/livez`)).status, 200, host);
	})));

test("a port that is another server's is named by its key", async (t) => {
	const ports = { redis: place.redisPort, rmq: place.rmqPort, sequelize: place.pgPort };
	for (const section of Object.keys(ports))
		for (const [other, port] of Object.entries(ports)) {
			if (other === section) continue;
			await t.test(`${section} at the port of ${other}`, async () => {
				const [code, text] = await once({ [section]: { port } });
				assert.equal(code, 69, text);
				assert.match(text, new RegExp(`is ${section}\\.port `));
			});
		}
});

test('a file that can not be one is refused by its key at once', async (t) => {
	const fifo = join(dir, 'fifo');
	await promisify(execFile)('mkfifo', [fifo]);
	for (const [what, file] of Object.entries({ 'a FIFO': fifo, 'a directory': dir, 'a device': '/dev/zero' }))
		for (const [key, more] of Object.entries({
			'rmq.tls.ca': { rmq: { tls: { ca: file } } },
			'rmq.tls.key': { rmq: { tls: { cert: join(dir, 'absent'), key: file } } },
			'sequelize.sslrootcert': { sequelize: { sslrootcert: file } },
			'http_server.tls.cert': { http_server: { tls: { cert: file, key: file } } },
		}))
			await t.test(`${what} as ${key}`, async () => {
				const [code, text] = await once(more);
				assert.equal(code, 78, text);
				assert.match(text, new RegExp(`error: ${key}: .*${file}`));
			});
	for (const file of [fifo, dir, '/dev/zero'])
		await t.test(`${file} as the file of a secret`, async () => {
			const [code, text] = await once({}, [], { NLCONF_RMQ__PASS_FILE: file });
			assert.equal(code, 78, text);
			assert.match(text, /error: rmq\.pass: the file that NLCONF_RMQ__PASS_FILE names/);
		});
});
