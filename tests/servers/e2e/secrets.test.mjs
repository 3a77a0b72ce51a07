// SPDX-License-Identifier: MIT
// secrets.test.mjs - a canary in each secret, and none of them in anything that was said
//
// Each key that is a secret gets a canary, from a file, the environment and an _FILE. Then all goes
// wrong that can: configurations, connections, logins, reloads. Whatever was printed, logged and
// answered is searched for the canaries, plain, in base64 and in hex.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, servers, until } from './place.mjs';
import { A17 } from './story.mjs';

const CANARIES = {
	redis: { password: 'canary-Redis-8Zq1' },
	rmq: { pass: 'canary-Rabbit-4Kd7' },
	sequelize: { password: 'canary-Sql-2Wm9' },
	live_temp: { password: 'canary-Temp-6Hx3' },
	http_server: { token: 'canary-Token-5Vb0', read_token: 'canary-Reader-7Ny2' },
};
const all = Object.values(CANARIES).flatMap((section) => Object.values(section));
const heads = all.map((canary) => canary.slice(7)); // "Redis-8Zq1": half of it is too much
const REDIS_DB = 11;
const HBA = join(process.env.CBX_TEST_DIR, 'pg/pg_hba.conf');
let place;
let dir;
let hba;
const heard = [];

/** Keeps what was said, and looks through it at once so that a failure says where */
function search(where, text) {
	heard.push(where);
	for (const canary of [...all, ...heads])
		for (const form of [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '').slice(0, -1),
			Buffer.from(canary).toString('hex'), encodeURIComponent(canary)])
			assert.ok(!text.includes(form), `${where}: ${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 60)}`);
}

/** The canaries over @more; a second argument takes some away */
function settings(more = {}) {
	const merged = structuredClone(CANARIES);
	for (const [section, value] of Object.entries(more))
		merged[section] = value && typeof value === 'object' ? { ...merged[section], ...value } : value;
	return merged;
}

const temp = () => ({ host: '127.0.0.1', port: place.pgPort, database: place.database, username: 'temporary' });
const right = () => settings({ redis: { username: 'secretive' }, rmq: { user: 'secretive' },
	sequelize: { username: 'secretive' }, live_temp: temp(), log: { level: 'trace' } });

before(async () => {
	place = await Place.open('secrets', REDIS_DB);
	dir = await mkdtemp(join(tmpdir(), 'cbx-secrets-'));
	await place.redis.call('ACL', 'SETUSER', 'secretive', 'on', `>${CANARIES.redis.password}`, '~*', '+@all');
	await servers('rabbitmqctl', 'add_user', 'secretive', CANARIES.rmq.pass);
	await servers('rabbitmqctl', 'set_permissions', '-p', place.vhost, 'secretive', '.*', '.*', '.*');
	// a password is asked for here, and nowhere else on this server
	hba = await readFile(HBA, 'utf8');
	await writeFile(HBA, `host all secretive,temporary 127.0.0.1/32 scram-sha-256\n${hba}`);
	await place.rows(`create role secretive superuser login password '${CANARIES.sequelize.password}'`);
	await place.rows(`create role temporary superuser login password '${CANARIES.live_temp.password}'`);
	await place.rows('select pg_reload_conf()');
});
after(async () => {
	await writeFile(HBA, hba);
	await place.rows('select pg_reload_conf()');
	await place.rows('reassign owned by secretive to current_user');
	await place.rows('drop role secretive, temporary');
	await servers('rabbitmqctl', 'delete_user', 'secretive');
	await place.redis.call('ACL', 'DELUSER', 'secretive');
	await place.close();
	await rm(dir, { recursive: true, force: true });
});

/** Runs it to its end and searches all that it said; [code, text] */
async function once(where, more, options = [], env = {}, raw = undefined) {
	const daemon = await Daemon.prepare(place, more);
	daemon.env = env;
	if (raw) await writeFile(daemon.file, raw);
	const code = await daemon.once(...options);
	const text = daemon.program.lines.join('\n');
	await daemon.stop();
	search(where, text);
	return [code, text];
}

/** The canaries as variables: NLCONF_REDIS__PASSWORD…, or their files' names with _FILE */
async function variables(asFiles) {
	const env = {};
	for (const [section, secrets] of Object.entries(CANARIES))
		for (const [key, value] of Object.entries(secrets)) {
			const name = `NLCONF_${section}__${key}`.toUpperCase();
			if (!asFiles) {
				env[name] = value;
				continue;
			}
			// as systemd's LoadCredential= mounts them: readable by the service alone
			const file = join(dir, `${section}.${key}`);
			await writeFile(file, `${value}\n`, { mode: 0o400 });
			env[`${name}_FILE`] = file;
		}
	return env;
}

