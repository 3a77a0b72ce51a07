// SPDX-License-Identifier: MIT
// daemon_tls.test.mjs - HTTPS: the right certificate is shown, changed by SIGHUP, and never anything
// weaker than TLS 1.2; files that can't be used are refused by name
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { Authority } from '../kit/ca.mjs';
import { privateDirectory, run, start, until } from './daemon_kit.mjs';

const dir = privateDirectory();
const authority = new Authority(dir, 'right');
const stranger = new Authority(dir, 'wrong');
const ca = readFileSync(authority.cert);
const place = { cert: join(dir, 'server.pem'), key: join(dir, 'server.key') };

function put({ cert, key }) {
	copyFileSync(cert, place.cert);
	copyFileSync(key, place.key);
}

const settings = (more = {}) => ({ NLCONF_HTTP_SERVER__TLS__CERT: place.cert,
	NLCONF_HTTP_SERVER__TLS__KEY: place.key, NLCONF_HTTP_SERVER__TOKEN: 'secret-of-tls', ...more });

/** GET /livez: { code, serial } or the error's code */
function ask(daemon, options = {}) {
	return new Promise((resolve) => {
		const asked = request({ host: '127.0.0.1', port: new URL(daemon.url).port, path: '/livez', agent: false,
			servername: 'localhost', ca, ...options }, (answer) => {
			const { serialNumber: serial } = answer.socket.getPeerCertificate();
			answer.resume();
			answer.on('end', () => resolve({ code: answer.statusCode, serial, protocol: answer.socket.getProtocol() }));
		});
		asked.on('error', (error) => resolve(error.code));
		asked.end();
	});
}

