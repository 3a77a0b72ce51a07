// SPDX-License-Identifier: MIT
// The command line, the configuration's errors, exit codes, signals and the log, from outside.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { privateDirectory, program, run, start, until } from './daemon_kit.mjs';

function configFile(value) {
	const path = join(privateDirectory(), 'chatterbox.json');
	writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
	return path;
}

for (const args of [['--nonsense'], ['word'], ['--demo=0'], ['--demo=many'], ['--log-level=loud'], ['--config'],
	['--migrate', '--check-config'], ['--demo', '--migrate']])
	test(`${args.join(' ')} is wrong usage`, () => {
		const { code, stderr, stdout, left } = run(args);
		assert.equal(code, 64);
		assert.notEqual(stderr, '');
		assert.equal(stdout, '');
		assert.deepEqual(left, []);
	});

test('tells its version and its options', () => {
	assert.match(run(['--version']).stdout, /^chatterboxd \d+\.\d+\.\d+\n$/);
	const help = run(['--help']);
	assert.equal(help.code, 0);
	for (const option of ['config', 'demo', 'migrate', 'check-config', 'print-config', 'log-level', 'version', 'help'])
		assert.match(help.stdout, new RegExp(`--${option}\\b`));
});

const bad = [
	[{ check_job_status_time: 'ten' }, /^chatterboxd: error: check_job_status_time: got "ten", takes /m],
	[{ chatterbox: { lease: { ttl: 'ten' } } }, /^chatterboxd: error: chatterbox\.lease\.ttl: got "ten"/m],
	[{ http_server: { port: 70000 } }, /^chatterboxd: error: http_server\.port: got 70000, takes /m],
	[{ sequelize: { dialect: 'mysql' } }, /^chatterboxd: error: sequelize\.dialect: got "mysql"/m],
	['{"log":', /^chatterboxd: error: .*chatterbox\.json/m],
];

for (const [value, message] of bad)
	test(`refuses ${JSON.stringify(value)} with 78`, () => {
		const config = configFile(value);
		for (const mode of [['--check-config'], []]) {
			const { code, stderr } = run([`--config=${config}`, ...mode]);
			assert.equal(code, 78);
			assert.match(stderr, message);
			assert.ok(stderr.trimEnd().split('\n').every((line) => /^chatterboxd: (error|warning): /.test(line)));
		}
	});

test('a file that is not there is 78 and names it', () => {
	const { code, stderr } = run(['--config=/nonexistent/file.json']);
	assert.equal(code, 78);
	assert.match(stderr, /\/nonexistent\/file\.json/);
});

test('an unknown key is a warning with its path', () => {
	const { code, stdout, stderr } = run([`--config=${configFile({ chatterbox: { foo: 1 }, spotify: {} })}`, '--check-config']);
	assert.equal(code, 0);
	assert.equal(stdout, 'ok\n');
	assert.match(stderr, /^chatterboxd: warning: chatterbox\.foo: unknown key.*\n$/);
});

test('prints every value, where it came from, and no secret', () => {
	const config = configFile({ redis: { password: 'canary-one' }, http_server: { token: 'canary-two' } });
	const { code, stdout, stderr } = run(['--print-config', '--log-level=warn'], {
		CHATTERBOX_CONFIG: config, NLCONF_RMQ__HOST: 'rabbit', NLCONF_RMQ__PASS: 'canary-three' });
	const values = JSON.parse(stdout);
	assert.equal(code, 0);
	assert.equal(values['rmq.host'].value, 'rabbit');
	assert.match(values['rmq.host'].from, /NLCONF_RMQ__HOST/);
	assert.equal(values['log.level'].value, 'warn');
	assert.match(values['log.level'].from, /--log-level/);
	assert.equal(values['redis.password'].value, '***');
	assert.equal(values['redis.port'].from, 'default');
	assert.doesNotMatch(stdout + stderr, /canary/);
});

// a port that was free a moment ago, and that nobody listens on
async function deadPort() {
	const server = createServer();
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return String(port);
}

const embedded = () => ({
	NLCONF_CHATTERBOX__STARTUP_TIMEOUT: '1', NLCONF_CHATTERBOX__BUS: 'memory',
	NLCONF_CHATTERBOX__STORE: 'memory', NLCONF_CHATTERBOX__SQL: 'sqlite',
	NLCONF_CHATTERBOX__SQLITE_PATH: join(privateDirectory(), 'db.sqlite') });

for (const [what, section, key, kind] of [['Redis', 'REDIS', 'STORE', 'redis'], ['RabbitMQ', 'RMQ', 'BUS', 'rmq'],
	['PostgreSQL', 'SEQUELIZE', 'SQL', 'postgres']])
	test(`an unreachable ${what} is 69 and is named`, async () => {
		const port = await deadPort();
		const { code, stderr, left } = run([], { ...embedded(), [`NLCONF_CHATTERBOX__${key}`]: kind,
			[`NLCONF_${section}__PORT`]: port });
		assert.equal(code, 69);
		assert.match(stderr, new RegExp(`^chatterboxd: error: .*127\\.0\\.0\\.1.*${port}`, 'm'));
		assert.deepEqual(left, []);
	});

test('migrates and ends', async () => {
	const environment = embedded();
	const first = run(['--migrate'], environment);
	assert.equal(first.code, 0, first.stderr);
	assert.match(first.stdout, /^[1-9]\d* migrations? applied\n$/m);
	assert.match(run(['--migrate'], environment).stdout, /^0 migrations applied\n$/m);
	const down = run(['--migrate'], { ...environment, NLCONF_CHATTERBOX__SQL: 'postgres',
		NLCONF_SEQUELIZE__PORT: await deadPort() });
	assert.equal(down.code, 69);
	assert.match(down.stderr, /^chatterboxd: error: /m);
});