test('--print-config and --check-config show stars, wherever a secret came from', async () => {
	const [a, b] = [await variables(false), await variables(true)];
	for (const [where, more, env] of [['file', settings(), {}], ['environment', {}, a], ['_FILE', {}, b]]) {
		const [code, text] = await once(`--print-config, ${where}`, more, ['--print-config'], env);
		assert.equal(code, 0, text);
		assert.equal(text.split('"***"').length - 1, 6, text);
		assert.equal((await once(`--check-config, ${where}`, more, ['--check-config'], env))[0], 0);
	}
});

test('wrong configurations are told without them', async () => {
	const whole = JSON.stringify(settings());
	const cases = {
		'cut off in a secret': whole.slice(0, whole.indexOf('Rabbit') + 6),
		'cut off after a secret': whole.slice(0, whole.indexOf('4Kd7') + 4),
		'rubbish behind a secret': whole.replace('canary-Sql-2Wm9"', 'canary-Sql-2Wm9" canary-Sql-2Wm9'),
		'no quotes': whole.replace('"canary-Temp-6Hx3"', 'canary-Temp-6Hx3'),
		'a line end in it': whole.replace('canary-Temp', '\ncanary-Temp'),
		'bytes that are no UTF-8': Buffer.concat([Buffer.from('{"redis":{"password":"canary-Redis-8Zq1'),
			Buffer.from([0xff, 0x22, 0x7d, 0x7d])]),
		'a list': whole.replace('"canary-Redis-8Zq1"', '["canary-Redis-8Zq1"]'),
		'an object': whole.replace('"canary-Token-5Vb0"', '{"canary-Token-5Vb0":"canary-Token-5Vb0"}'),
		'too long': whole.replace('canary-Rabbit-4Kd7', 'canary-Rabbit-4Kd7'.repeat(300)),
		'a NUL in it': whole.replace('canary-Sql', 'canary-Sql-2Wm9\\u0000'),
		'given twice': whole.replace('"password"', '"password":"canary-Redis-8Zq1","password"'),
	};
	for (const [name, raw] of Object.entries(cases)) {
		const [code, text] = await once(name, {}, [], {}, raw);
		assert.equal(code, 78, `${name}: ${text}`);
		assert.match(text, /error: /, name);
	}
	for (const key of ['pass', 'Password', 'passwd', 'passwort']) {
		const [code] = await once(`unknown key ${key}`, { redis: { [key]: CANARIES.redis.password } }, ['--check-config']);
		assert.equal(code, 0);
	}
	const nul = join(dir, 'nul');
	await writeFile(nul, 'canary-Rabbit-4Kd7\0x');
	for (const env of [
		{ NLCONF_RMQ__PASS_FILE: CANARIES.rmq.pass }, // the secret in place of its file's name
		{ NLCONF_RMQ__PASS_FILE: nul },
		{ NLCONF_RMQ__PASS_FILE: '/' },
		{ NLCONF_RMQ__PASS_FILE: nul, NLCONF_RMQ__PASS: CANARIES.rmq.pass },
		{ NLCONF_RMQ: `{"pass":"${CANARIES.rmq.pass}` },
		{ NLCONF_REDIS__PASSWORD: CANARIES.redis.password.repeat(300) },
	]) {
		const [code, text] = await once(Object.keys(env).join(), {}, ['--check-config'], env);
		assert.equal(code, 78, `${JSON.stringify(env)}: ${text}`);
	}
});

