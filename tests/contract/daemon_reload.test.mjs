// SPDX-License-Identifier: MIT
// daemon_reload.test.mjs - each key of the daemon's own that a SIGHUP may change takes effect: 'key, thread: …'.
// The other keys: test_reload*.c; tests/style/reload.py looks that none is missing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { privateDirectory, start, until } from './daemon_kit.mjs';

// A demo that has read @first, and then reads @second
async function reloaded(first, second) {
	const config = join(privateDirectory(), 'config.json');
	const log = join(privateDirectory(), 'log');
	const write = (object) => writeFileSync(config, JSON.stringify({ ...object, log: { path: log, ...object.log } }));
	write(first);
	const daemon = await start(['--demo=1', `--config=${config}`]);
	const lines = (path = log) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
	const reload = async (path = log) => {
		write(second);
		daemon.child.kill('SIGHUP');
		await until(() => lines(path).includes('configuration reread'), 5000, 'the reload');
	};
	return { daemon, lines, reload };
}

const bearer = (token) => ({ headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });

test('http_server.token, http: the new one counts at once', async () => {
	const { daemon, reload } = await reloaded({ http_server: { token: 'old' } }, { http_server: { token: 'new' } });
	const poll = async (token) => (await daemon.get('/api/v1/poll', { method: 'POST', body: '{}', ...bearer(token) })).status;
	await until(async () => await poll('old') === 202, 5000, 'a leader');
	await reload();
	assert.equal(await poll('old'), 401);
	assert.equal(await poll('new'), 202);
	await daemon.stop();
});

test('http_server.read_token, http: the new one counts at once', async () => {
	const { daemon, reload } = await reloaded({ http_server: { read_token: 'old' } }, { http_server: { read_token: 'new' } });
	const read = async (token) => (await daemon.get('/api/v1/summary', bearer(token))).status;
	assert.equal(await read('old'), 200);
	await reload();
	assert.equal(await read('old'), 401);
	assert.equal(await read('new'), 200);
	await daemon.stop();
});

test('http_server.cors_origins, http: the new ones count at once', async () => {
	const { daemon, reload } = await reloaded({ http_server: { cors_origins: ['https://a.example'] } },
		{ http_server: { cors_origins: ['https://b.example'] } });
	const allowed = async (origin) => (await daemon.get('/livez', { headers: { origin } })).headers
		.get('access-control-allow-origin');
	assert.equal(await allowed('https://a.example'), 'https://a.example');
	await reload();
	assert.equal(await allowed('https://a.example'), null);
	assert.equal(await allowed('https://b.example'), 'https://b.example');
	await daemon.stop();
});

test('log.level, log: finer lines come at once', async () => {
	const { daemon, lines, reload } = await reloaded({}, { log: { level: 'debug' } });
	await daemon.get('/api/v1/summary');
	assert.doesNotMatch(lines(), /"level":20/);
	await reload();
	await daemon.get('/api/v1/summary');
	await until(() => /"level":20.*"msg":"http request"/.test(lines()), 5000, 'a debug line');
	await daemon.stop();
});

test('log.path, log: the next line is in the new file', async () => {
	const other = join(privateDirectory(), 'other');
	const { daemon, lines, reload } = await reloaded({}, { log: { path: other } });
	await reload(other);
	assert.doesNotMatch(lines(), /configuration reread/);
	await daemon.stop();
});

test('log.pretty, log: the next line is for people', async () => {
	const { daemon, lines, reload } = await reloaded({}, { log: { pretty: true } });
	await reload();
	assert.match(lines(), /^[^{].*configuration reread/m);
	assert.match(lines(), /^\{.*listens at/m);
	await daemon.stop();
});

test('a reload that was refused shows in the metrics, until one is taken', async () => {
	const config = join(privateDirectory(), 'config.json');
	writeFileSync(config, '{}');
	const daemon = await start(['--demo=1', `--config=${config}`]);
	const successful = async () => /^chatterbox_config_last_reload_successful (\d)$/m
		.exec(await (await daemon.get('/metrics')).text())[1];
	assert.equal(await successful(), '1');
	for (const [text, wanted] of [['{"log":{"level":"loud"}}', '0'], ['{', '0'], ['{}', '1']]) {
		writeFileSync(config, text);
		daemon.child.kill('SIGHUP');
		await until(async () => await successful() === wanted, 5000, `${wanted} after ${text}`);
	}
	await daemon.stop();
});