async function takenPort() {
	const server = createServer();
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { server, port: String(server.address().port) };
}

test('a taken port is waited for, then it is 69 and names the key', async () => {
	const { server, port } = await takenPort();
	const { code, stderr, left } = run(['--demo=1'],
		{ NLCONF_HTTP_SERVER__PORT: port, NLCONF_CHATTERBOX__STARTUP_TIMEOUT: '1' });
	server.close();
	assert.equal(code, 69);
	assert.match(stderr, /^chatterboxd: error: http_server\.port: can't listen/m);
	assert.deepEqual(left, []);
});

test('a taken port is listened on when it becomes free', async () => {
	const { server, port } = await takenPort();
	const log = join(privateDirectory(), 'log');
	const waits = start(['--demo=1'], { NLCONF_HTTP_SERVER__PORT: port, NLCONF_LOG__PATH: log });
	await until(() => existsSync(log) && /port \d+: Address already in use; waiting for it/.test(readFileSync(log, 'utf8')),
		5000, 'it says that it waits');
	server.close();
	const daemon = await waits;
	assert.equal(daemon.url, `http://127.0.0.1:${port}`);
	await until(async () => (await daemon.get('/readyz')).status === 200, 5000, 'it is ready');
	assert.equal((await daemon.stop()).code, 0);
	assert.equal(readFileSync(log, 'utf8').split('waiting for it').length, 2);
});

test('SIGTERM does not wait for a taken port', async () => {
	const { server, port } = await takenPort();
	const log = join(privateDirectory(), 'log');
	const child = spawn(program, ['--demo=1'], { stdio: 'ignore', env: { ...process.env, TMPDIR: privateDirectory(),
		NLCONF_HTTP_SERVER__PORT: port, NLCONF_LOG__PATH: log } });
	const ended = new Promise((done) => { child.on('exit', (code, signal) => done({ code, signal })); });
	await until(() => existsSync(log) && /waiting for it/.test(readFileSync(log, 'utf8')), 5000, 'it says that it waits');
	child.kill('SIGTERM');
	assert.deepEqual(await ended, { code: 0, signal: null });
	server.close();
});

test('SIGHUP takes over a good configuration and refuses a bad one', async () => {
	const log = join(privateDirectory(), 'log');
	const config = configFile({ log: { level: 'info' } });
	const daemon = await start(['--demo=2', `--config=${config}`]);
	const lines = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
	writeFileSync(config, JSON.stringify({ log: { path: log, level: 'debug' }, http_server: { read_token: 'sesame' },
		chatterbox: { app_name: 'later' } }));
	daemon.child.kill('SIGHUP');
	await until(() => lines().includes('configuration reread'), 5000, 'the reload');
	assert.equal((await daemon.get('/api/v1/summary')).status, 401);
	assert.equal((await daemon.get('/api/v1/summary', { headers: { authorization: 'Bearer sesame' } })).status, 200);
	await until(() => lines().includes('"msg":"http request"'), 5000, 'a debug line');
	assert.match(daemon.stdout, /chatterbox\.app_name has changed; it takes a restart/);
	assert.doesNotMatch(lines(), /"name":"later"/);

	writeFileSync(config, JSON.stringify({ check_job_status_time: 'bad', http_server: { read_token: 'other' } }));
	renameSync(log, `${log}.1`);
	daemon.child.kill('SIGHUP');
	await until(() => lines().includes('configuration refused'), 5000, 'the refusal, in the new file');
	await until(() => /check_job_status_time: got "bad"/.test(daemon.stderr), 5000, 'the refusal on stderr');
	assert.equal((await daemon.get('/api/v1/summary', { headers: { authorization: 'Bearer sesame' } })).status, 200);
	assert.deepEqual(await daemon.stop('SIGINT'), { code: 0, signal: null });
	assert.doesNotMatch(lines() + readFileSync(`${log}.1`, 'utf8') + daemon.stdout + daemon.stderr, /sesame/);
});

test('a log that can not be written stops nothing', async () => {
	const directory = join(privateDirectory(), 'a-directory');
	mkdirSync(directory);
	for (const path of [directory, '/dev/full']) {
		const daemon = await start(['--demo=2'], { NLCONF_LOG__PATH: path });
		assert.equal((await daemon.get('/livez')).status, 200);
		const complaint = path === '/dev/full' ? /can't write the log/ : /log\.path/;
		await until(() => complaint.test(daemon.stderr), 5000, 'the complaint on stderr');
		assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
	}
});

test('a stop that servers hold up ends by itself within shutdown_timeout', async () => {
	// takes connections, says nothing, and keeps nobody here if the test fails
	const silent = createServer((socket) => socket.unref()).listen(0, '127.0.0.1').unref();
	await new Promise((resolve) => { silent.once('listening', resolve); });
	const { port } = silent.address();
	const file = configFile({ redis: { port }, rmq: { port }, sequelize: { port },
		http_server: { port: 0 }, chatterbox: { shutdown_timeout: 1 } });
	const daemon = await start([`--config=${file}`]);
	daemon.child.kill('SIGTERM');
	assert.deepEqual(await daemon.ended, { code: 0, signal: null });
	assert.match(daemon.stdout, /not stopped within chatterbox.shutdown_timeout/);
	silent.close();
});