test('a secret in a place that is not for it is refused, and not repeated', async () => {
	const [redis, rmq, sql, , token] = all;
	const cases = {
		'redis.host': { redis: { host: `redis://:${redis}@127.0.0.1:6379/0` } },
		'rmq.host': { rmq: { host: `amqp://ocd:${rmq}@127.0.0.1` } },
		'rmq.vhost': { rmq: { vhost: `amqp://ocd:${rmq}@127.0.0.1/` } },
		'sequelize.host': { sequelize: { host: `ocd:${sql}@127.0.0.1` } },
		'sequelize.database': { sequelize: { database: `postgres://ocd:${sql}@127.0.0.1/ocd` } },
		'sequelize.username': { sequelize: { username: `postgres://ocd:${sql}@127.0.0.1/ocd` } },
		'live_temp.host': { live_temp: { host: `postgres://ocd:${sql}@127.0.0.1/ocd` } },
		'http_server.host': { http_server: { host: `http://x:${token}@127.0.0.1` } },
		'sequelize.replication': { sequelize: { replication: { write: { password: sql } } } },
		'sequelize.dialectOptions.password': { sequelize: { dialectOptions: { password: sql } } },
		'sequelize.dialectOptions.ssl.passphrase': { sequelize: { dialectOptions: { ssl: { passphrase: sql } } } },
		'sequelize.ssl': { sequelize: { ssl: sql } },
		'redis.sentinels': { redis: { sentinels: [{ host: 's', password: redis }], sentinelPassword: redis } },
		'redis.cluster': { redis: { cluster: [`redis://:${redis}@c`] } },
	};
	for (const [key, more] of Object.entries(cases))
		for (const options of [['--check-config'], ['--print-config'], []]) {
			const [code, text] = await once(`${key} ${options}`, more, options);
			assert.equal(code, 78, `${key}: ${text}`);
			assert.match(text, new RegExp(`error: ${key}`));
		}
});

test('a Redis that repeats what it was told is not quoted', async () => {
	const server = createServer((socket) => {
		socket.on('error', () => {});
		socket.on('data', (data) => { socket.write(`-ERR unknown command, with args beginning with: ${
			data.toString().replace(/\r\n/g, ' ')}\r\n`); });
	});
	await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
	const [code, text] = await once('a Redis that repeats', { ...right(), chatterbox: { startup_timeout: 2 },
		redis: { port: server.address().port, username: 'secretive', password: CANARIES.redis.password } });
	assert.equal(code, 69, text);
	assert.match(text, /AUTH was refused/);
	server.close();
});

test('servers that do not answer, or refuse the login, are told without them', async () => {
	const fast = { chatterbox: { startup_timeout: 2 }, log: { level: 'trace' } };
	const [code] = await once('nobody there', settings({ redis: { port: 1 }, rmq: { port: 1 },
		sequelize: { port: 1 }, live_temp: { ...temp(), port: 1 }, ...fast }));
	assert.equal(code, 69);
	const wrong = { redis: { password: `${CANARIES.redis.password}x` }, rmq: { pass: `${CANARIES.rmq.pass}x` },
		sequelize: { password: `${CANARIES.sequelize.password}x` } };
	for (const section of Object.keys(wrong)) {
		const more = { ...right(), ...fast };
		more[section] = { ...more[section], ...wrong[section] };
		const [ended, text] = await once(`login refused by ${section}`, more);
		assert.equal(ended, 69, text);
		assert.match(text, /WRONGPASS|ACCESS_REFUSED|password authentication failed/);
	}
	const [ended] = await once('--migrate refused', { ...right(), ...fast,
		sequelize: { username: 'secretive', ...wrong.sequelize } }, ['--migrate']);
	assert.equal(ended, 69);
});

const TOKENS = CANARIES.http_server;

/** Each route with each token, right and wrong; what it says is searched, head and body */
async function askEverything(daemon) {
	for (const token of ['', TOKENS.token, TOKENS.read_token, `${TOKENS.token}x`, TOKENS.token.slice(0, -1)])
		for (const path of ['/', '/api/v1/jobs', '/api/v1/jobs/E2E1/17', '/api/v1/summary', '/api/v1/systems',
			'/api/v1/errors', '/livez', '/readyz', '/metrics', '/openapi.json', '/none',
			'/api/v1/poll POST', '/api/v1/resume POST', '/api/v1/interval PUT']) {
			const [at, method = 'GET'] = path.split(' ');
			const answer = await fetch(`http://127.0.0.1:${daemon.port}${at}`, { method,
				headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
				body: method === 'PUT' ? '{"seconds":1}' : undefined });
			const head = JSON.stringify([...answer.headers]);
			search(`${method} ${at}`, `${head}${await answer.text()}`);
			if (method !== 'GET') assert.equal(answer.ok, token === TOKENS.token, `${path} with "${token}"`);
			else if (at.startsWith('/api') || at === '/metrics')
				assert.equal(answer.status, [TOKENS.token, TOKENS.read_token].includes(token) ? 200 : 401, path);
		}
}

