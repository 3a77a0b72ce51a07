// SPDX-License-Identifier: MIT
// proxy.test.mjs - each fault of the proxy as a plain client and a plain server see it

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { Proxy } from './proxy.mjs';
import { sleep, until } from '../servers/e2e/place.mjs';

let echo; // gives back what it gets, and keeps it
let heard;
let proxy;
const clients = [];

before(async () => {
	echo = createServer((socket) => {
		const mine = { bytes: Buffer.alloc(0), ended: false };
		heard.push(mine);
		socket.on('data', (chunk) => {
			mine.bytes = Buffer.concat([mine.bytes, chunk]);
			socket.write(chunk);
		});
		socket.on('error', (error) => { mine.error = error.code; });
		socket.on('close', () => { mine.ended = true; });
	});
	heard = [];
	echo.listen(0, '127.0.0.1');
	await once(echo, 'listening');
	proxy = await Proxy.open(echo.address().port);
});

afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await proxy.pass();
	await until('no connections', () => proxy.pairs.size === 0 && heard.every((one) => one.ended));
	heard = [];
});

after(async () => {
	await proxy.close();
	echo.close();
});

async function connect() {
	const client = { text: '', socket: createConnection(proxy.port, '127.0.0.1') };
	client.socket.setNoDelay(true);
	client.socket.on('data', (chunk) => { client.text += chunk.toString('latin1'); });
	client.socket.on('error', (error) => { client.error = error.code; });
	client.socket.on('close', () => { client.ended = true; });
	clients.push(client);
	await once(client.socket, 'connect').catch(() => {});
	return client;
}

async function says(client, text, reply = text) {
	client.text = '';
	client.socket.write(text);
	await until(`the echo of ${text.slice(0, 20)}`, () => client.text === reply, 5000);
}

test('pass: both ways, and the end', async () => {
	const client = await connect();
	await says(client, 'hello');
	await says(client, 'x'.repeat(1000000));
	client.socket.end();
	await until('the end arrives', () => client.ended && heard[0].ended);
	assert.equal(client.error, undefined);
});

test('delay: later, and in order', async () => {
	const client = await connect();
	proxy.delay(150, 50, 'up');
	const begin = Date.now();
	for (const letter of 'abcdefgh') {
		client.socket.write(letter);
		await sleep(5);
	}
	await until('all of it', () => client.text.length === 8);
	assert.equal(client.text, 'abcdefgh');
	assert.ok(Date.now() - begin >= 100, `${Date.now() - begin} ms`);
	await proxy.pass();
	await says(client, 'quick');
});

test('slow: so many bytes a second, and its sender is held back', async () => {
	const client = await connect();
	proxy.slow(20000, 'down');
	const begin = Date.now();
	await says(client, 'x'.repeat(10000));
	assert.ok(Date.now() - begin >= 400, `${Date.now() - begin} ms`);
});

test('cut: now, a reset for both', async () => {
	const client = await connect();
	await says(client, 'hello');
	proxy.cut();
	await until('both ended', () => client.ended && heard[0].ended);
	assert.equal(client.error, 'ECONNRESET');
	assert.equal(heard[0].error, 'ECONNRESET');
	await says(await connect(), 'a new one passes');
});

test('cut: after so many bytes, also of connections to come', async () => {
	const first = await connect();
	await says(first, 'before');
	proxy.cut(7, 'down');
	const second = await connect();
	for (const client of [first, second]) {
		client.text = '';
		client.socket.write('0123456789');
		await until('the end', () => client.ended);
		assert.equal(client.text, '0123456');
	}
});

for (const [way, heardByServer] of [['up', ''], ['down', 'lost'], ['both', '']]) {
	test(`swallow ${way}: nothing arrives, nothing ends; after it a reset`, async () => {
		const client = await connect();
		await says(client, 'hello');
		proxy.swallow(way);
		client.socket.write('lost');
		await sleep(100);
		assert.equal(client.text, 'hello');
		assert.equal(heard[0].bytes.toString(), `hello${heardByServer}`);
		assert.ok(!client.ended && !heard[0].ended);
		if (way !== 'down') {
			client.socket.destroy();
			await sleep(100);
			assert.ok(!heard[0].ended, 'its end is swallowed too');
		}
		await proxy.pass();
		await until('both ended', () => client.ended && heard[0].ended);
	});
}

test('strip: what is left out does not arrive, the rest does; after it a reset if there was any', async () => {
	const [spared, stripped] = [await connect(), await connect()];
	proxy.strip((chunk) => (chunk.includes('bad') ? Buffer.from(chunk.toString().replace('bad', '')) : chunk), 'up');
	await says(spared, 'all good');
	await says(stripped, 'a bad word', 'a  word');
	stripped.socket.write('bad');
	await says(stripped, 'the end');
	await proxy.pass();
	await until('a reset', () => stripped.error === 'ECONNRESET');
	await says(spared, 'still good');
});

test('stall: nothing is lost, nothing arrives until it passes again', async () => {
	const client = await connect();
	await says(client, 'hello');
	proxy.stall('up');
	client.text = '';
	client.socket.write('later');
	await sleep(100);
	assert.equal(client.text, '');
	await proxy.pass();
	await until('all of it', () => client.text === 'later');
});

test('corrupt: one byte, counted from now', async () => {
	const client = await connect();
	await says(client, 'hello');
	proxy.corrupt(2, 'down');
	const bad = String.fromCharCode('c'.charCodeAt(0) ^ 0xff);
	await says(client, 'abcdef', `ab${bad}def`);
	await says(client, 'abcdef');
});

test('refuse: new ones are refused, and then taken at the same port', async () => {
	const old = await connect();
	await says(old, 'hello');
	await proxy.refuse({ cut: false });
	assert.equal((await connect()).error, 'ECONNREFUSED');
	await says(old, 'the old one lives');
	await proxy.refuse();
	await until('the old one is reset', () => old.error === 'ECONNRESET');
	await proxy.pass();
	await says(await connect(), 'hello');
});

test('watch: seen before it is passed on, lost or held on request', async () => {
	const client = await connect();
	await says(client, 'hello');
	let times = 0;
	const end = proxy.watch('up', 'magic', () => { times += 1; return times !== 2; });
	await says(client, 'a magic word');
	client.text = '';
	client.socket.write('magic');
	await until('seen twice', () => times === 2);
	await says(client, 'plain');
	end();
	let release;
	proxy.once('up', 'hold', () => new Promise((resolve) => { release = resolve; }));
	client.text = '';
	client.socket.write('hold it');
	await until('held', () => release);
	client.socket.write(' and this');
	await sleep(50);
	assert.equal(client.text, '');
	release();
	await until('all of it, in order', () => client.text === 'hold it and this');
	const seen = proxy.once('down', 'last', (pair) => { pair.reset(); return false; });
	client.socket.write('the last word');
	await seen.passed;
	await until('reset', () => client.error === 'ECONNRESET');
	assert.equal(client.text, 'hold it and this');
});
