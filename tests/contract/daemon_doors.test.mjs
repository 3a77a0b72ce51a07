// SPDX-License-Identifier: MIT
// daemon_doors.test.mjs - hostile clients at the HTTP door, by raw sockets: each costs only itself
//
// While they are at it, a normal client asks twenty times a second, by a new connection each time, and
// has to be answered each time. Its worst time is printed. Attackers have addresses of their own,
// since one address may have 128 connections only; limits are those of SECURITY.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { before, test } from 'node:test';
import { sleep, start, until } from './daemon_kit.mjs';

const patience = Number(process.env.CBX_TEST_PATIENCE || 4) / 4;
const TOKEN = 'a-token-for-writing';
let daemon;
let port;

before(async () => {
	daemon = await start(['--demo=60'], { NLCONF_HTTP_SERVER__TOKEN: TOKEN });
	port = Number(new URL(daemon.url).port);
});

function ask(path) {
	return new Promise((resolve, reject) => {
		const asked = request({ host: '127.0.0.1', port, path, agent: false, timeout: 20000 * patience }, (answer) => {
			answer.resume();
			answer.on('end', () => resolve(answer.statusCode));
		});
		asked.on('timeout', () => asked.destroy(new Error('no answer')));
		asked.on('error', reject);
		asked.end();
	});
}

/** The normal client, until its stop() is called: the count and the worst of its answers, in ms */
function normalClient() {
	const seen = { answers: 0, worst: 0 };
	let stopping = false;
	const done = (async () => {
		while (!stopping) {
			const begun = performance.now();
			assert.equal(await ask(seen.answers % 2 ? '/livez' : '/api/v1/summary'), 200);
			seen.worst = Math.max(seen.worst, performance.now() - begun);
			seen.answers += 1;
			await sleep(50);
		}
		return seen;
	})();
	done.catch(() => {}); // it is heard of by stop()
	return { stop: () => { stopping = true; return done; } };
}

/** What @attack costs the others */
async function meanwhile(t, attack) {
	const client = normalClient();
	const result = await attack();
	const { answers, worst } = await client.stop();
	t.diagnostic(`a normal client got ${answers} answers, the slowest in ${worst.toFixed(1)} ms`);
	assert.ok(answers >= 1 && worst < 20000 * patience, `${answers} answers, ${worst} ms`);
	return result;
}

/** A socket of an attacker: what it got, and when it was closed (ms since its begin) */
function attacker(address, bytes) {
	const socket = connect({ host: '127.0.0.1', port, localAddress: address });
	const one = { socket, got: '', length: 0, begun: performance.now(), closed: undefined };
	socket.on('error', () => {});
	socket.on('data', (data) => {
		one.length += data.length;
		if (one.got.length < 65536) one.got += data;
	});
	one.end = new Promise((resolve) => {
		socket.on('close', () => { one.closed = performance.now() - one.begun; resolve(one); });
	});
	if (bytes) socket.write(bytes);
	return one;
}

const HALF = 'GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nX-';
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(
	readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'))[1]) / 1024;

test('1 100 half requests of one address hold 128 connections, and not for long', async (t) => {
	await meanwhile(t, async () => {
		const all = Array.from({ length: 1100 }, () => attacker('127.0.0.2', HALF));
		await until(() => all.filter((one) => one.closed === undefined).length <= 128, 10000, '128 are left');
		await sleep(1000);
		assert.equal(all.filter((one) => one.closed === undefined).length, 128);
		await until(() => all.every((one) => one.closed !== undefined), 20000, 'none is left');
	});
});

test('1 100 half requests of ten addresses lock nobody out', async (t) => {
	await meanwhile(t, async () => {
		const all = [];
		for (let i = 0; i < 1100; i++) {
			all.push(attacker(`127.0.1.${1 + (i % 10)}`, HALF));
			if (i % 20 === 0) await sleep(20);
		}
		await sleep(2000);
		const left = all.filter((one) => one.closed === undefined).length;
		assert.ok(left <= 385, `${left} are left`);
		await until(() => all.every((one) => one.closed !== undefined), 20000, 'none is left');
	});
});

/** Sends a byte a second until it is thrown out; after how long, in ms */
async function drip(address, begin, byte) {
	const one = attacker(address, begin);
	const timer = setInterval(() => one.socket.writable && one.socket.write(byte), 1000);
	await one.end;
	clearInterval(timer);
	return one.closed;
}

/** Asks a lot and reads nothing; whether all that was asked for came at last */
async function readNothing(address) {
	const one = attacker(address);
	one.socket.pause();
	const wanted = 400;
	one.socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(wanted));
	await sleep(25000);
	const size = (await (await daemon.get('/openapi.json')).text()).length;
	one.socket.resume();
	await one.end;
	return { got: one.length, wanted: wanted * size };
}