/** Nothing of PostgreSQL's environment may matter */
const MISLEADING = { PGHOST: 'nowhere.invalid', PGPORT: '1', PGUSER: 'nobody', PGDATABASE: 'none', PGSERVICE: 'none',
	PGSERVICEFILE: '/nonexistent', PGOPTIONS: '-c search_path=nowhere -c statement_timeout=1', PGTZ: 'Asia/Tokyo',
	PGDATESTYLE: 'German', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/nonexistent', PGPASSWORD: 'wrong',
	PGCONNECT_TIMEOUT: '1', PGTARGETSESSIONATTRS: 'standby', PGCLIENTENCODING: 'LATIN1', PGSSLMINPROTOCOLVERSION: 'x' };

test('a run by the right secrets as files, in a misleading environment, says none of them', async () => {
	const more = right();
	for (const [section, secrets] of Object.entries(CANARIES))
		for (const key of Object.keys(secrets)) delete more[section][key];
	const daemon = await Daemon.prepare(place, { ...more, log: { level: 'trace', path: join(dir, 'log') } });
	// these would win over the files
	const config = JSON.parse(await readFile(daemon.file, 'utf8'));
	for (const [section, key] of [['rmq', 'pass'], ['sequelize', 'password'], ['http_server', 'token']])
		delete config[section][key];
	await writeFile(daemon.file, JSON.stringify(config));
	daemon.env = { ...await variables(true), ...MISLEADING };
	const hdms = await Hdms.open(place);
	const log = () => readFile(join(dir, 'log'), 'utf8');
	try {
		hdms.set('E2E1', A17);
		await daemon.migrate();
		await place.rows(`insert into status_monitor(system, job_id, status) values ('E2E1', 17, 'Queued')`);
		await daemon.start();
		await until('the job is recorded', async () => (await place.rows(
			'select 1 from status_monitor where revision > 0')).length);
		await askEverything(daemon);

		// a credential is exchanged while it runs
		const file = daemon.env.NLCONF_HTTP_SERVER__TOKEN_FILE;
		await chmod(file, 0o600);
		await writeFile(file, 'another-token');
		daemon.program.child.kill('SIGHUP');
		await until('the new token opens', async () => (await daemon.get('/api/v1/resume',
			{ method: 'POST', headers: { authorization: 'Bearer another-token' } })).status === 200);
		assert.equal((await daemon.get('/api/v1/resume',
			{ method: 'POST', headers: { authorization: `Bearer ${TOKENS.token}` } })).status, 401);
		// what needs a restart is named, not shown
		await chmod(daemon.env.NLCONF_RMQ__PASS_FILE, 0o600);
		await writeFile(daemon.env.NLCONF_RMQ__PASS_FILE, `${CANARIES.rmq.pass}-new`);
		daemon.program.child.kill('SIGHUP');
		await until('the key is named', async () => /rmq\.pass has changed; it takes a restart/.test(await log()));
		await writeFile(daemon.file, JSON.stringify(config).replace('"rmq":{', `"rmq":{"pass":["${CANARIES.rmq.pass}"],`));
		daemon.program.child.kill('SIGHUP');
		await until('the refusal', async () => /configuration refused, the old one stays/.test(await log()));
		assert.ok(daemon.program.runs);
		const { pid } = daemon.program.child;
		search('its command line', await readFile(`/proc/${pid}/cmdline`, 'utf8'));
		search('its environment', await readFile(`/proc/${pid}/environ`, 'utf8'));
	} catch (error) {
		error.message += `\n${daemon.program.tail(20)}\n${(await log().catch(() => '')).split('\n').slice(-20).join('\n')}`;
		throw error;
	} finally {
		await daemon.program.stop();
		search('stdout and stderr', daemon.program.lines.join('\n'));
		search('the log', await log());
		await daemon.stop();
		await hdms.close();
	}
});

test('a crash leaves no core', async () => {
	const daemon = await Daemon.prepare(place, right());
	await daemon.start();
	daemon.program.child.kill('SIGQUIT'); // dumps core like a fault; no sanitizer catches it
	assert.equal(await daemon.program.ended, 'SIGQUIT');
	assert.deepEqual((await readdir('.')).filter((name) => /^core(\.|$)/.test(name)), []);
	search('a crash', daemon.program.lines.join('\n'));
	await daemon.stop();
});

test('all of it was searched, by a search that finds', (t) => {
	const count = heard.length;
	for (const canary of all)
		for (const said of [canary, canary.slice(7), Buffer.from(canary).toString('base64'),
			Buffer.from(canary).toString('hex')])
			assert.throws(() => search('a slip', `password=${said};`), /a slip/);
	t.diagnostic(`${count} outputs and answers searched for ${all.length} canaries`);
	assert.ok(count > 100);
});
