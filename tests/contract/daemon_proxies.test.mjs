// SPDX-License-Identifier: MIT
// daemon_proxies.test.mjs - behind a real HAProxy and a real nginx, as docs/proxies.md shows them: below a path,
// HTTP/2 and TLS in front, live events as they come
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Authority } from '../kit/ca.mjs';
import { freePort } from '../kit/servers/ports.mjs';
import { privateDirectory, start, until } from './daemon_kit.mjs';

const DOCUMENT = new URL('../../docs/proxies.md', import.meta.url);
const PREFIX = '/noc/chatterbox';
const TOKEN = 'a-token-of-the-test';
const dir = privateDirectory();
const authority = new Authority(dir, 'right');
const ca = readFileSync(authority.cert);
const pair = authority.issue('DNS:localhost');
const both = join(dir, 'both.pem');
writeFileSync(both, readFileSync(pair.cert, 'utf8') + readFileSync(pair.key, 'utf8'));
const running = [];
after(() => running.forEach((child) => child.kill('SIGKILL')));

/** The block of the document that begins with this comment, with our addresses in the place of its own */
function shown(name, port, upstream) {
	const text = readFileSync(DOCUMENT, 'utf8');
	const block = new RegExp('```\\n(# ' + name + '\\n[^`]+)```').exec(text)?.[1];
	assert.ok(block, `${name} in docs/proxies.md`);
	return block.replaceAll('127.0.0.1:3041', `127.0.0.1:${upstream}`)
		.replace(/\*:443|443 ssl/, (was) => (was === '*:443' ? `127.0.0.1:${port}` : `127.0.0.1:${port} ssl`))
		.replace('/etc/haproxy/noc.pem', both).replace('/etc/nginx/noc.pem', pair.cert)
		.replace('/etc/nginx/noc.key', pair.key);
}

/** Runs a proxy; what it said is in the error when it does not answer */
async function front(program, args, port) {
	const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
	let said = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
	running.push(child);
	const session = await until(() => new Promise((resolve) => {
		if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
		const one = connect(`https://localhost:${port}`, { ca, family: 4 });
		one.once('error', () => resolve(false));
		one.once('connect', () => resolve(one));
	}), 5000, `${program} answers`);
	session.on('error', () => {});
	return session;
}

async function haproxy(upstream, change = (text) => text) {
	const port = await freePort();
	const file = join(dir, `haproxy-${port}.cfg`);
	writeFileSync(file, change(shown('haproxy.cfg', port, upstream)));
	return front('haproxy', ['-db', '-f', file], port);
}

async function nginx(upstream, change = (text) => text) {
	const port = await freePort();
	const file = join(dir, `nginx-${port}.conf`);
	const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
		.map((name) => `${name}_temp_path ${dir}/${name}-${port};`).join('\n');
	writeFileSync(file, `daemon off;\nmaster_process off;\npid ${dir}/nginx-${port}.pid;\n`
		+ `error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${places}\n`
		+ `${change(shown('nginx.conf', port, upstream))}\n}\n`);
	return front('nginx', ['-p', dir, '-e', 'stderr', '-c', file], port);
}

/** One request over HTTP/2: { status, headers, text } */
function ask(session, path, { method = 'GET', body, ...headers } = {}) {
	return new Promise((resolve, reject) => {
		const stream = session.request({ ':path': path, ':method': method, ...headers });
		let text = '';
		let answer;
		stream.setEncoding('utf8');
		stream.on('response', (got) => { answer = got; });
		stream.on('data', (part) => { text += part; });
		stream.on('end', () => resolve({ status: answer[':status'], headers: answer, text }));
		stream.on('error', reject);
		stream.end(body);
	});
}

/** A stream of events as it comes: { text, close() } */
function events(session, path, headers = {}) {
	const stream = session.request({ ':path': path, accept: 'text/event-stream', ...headers });
	const seen = { text: '', close: () => stream.close() };
	stream.setEncoding('utf8');
	stream.on('response', (got) => { seen.status = got[':status']; seen.type = got['content-type']; });
	stream.on('data', (part) => { seen.text += part; });
	stream.on('error', () => {});
	return seen;
}