test('HTTPS is served to who trusts the right authority, and TLS 1.2 is the least', async () => {
	put(authority.issue('DNS:localhost'));
	const daemon = await start(['--demo=2'], settings());
	assert.match(daemon.url, /^https:/);
	assert.equal((await ask(daemon)).code, 200);
	assert.equal((await ask(daemon, { maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
	assert.equal((await ask(daemon)).protocol, 'TLSv1.3');
	const old = await ask(daemon, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
	assert.match(String(old), /ALERT|PROTOCOL|ECONNRESET/);
	assert.equal(await ask(daemon, { ca: readFileSync(stranger.cert) }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
	assert.equal(await ask(daemon, { servername: 'other.example' }), 'ERR_TLS_CERT_ALTNAME_INVALID');
	const plain = await fetch(daemon.url.replace('https:', 'http:')).catch((error) => error);
	assert.ok(plain instanceof Error, 'no plain HTTP at the port of HTTPS');
	await daemon.stop();
});

test('the metrics say when the certificate ends', async () => {
	const ends = async (daemon) => {
		const text = await new Promise((resolve, reject) => {
			request({ host: '127.0.0.1', port: new URL(daemon.url).port, path: '/metrics', agent: false,
				servername: 'localhost', ca }, (answer) => {
				let all = '';
				answer.on('data', (part) => { all += part; });
				answer.on('end', () => resolve(all));
			}).on('error', reject).end();
		});
		const found = [...text.matchAll(/^chatterbox_certificate_not_after_timestamp_seconds\{server="http"\} (\d+)$/mg)];
		assert.equal(found.length, 1);
		return (found[0][1] - Date.now() / 1000) / 86400;
	};
	put(authority.issue('DNS:localhost', 20));
	const daemon = await start(['--demo=2'], settings());
	assert.ok(Math.abs(await ends(daemon) - 20) < 0.1);
	put(authority.issue('DNS:localhost', 7));
	daemon.child.kill('SIGHUP');
	await until(async () => Math.abs(await ends(daemon) - 7) < 0.1, 5000, 'the end of the new one');
	await daemon.stop();
});

test('half a handshake harms nobody', async () => {
	put(authority.issue('DNS:localhost'));
	const daemon = await start(['--demo=2'], settings());
	const { port } = new URL(daemon.url);
	const { connect: plain } = await import('node:net');
	const all = Array.from({ length: 200 }, (_, i) => {
		const socket = plain({ host: '127.0.0.1', port, localAddress: `127.0.5.${1 + (i % 4)}` });
		socket.on('error', () => {});
		socket.write('\x16\x03\x01');
		return socket;
	});
	for (let i = 0; i < 20; i++)
		assert.equal((await ask(daemon)).code, 200);
	all.forEach((socket) => socket.destroy());
	await daemon.stop();
});

test('SIGHUP shows a new certificate; who is connected stays so; a wrong one is refused', async () => {
	put(authority.issue('DNS:localhost'));
	const daemon = await start(['--demo=2'], settings());
	const { serial } = await ask(daemon);
	const long = connect({ host: '127.0.0.1', port: new URL(daemon.url).port, servername: 'localhost', ca });
	await new Promise((done) => { long.once('secureConnect', done); });

	put(authority.issue('DNS:localhost'));
	daemon.child.kill('SIGHUP');
	const now = await until(async () => {
		const answer = await ask(daemon);
		return answer.serial !== serial && answer;
	}, 5000, 'the new certificate');
	assert.equal(now.code, 200);
	let got = '';
	long.on('data', (data) => { got += data; });
	long.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await until(() => got.startsWith('HTTP/1.1 200'), 5000, 'an answer on the old connection');
	long.destroy();

	copyFileSync(stranger.issue('DNS:localhost').key, place.key);
	daemon.child.kill('SIGHUP');
	await until(() => /configuration refused, the old one stays: http_server\.tls\.key: can't use \S+: it is not the key/
		.test(daemon.stdout), 5000, 'the refusal');
	assert.equal((await ask(daemon)).serial, now.serial);
	await daemon.stop();
	assert.doesNotMatch(daemon.stdout + daemon.stderr, /secret-of-tls/);
});

test('a certificate that ends soon or has ended is warned of', async () => {
	for (const [days, words] of [[5, /expires in [45] days/], [-1, /has expired/]]) {
		put(authority.issue('DNS:localhost', days));
		const daemon = await start(['--demo=2'], settings());
		assert.match(daemon.stdout, words);
		await daemon.stop();
	}
});

test('files that can not be used are 78 and named', () => {
	const good = authority.issue('DNS:localhost');
	const secret = 'canary-in-a-key-file';
	const bad = join(dir, 'bad.pem');
	writeFileSync(bad, `${secret}\n`);
	for (const [more, words] of [
		[{ NLCONF_HTTP_SERVER__TLS__CERT: join(dir, 'absent') }, /http_server\.tls\.cert: can't use .*absent: No such file/],
		[{ NLCONF_HTTP_SERVER__TLS__CERT: bad }, /http_server\.tls\.cert: can't use .*bad\.pem/],
		[{ NLCONF_HTTP_SERVER__TLS__KEY: bad }, /http_server\.tls\.key: can't use .*bad\.pem/],
		[{ NLCONF_HTTP_SERVER__TLS__KEY: stranger.issue('DNS:x').key }, /http_server\.tls\.key: .*it is not the key/],
		[{ NLCONF_HTTP_SERVER__TLS__KEY: '' }, /http_server\.tls\.key: got nothing/],
	]) {
		put(good);
		const { code, stdout, stderr } = run(['--demo=2'], settings(more));
		assert.equal(code, 78);
		assert.match(stderr, words);
		assert.ok(!(stdout + stderr).includes(secret));
	}
});

test('other machines let in are warned of, more so without token and TLS', async () => {
	const words = { read: /can read everything here/, plain: /in plain text/, reach: /can reach this/ };
	put(authority.issue('DNS:localhost'));
	for (const [more, said] of [
		[{}, ['read']],
		[{ NLCONF_HTTP_SERVER__READ_TOKEN: 'r' }, ['plain']],
		[{ NLCONF_HTTP_SERVER__TOKEN: 'w' }, ['read', 'plain']],
		[settings({ NLCONF_HTTP_SERVER__READ_TOKEN: 'r' }), ['reach']],
		[{ NLCONF_HTTP_SERVER__HOST: '127.0.0.1' }, []],
	]) {
		const daemon = await start(['--demo=2'], { NLCONF_HTTP_SERVER__HOST: '0.0.0.0', ...more });
		for (const [name, regex] of Object.entries(words))
			assert.equal(regex.test(daemon.stdout), said.includes(name), `${JSON.stringify(more)}: ${name}`);
		await daemon.stop();
	}
});
