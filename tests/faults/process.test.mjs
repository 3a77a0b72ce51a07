// SPDX-License-Identifier: MIT
// process.test.mjs - rows 30, 31, 33, 34 and 37: the clock is set, descriptors run out, SIGTERM at any
// point, bad configurations, another password
//
// What happens to the process itself must not show outside: no word is lost or told wrongly, it
// ends with 0 when told to, and says by name what it can't do.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { servers, sleep } from '../servers/e2e/place.mjs';
import { Proxy } from './proxy.mjs';
import { change, daemon, hdms, job, nothingLost, place, ready, row, setting, statusOf, told, until }
	from './rows.mjs';

const exec = promisify(execFile);
const SYSTEMS = Array.from({ length: 10 }, (_, i) => `P${i}`);
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const USER = ['rotating', 'old-password'];

let proxy; // before the broker
setting('process', 14, SYSTEMS, () => ({ error_retention: 3600, completed_retention: 3600,
	rmq_rpc: { poll_timeout: '15s', rpc_timeout: '15s' },
	rmq: { port: proxy.port } }), async () => {
	proxy = await Proxy.open(Number(process.env.CBX_TEST_RMQ_PORT));
	return {};
});
after(() => proxy?.close());

let status = 'Running';

async function wordsGoOn() {
	status = status === 'Paused' ? 'Running' : 'Paused';
	const ids = [];
	for (const system of SYSTEMS) ids.push(await change(system, status));
	for (const id of ids) await told(id, 30000);
}

const pid = () => daemon.program.child.pid;
const configuration = async () => JSON.parse(await readFile(daemon.file, 'utf8'));

/** Ends it, and starts it with other members of the configuration or of the environment */
async function again(more = {}, env = {}) {
	assert.equal(await daemon.program.stop(), 0);
	const config = await configuration();
	for (const [section, members] of Object.entries(more))
		config[section] = { ...config[section], ...members };
	await writeFile(daemon.file, JSON.stringify(config));
	const earlier = { ...process.env };
	Object.assign(process.env, env);
	try {
		await daemon.start();
	} finally {
		for (const name of Object.keys(env)) delete process.env[name];
		Object.assign(process.env, earlier);
	}
}

row('30: the wall clock is set by ten days, back and forth, and to 2038', async () => {
	const file = join(daemon.dir, 'offset');
	await writeFile(file, '+0');
	await again({}, { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1',
		FAKETIME_DONT_FAKE_MONOTONIC: '1' });
	hdms.set('P0', job('P0', 1, 'Running'), job('P0', 2, 'Errored'), job('P0', 3, 'Completed'));
	await hdms.notify('nl-hdms.event.content.job_status',
		`[${job('P0', 2, 'Errored')},${job('P0', 3, 'Completed')}]`);
	await told('P0/3/1');
	const kept = async () => (await place.rows('select (select count(*) from errors)::int as errors, '
		+ '(select count(*) from completed_jobs)::int as completed'))[0];
	const before = await kept();
	assert.deepEqual(before, { errors: 1, completed: 1 });
	const timeouts = await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"');
	for (const offset of ['+10d', '-10d', '+12y']) {
		await writeFile(file, offset);
		await until('its clock is set', async () => {
			const seen = daemon.program.lines.at(-1).match(/"time":"([^"]+)"/)?.[1];
			const days = Math.round((Date.parse(seen) - Date.now()) / 86400000);
			return { '+10d': 10, '-10d': -10, '+12y': 4380 }[offset] === days;
		}, 20000);
		await wordsGoOn();
		await daemon.get('/api/v1/jobs');
	}
	assert.deepEqual(await kept(), before, 'no mass deletion');
	assert.equal(await daemon.metric('chatterbox_rpc_requests_total', 'outcome="timeout"'), timeouts);
	assert.equal(await daemon.metric('chatterbox_systems', 'offline'), 0);
	await ready();
	await again();
	hdms.set('P0', job('P0', 1, status));
});

row('31: no descriptor left: refused, without a spin, and well again when there are some', async () => {
	const files = (await readdir(`/proc/${pid()}/fd`)).length;
	const limit = (n) => exec('prlimit', ['--pid', String(pid()), `--nofile=${n}:`]);
	await limit(files + 4);
	const clients = Array.from({ length: 30 }, () => {
		const client = connect(daemon.port, '127.0.0.1');
		client.on('error', () => {});
		client.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
		return client;
	});
	const cpu = async () => {
		const fields = (await readFile(`/proc/${pid()}/stat`, 'utf8')).split(') ')[1].split(' ');
		return (Number(fields[11]) + Number(fields[12])) / 100;
	};
	await until('they are used up', async () =>
		(await readdir(`/proc/${pid()}/fd`)).length >= files + 4);
	proxy.cut(); // its connections to the broker go, and can't be had again
	await sleep(1000);
	const before = await cpu();
	await sleep(2000);
	const spent = await cpu() - before;
	assert.ok(daemon.program.runs);
	assert.ok(spent < 1, `${spent} s of CPU in 2 s`);
	for (const client of clients) client.destroy();
	await limit(1024);
	await ready(40000);
	await wordsGoOn();
});