/** Below the prefix: the page with all that it links to, the API, a write, an unknown path */
async function serves(session) {
	const { status, headers: { location } } = await ask(session, PREFIX);
	assert.ok([301, 302, 307, 308].includes(status), `${status}`);
	assert.equal(new URL(location, `https://localhost${PREFIX}`).pathname, `${PREFIX}/`);
	const page = await ask(session, `${PREFIX}/`);
	assert.equal(page.status, 200);
	const links = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, link]) => link);
	assert.ok(links.length > 2);
	for (const link of links) {
		const { pathname } = new URL(link, `https://localhost${PREFIX}/`);
		assert.ok(pathname.startsWith(`${PREFIX}/`), link);
		assert.equal((await ask(session, pathname)).status, 200, link);
	}
	const { jobs } = JSON.parse((await ask(session, `${PREFIX}/api/v1/jobs?limit=5`)).text);
	assert.equal(jobs.length, 5);
	const packed = await ask(session, `${PREFIX}/api/v1/jobs?limit=100`, { 'accept-encoding': 'gzip' });
	assert.equal(packed.headers['content-encoding'], 'gzip');
	const interval = { method: 'PUT', body: '{"seconds":7}', 'content-type': 'application/json' };
	assert.equal((await ask(session, `${PREFIX}/api/v1/interval`, interval)).status, 401);
	assert.equal((await ask(session, `${PREFIX}/api/v1/interval`,
		{ ...interval, authorization: `Bearer ${TOKEN}` })).status, 200);
	assert.equal((await ask(session, `${PREFIX}/api/v1/nothing`)).status, 404);
	assert.notEqual((await ask(session, '/api/v1/jobs')).status, 200, 'nothing of it beside the prefix');
}

/** A stream that has nothing to tell begins with a comment and has another one every 15 s, or is held back */
const comes = (quiet) => until(() => (quiet.text.match(/^:/mg) ?? []).length > 1, 8000,
	'the second comment of a quiet stream');

/** Events come as they are told, hundreds of streams over few connections, and a lost stream resumes */
async function streams(session) {
	const quiet = events(session, `${PREFIX}/api/v1/events?system=NOBODY`);
	const live = events(session, `${PREFIX}/api/v1/events`);
	await until(() => /^id: .+$/m.test(live.text), 10000, 'an event');
	assert.equal(live.status, 200);
	assert.match(live.type, /^text\/event-stream/);
	const [, first] = /^id: (.+)$/m.exec(live.text);
	await until(() => (live.text.match(/^id: /mg) ?? []).length > 5, 10000, 'more events');
	live.close();
	const ids = [...live.text.matchAll(/^id: (.+)$/mg)].map(([, id]) => id);
	const again = events(session, `${PREFIX}/api/v1/events`, { 'last-event-id': first });
	await until(() => again.text.includes(ids[4]), 10000, 'those that were missed');
	assert.deepEqual([...again.text.matchAll(/^id: (.+)$/mg)].map(([, id]) => id).slice(0, 4), ids.slice(1, 5));
	again.close();
	await comes(quiet);
	quiet.close();
}

const portOf = (daemon) => Number(new URL(daemon.url).port);

/** With jobs to show, so that an answer is worth packing */
async function demo(prefix = '') {
	const daemon = await start(['--demo=20'], { NLCONF_HTTP_SERVER__TOKEN: TOKEN, NLCONF_HTTP_SERVER__BASE_PATH: prefix });
	await until(async () => (await daemon.get(`${prefix}/readyz`)).status === 200
		&& (await daemon.json(`${prefix}/api/v1/jobs`)).total > 20, 10000, 'jobs');
	return daemon;
}

test('behind HAProxy, which passes the path on as it is', async () => {
	const daemon = await demo(PREFIX);
	const session = await haproxy(portOf(daemon));
	await serves(session);
	await streams(session);
	session.destroy();
	await daemon.stop();
});

test('behind nginx, which strips it', async () => {
	const daemon = await demo();
	const session = await nginx(portOf(daemon));
	await serves(session);
	await streams(session);
	session.destroy();
	await daemon.stop();
});

test('what a client says of its address moves no limit', async () => {
	const daemon = await demo();
	const { connect: plain } = await import('node:net');
	let cut = 0;
	const all = Array.from({ length: 140 }, (_, i) => {
		const socket = plain({ host: '127.0.0.1', port: portOf(daemon) });
		socket.on('error', () => {});
		socket.on('close', () => { cut += 1; });
		socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.${i}\r\nForwarded: for=192.0.2.${i}\r\n`);
		return socket;
	});
	await until(() => cut >= 12, 5000, 'those over 128 of one address are cut');
	all.forEach((socket) => socket.destroy());
	await daemon.stop();
});
