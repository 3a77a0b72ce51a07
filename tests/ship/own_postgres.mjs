// SPDX-License-Identifier: MIT
// own_postgres.mjs - a PostgreSQL of a test's own with a replica, and a pgbouncer before any
//
// All are on one port of several loopback addresses, as a cluster names its hosts; as another user, since
// PostgreSQL refuses root.

import { spawn } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/servers/ports.mjs';
import { until } from '../servers/e2e/place.mjs';
import { machine } from './root.mjs';

const ROOT = '/usr/lib/postgresql';
const USER = process.env.CBX_TEST_PG_USER;
const DATABASE = process.env.CBX_TEST_PG_DATABASE;

/** A command line as the user of PostgreSQL */
const asPostgres = (...words) => (userInfo().uid ? words
	: ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', ...words]);

const runAsPostgres = (...words) => {
	const [program, ...args] = asPostgres(...words);
	return machine(program, ...args);
};

async function directory() {
	const dir = await mkdtemp(join(tmpdir(), 'cbx-pg-'));
	await chmod(dir, 0o711);
	if (!userInfo().uid) await machine('chown', 'postgres', dir);
	return dir;
}

/** A program as the user of PostgreSQL that runs until kill() */
class Server {
	launch(...words) {
		const [program, ...args] = asPostgres(...words);
		this.said = '';
		this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.on('data', (text) => { this.said = (this.said + text).slice(-4000); });
		this.ended = new Promise((resolve) => { this.child.once('exit', resolve); });
	}

	/** At once, as a machine that loses its power; a postmaster's children end by themselves */
	async kill() {
		this.child.kill('SIGKILL');
		await this.ended;
	}

	async close() {
		this.child.kill('SIGQUIT'); // unlike SIGKILL it gives shared memory back
		await this.ended;
		await rm(this.dir, { recursive: true, force: true });
	}
}

export class OwnPostgres extends Server {
	static async primary(host = '127.0.0.1') {
		const server = await OwnPostgres.#new(host, await freePort());
		await runAsPostgres(`${server.bin}/initdb`, '-D', server.data, '-U', USER, '--auth=trust', '--no-sync',
			'--locale=C', '--encoding=UTF8');
		await server.#start();
		await machine(`${server.bin}/createdb`, '-h', host, '-p', String(server.port), '-U', USER, DATABASE);
		return server;
	}

	/** A replica of @primary at another address; the primary then commits what both have */
	static async replica(primary, host) {
		const server = await OwnPostgres.#new(host, primary.port);
		await runAsPostgres(`${server.bin}/pg_basebackup`, '-D', server.data, '-h', primary.host, '-p',
			String(primary.port), '-U', USER, '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
		await server.#start();
		await primary.run("alter system set synchronous_standby_names = '*'");
		await primary.run('select pg_reload_conf()');
		await until('the replica is synchronous', async () =>
			(await primary.run("select count(*) from pg_stat_replication where sync_state = 'sync'")) === '1');
		return server;
	}

	static async #new(host, port) {
		const server = new OwnPostgres();
		const version = (await readdir(ROOT)).sort((a, b) => a - b).at(-1);
		const dir = await directory();
		return Object.assign(server, { host, port, dir, data: join(dir, 'data'), bin: join(ROOT, version, 'bin') });
	}

	async #start() {
		await this.#configure();
		await this.start();
	}

	async #configure() {
		await appendFile(join(this.data, 'postgresql.conf'), `listen_addresses = '${this.host}'\n`
			+ `port = ${this.port}\nunix_socket_directories = ''\nshared_buffers = 32MB\n`
			+ "dynamic_shared_memory_type = mmap\nsynchronous_commit = on\n");
		await this.#trust();
	}

	async start() {
		this.launch(`${this.bin}/postgres`, '-D', this.data);
		await until('PostgreSQL answers', async () => {
			await machine(`${this.bin}/pg_isready`, '-q', '-h', this.host, '-p', String(this.port));
			return true;
		}, 30000).catch(async (error) => {
			await this.close(); // nobody else knows it yet
			throw new Error(`${error.message}\n${this.said}`);
		});
	}

	#trust(before = '') {
		return writeFile(join(this.data, 'pg_hba.conf'), `${before}host all all 127.0.0.0/8 trust\n`
			+ 'host replication all 127.0.0.0/8 trust\n');
	}

	/** It shows @pair, and lets @role in by nothing but a certificate of the authority @ca for that name */
	async asksForCertificate(role, pair, ca) {
		const owner = userInfo().uid ? [] : ['-o', 'postgres'];
		const settings = { ssl_cert_file: pair.cert, ssl_key_file: pair.key, ssl_ca_file: ca };
		for (const [name, file] of Object.entries(settings)) {
			await machine('install', ...owner, '-m', '600', file, join(this.data, name));
			await this.run(`alter system set ${name} = '${name}'`);
		}
		await this.run('alter system set ssl = on');
		await this.#trust(`hostssl all ${role} 127.0.0.0/8 cert\nhost all ${role} all reject\n`);
		await this.run('select pg_reload_conf()');
		await until('it speaks TLS', async () => await this.run('show ssl') === 'on');
	}

	/** A statement, by psql; its one value */
	async run(statement) {
		return (await machine('psql', '-X', '-A', '-t', '-q', '-h', this.host, '-p', String(this.port), '-U', USER,
			'-d', DATABASE, '-c', statement)).trim();
	}

	/** The replica is the primary from now on, and waits for nobody's replica */
	async promote() {
		await this.run("alter system set synchronous_standby_names = ''");
		assertTrue(await this.run('select pg_promote()'));
		await until('it takes writes', async () => await this.run('show transaction_read_only') === 'off');
	}
}

function assertTrue(text) {
	if (text !== 't') throw new Error(`pg_promote() said ${text}`);
}

/** A pgbouncer in transaction mode before the PostgreSQL of the environment */
export class Bouncer extends Server {
	static async open() {
		const bouncer = Object.assign(new Bouncer(), { port: await freePort(), dir: await directory() });
		await writeFile(join(bouncer.dir, 'users'), `"${USER}" "chatterbox"\n`);
		await writeFile(join(bouncer.dir, 'ini'), `[databases]
* = host=127.0.0.1 port=${process.env.CBX_TEST_PG_PORT}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${bouncer.port}
unix_socket_dir =
auth_type = trust
auth_file = ${bouncer.dir}/users
pool_mode = transaction
default_pool_size = 2
server_round_robin = 1
`);
		await bouncer.start();
		return bouncer;
	}

	async start() {
		this.launch('/usr/sbin/pgbouncer', join(this.dir, 'ini'));
		await until('pgbouncer answers', () => machine('psql', '-X', '-A', '-h', '127.0.0.1', '-p',
			String(this.port), '-U', USER, '-d', DATABASE, '-c', 'select 1')
			.catch((error) => { throw new Error(`${error.message} ${this.said}`); }));
	}
}
