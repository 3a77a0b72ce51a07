// SPDX-License-Identifier: MIT
// names.test.mjs - rows 41 and 48: the DNS server stops answering, and a server that is known by name goes away
//
// chatterboxd runs in a mount namespace whose resolv.conf names a DNS server of this test's own, which
// knows three names and at some time says nothing any more. Whoever waits for it waits for half a
// minute and more; the loops must not.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after } from 'node:test';
import { sleep } from '../servers/e2e/place.mjs';
import { Proxy } from './proxy.mjs';
import { allTold, changeAll, daemon, hdms, job, nothingLost, ready, row, setting, status, time, until }
	from './rows.mjs';

const SYSTEMS = Array.from({ length: 5 }, (_, i) => `D${i}`);
const NAMES = { redis: 'redis.test', rmq: 'rmq.test', sql: 'sql.test' };
// Port 53 of an address of this machine that nobody else uses
const ADDRESS = `127.${100 + process.pid % 100}.${process.pid % 251}.53`;
const proxies = {};

/** A DNS server that answers A with 127.0.0.2 and 127.0.0.1, where nobody and the servers listen */
class Dns {
	static async open() {
		const dns = new Dns();
		dns.silent = false;
		dns.socket = createSocket('udp4', (query, from) => dns.answer(query, from));
		await new Promise((done, failed) => {
			dns.socket.once('error', failed);
			dns.socket.bind(53, ADDRESS, done);
		});
		return dns;
	}

	answer(query, from) {
		if (this.silent) return;
		let end = 12;
		while (query[end]) end += query[end] + 1;
		const addresses = query.readUInt16BE(end + 1) === 1 ? [[127, 0, 0, 2], [127, 0, 0, 1]] : [];
		const header = Buffer.from(query.subarray(0, 12));
		header.writeUInt16BE(0x8180, 2);
		[1, addresses.length, 0, 0].forEach((n, i) => header.writeUInt16BE(n, 4 + 2 * i));
		const answers = addresses.map((ip) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip]));
		this.socket.send(Buffer.concat([header, query.subarray(12, end + 5), ...answers]), from.port, from.address);
	}

	close() { return new Promise((done) => { this.socket.close(done); }); }
}

let dns;
let program;
setting('names', 13, SYSTEMS, () => ({
	check_job_status_time: 1,
	redis: { host: NAMES.redis, port: proxies.redis.port }, rmq: { host: NAMES.rmq, port: proxies.rmq.port },
	sequelize: { host: NAMES.sql, port: proxies.sql.port } }), async () => {
	dns = await Dns.open();
	for (const [name, port] of [['redis', 'REDIS'], ['rmq', 'RMQ'], ['sql', 'PG']])
		proxies[name] = await Proxy.open(Number(process.env[`CBX_TEST_${port}_PORT`]));
	await intoNamespace();
	return {};
});
after(async () => {
	process.env.CBX_E2E_DAEMON = program;
	for (const proxy of Object.values(proxies)) await proxy.close();
	await dns?.close();
});

/** What is started as chatterboxd runs in a mount namespace with resolv.conf and nsswitch.conf of its own */
async function intoNamespace() {
	const dir = process.env.CBX_TEST_DIR;
	const [resolv, nsswitch, wrapper] = ['resolv.conf', 'nsswitch.conf', 'chatterboxd-names']
		.map((name) => join(dir, name));
	program = process.env.CBX_E2E_DAEMON;
	await writeFile(resolv, `nameserver ${ADDRESS}\noptions timeout:30 attempts:2\n`);
	await writeFile(nsswitch, 'hosts: files dns\n');
	await writeFile(wrapper, '#!/bin/sh\nexec unshare -m sh -c \'mount --bind "$1" /etc/resolv.conf && '
		+ 'mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"\' sh '
		+ `${resolv} ${nsswitch} ${program} "$@"\n`);
	await chmod(wrapper, 0o755);
	process.env.CBX_E2E_DAEMON = wrapper;
}