test('who drips bytes or does not read is dropped', async (t) => {
	await meanwhile(t, async () => {
		const many = (count, make) => Promise.all(Array.from({ length: count }, make));
		const body = `PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n`
			+ 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{';
		const [heads, bodies, readers] = await Promise.all([
			many(40, () => drip('127.0.2.1', HALF, 'a')),
			many(40, () => drip('127.0.2.2', body, ' ')),
			many(4, () => readNothing('127.0.2.3')),
		]);
		for (const ms of [...heads, ...bodies])
			assert.ok(ms > 25000 && ms < 60000 * patience, `dropped after ${ms} ms`);
		for (const { got, wanted } of readers)
			assert.ok(got < wanted, `${got} of ${wanted} bytes`);
		t.diagnostic(`dropped after ${Math.max(...heads, ...bodies).toFixed(0)} ms at the latest`);
	});
});

test('what is too long is refused as a problem, and says how long it may be', async () => {
	for (const [path, headers, code] of [
		[`/api/v1/jobs?q=${'a'.repeat(4100)}`, {}, 414],
		[`/${'a'.repeat(4100)}`, {}, 414],
		['/api/v1/jobs', { 'X-Long': 'a'.repeat(8200) }, 431],
		['/api/v1/jobs', Object.fromEntries(Array.from({ length: 90 },
			(_, i) => [`X-${i}`, 'a'.repeat(100)])), 431],
	]) {
		const answer = await daemon.get(path, { headers });
		const problem = await answer.json();
		assert.equal(answer.status, code);
		assert.equal(answer.headers.get('content-type'), 'application/problem+json');
		assert.match(problem.detail, /may have \d+ bytes at most/);
	}
	const long = `/api/v1/jobs?q=${'a'.repeat(3900)}`;
	assert.equal((await daemon.get(long, { headers: { 'X-Long': 'a'.repeat(4000) } })).status, 200);
});

/** Writes @piece again and again, @count times at most, until the other side has had enough */
async function flood(address, begin, piece, count) {
	const one = attacker(address, begin);
	let sent = 0;
	for (; sent < count && one.closed === undefined && one.socket.writable; sent++)
		if (!one.socket.write(piece))
			await Promise.race([one.end, new Promise((ok) => { one.socket.once('drain', ok); }), sleep(5000)]);
	one.socket.end();
	await one.end;
	return { code: Number(/^HTTP\/1.1 (\d+)/.exec(one.got)?.[1]), sent: sent * piece.length };
}

test('endless headers, URLs and bodies are cut, and cost no memory', async (t) => {
	const piece = 'a'.repeat(65536);
	const write = `PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n`
		+ 'Content-Type: application/json\r\n';
	const chunk = `10000\r\n${piece}\r\n`;
	const before = memory();
	const most = { value: 0 };
	const watch = setInterval(() => { most.value = Math.max(most.value, memory()); }, 20);
	const results = await meanwhile(t, () => Promise.all([
		flood('127.0.3.1', 'GET / HTTP/1.1\r\nHost: x\r\nX-Long: ', piece, 160),          // 10 MB
		flood('127.0.3.2', 'GET /', piece, 160),
		flood('127.0.3.3', `${write}Content-Length: 104857600\r\n\r\n`, piece, 1600),    // 100 MB
		flood('127.0.3.4', `${write}Transfer-Encoding: chunked\r\n\r\n`, chunk, 1600),
		flood('127.0.3.5', 'GET / HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'.repeat(8192), 160),
	]));
	clearInterval(watch);
	t.diagnostic(`memory ${before.toFixed(1)} MB before, ${most.value.toFixed(1)} MB at most; taken: ${
		results.map(({ sent, code }) => `${sent} bytes (${code || 'cut'})`).join(', ')}`);
	for (const { sent } of results)
		assert.ok(sent < 9e6, `${sent} bytes went through`); // socket buffers hold some
	assert.ok([413, NaN].some((code) => Object.is(code, results[2].code)), `code ${results[2].code}`);
	assert.ok(most.value - before < 32 * patience, `grew from ${before} to ${most.value} MB`);
});

test('no bytes of any kind end it', async () => {
	for (const bytes of ['\0\0\0\0', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'GET\r\n\r\n', '\r\n'.repeat(5000),
		'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n',
		'PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
		'PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
		'PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
		'PUT /api/v1/interval HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n']) {
		const one = attacker('127.0.4.1', Buffer.from(bytes, 'latin1'));
		one.socket.end();
		await one.end;
		assert.doesNotMatch(one.got, /^HTTP\/1.1 [25]00/, JSON.stringify(bytes));
		assert.equal(await ask('/livez'), 200);
	}
});

test('nothing is left behind, and no token was logged', async () => {
	const fds = async () => Number(/^process_open_fds (\d+)/m.exec(await (await daemon.get('/metrics')).text())[1]);
	await until(async () => await fds() < 40, 20000, 'few descriptors');
	assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
	assert.doesNotMatch(daemon.stdout + daemon.stderr, new RegExp(TOKEN));
});