row('33: SIGTERM at any point ends it with 0, in time, and nothing is lost', async () => {
	assert.equal(await daemon.program.stop(), 0);
	for (let i = 0; i < 12; i++) {
		const started = daemon.start().catch(() => {});
		if (i % 3) await started; // else while it starts
		else await until('its first line', () => daemon.program.lines.length > 0);
		status = status === 'Paused' ? 'Running' : 'Paused';
		for (const system of SYSTEMS) {
			hdms.set(system, job(system, 1, status));
			await hdms.notify('nl-hdms.event.content.job_status', job(system, 1, status));
		}
		await sleep(Math.random() * 1200);
		assert.equal(await daemon.program.stop(11000), 0, 'in time');
		await started;
	}
	await daemon.start();
	for (const system of SYSTEMS)
		await until(`${system} is ${status}`, async () => await statusOf(system) === status);
	await nothingLost();
});

row('34: SIGHUP with a configuration that is no good changes nothing, and says why', async () => {
	const good = await readFile(daemon.file, 'utf8');
	const config = JSON.parse(good);
	const bad = [
		[good.slice(0, -20), /chatterbox\.json/], ['', /chatterbox\.json/], ['\0\x01\xff', /chatterbox\.json/],
		['[1]', /object/], [JSON.stringify({ ...config, check_job_status_time: 0, error_retention: 5 }),
			/check_job_status_time/],
		[JSON.stringify({ ...config, limits: { reply_bytes: 'x' }, check_job_status_time: 9 }),
			/limits\.reply_bytes/],
		[JSON.stringify({ ...config, sequelize: { dialect: 'mysql' } }), /sequelize\.dialect/],
		['{"a":'.repeat(100000), /chatterbox\.json/],
	];
	const refusals = () => daemon.program.lines.filter((line) => line.includes('configuration refused')).length;
	const hang = async (why, text) => {
		const before = refusals();
		const at = daemon.program.lines.length;
		daemon.program.child.kill('SIGHUP');
		await until(`a refusal of ${text.slice(0, 50)}`, () => refusals() > before);
		assert.match(daemon.program.lines.slice(at).join('\n'), why);
		assert.equal((await daemon.get('/api/v1/summary')).json.interval.base, 1);
	};
	for (const [text, why] of bad) {
		await writeFile(daemon.file, text);
		await hang(why, text);
	}
	await rm(daemon.file);
	await hang(/chatterbox\.json/, 'a file that is not there');
	await mkdir(daemon.file);
	await hang(/chatterbox\.json/, 'a directory');
	await rm(daemon.file, { recursive: true });
	await writeFile(daemon.file, good);
	daemon.program.child.kill('SIGHUP');
	await until('the good one is taken', () => daemon.program.lines.at(-1).includes('configuration reread')
		|| daemon.program.lines.slice(-5).some((line) => line.includes('configuration reread')));
	await wordsGoOn();
});

row('37: the password is changed: what is connected stays, then refused by name and not in a storm',
	async () => {
		const [user, pass] = USER;
		await servers('rabbitmqctl', 'add_user', user, pass).catch(() => {});
		await servers('rabbitmqctl', 'change_password', user, pass);
		await servers('rabbitmqctl', 'set_permissions', '-p', place.vhost, user, '.*', '.*', '.*');
		await again({ rmq: { user, pass } });
		await servers('rabbitmqctl', 'change_password', user, 'new-password');
		await wordsGoOn();
		const tries = () => daemon.metric('chatterbox_server_errors_total', 'rmq');
		const before = await tries();
		proxy.cut();
		await until('/readyz says so', async () => {
			const { status: code, text } = await daemon.get('/readyz');
			return code === 503 && /^rmq .*DOWN.*login of user 'rotating' refused/m.test(text);
		}, 20000);
		await sleep(5000);
		const count = await tries() - before;
		assert.ok(count <= 3 * 7, `${count} tries of three connections in 5 s`);
		assert.equal((await daemon.get('/api/v1/jobs')).status, 200);
		// the password is one of the keys that need a restart, and a reload says so
		const config = await configuration();
		config.rmq.pass = 'new-password';
		await writeFile(daemon.file, JSON.stringify(config));
		daemon.program.child.kill('SIGHUP');
		await until('a warning that names the key', () => daemon.program.lines.some((line) =>
			line.includes('rmq.pass') && line.includes('restart')));
		assert.doesNotMatch(daemon.program.lines.join('\n'), /(old|new)-password/);
		await again();
		await wordsGoOn();
		await servers('rabbitmqctl', 'delete_user', user);
		await again({ rmq: { user: 'guest', pass: 'guest' } });
		await nothingLost();
	});