const questions = () => daemon.metric('chatterbox_rpc_requests_total');

/** /livez is 200 for @ms, and mostly quick: a busy machine may let one wait */
async function lives(ms) {
	const end = Date.now() + ms;
	const times = [];
	while (Date.now() < end) {
		times.push(await time(async () => assert.equal((await daemon.get('/livez')).status, 200)));
		await sleep(250);
	}
	times.sort((a, b) => a - b);
	assert.ok(times[times.length >> 1] < 1000, `${times.map(Math.round)} ms`);
}

/** @name goes away while its name can't be looked up; then both are back */
async function goneWhileSilent(name, others) {
	dns.silent = true;
	const [rmqBefore, questionsBefore] = [await daemon.metric('chatterbox_reconnects_total', '"rmq"'),
		await questions()];
	await proxies[name].refuse();
	await until(`it looks for ${name}`, async () =>
		new RegExp(`^${name} .*looking up ${NAMES[name]}`, 'm').test((await daemon.get('/readyz')).text), 20000);
	await others(questionsBefore);
	await lives(15000);
	if (name !== 'rmq')
		assert.equal(await daemon.metric('chatterbox_reconnects_total', '"rmq"'), rmqBefore,
			'the healthy links to the broker stay');
	await proxies[name].pass();
	dns.silent = false;
}

row('41: the DNS server is silent, and Redis goes away', async () => {
	const words = [];
	await goneWhileSilent('redis', async (before) => {
		words.push(...await changeAll(SYSTEMS));
		await allTold(words, 20000);
		await until('questions go on', async () => await questions() - before > 5 * SYSTEMS.length, 20000);
	});
	await ready(90000);
	await nothingLost({ stream: false });
});

row('41: the DNS server is silent, and the broker goes away', async () => {
	await goneWhileSilent('rmq', async () => {
		assert.equal((await daemon.get('/api/v1/jobs')).json.jobs.length, SYSTEMS.length);
	});
	const words = await changeAll(SYSTEMS);
	await ready(90000);
	await allTold(words, 60000);
});

row('41: the DNS server is silent, and PostgreSQL goes away', async () => {
	await goneWhileSilent('sql', async () => {
		assert.equal((await daemon.get('/api/v1/jobs')).json.jobs.length, SYSTEMS.length);
	});
	const words = await changeAll(SYSTEMS);
	await ready(90000);
	await allTold(words, 60000);
	await nothingLost({ stream: false });
});

row('41: SIGTERM while names are looked up', async () => {
	dns.silent = true;
	await proxies.redis.refuse();
	await until('it looks for Redis', async () => /looking up redis\.test/.test((await daemon.get('/readyz')).text), 20000);
	assert.equal(await daemon.program.stop(12000), 0, 'in time');
	await proxies.redis.pass();
	dns.silent = false;
	await daemon.start();
	hdms.set('D0', job('D0', 1, status));
});

row('48: the first of two hosts never answers', async () => {
	const deaf = [];
	const config = JSON.parse(await readFile(daemon.file, 'utf8'));
	for (const [section, { port }] of Object.entries({ redis: proxies.redis, rmq: proxies.rmq, sequelize: proxies.sql })) {
		config[section].host = '127.0.0.9,127.0.0.1';
		const server = createServer({ pauseOnConnect: true });
		await new Promise((done) => { server.listen(port, '127.0.0.9', done); });
		deaf.push(server);
	}
	assert.equal(await daemon.program.stop(), 0);
	await writeFile(daemon.file, JSON.stringify(config));
	daemon.launch();
	await daemon.ready(60000);
	const words = await changeAll(SYSTEMS);
	await allTold(words, 20000);
	assert.equal(await daemon.program.stop(), 0);
	for (const server of deaf) server.close();
	await daemon.start();
});
