// SPDX-License-Identifier: MIT
// What blocks whoever touches it: a pipe that nobody reads, one that nobody writes to. The daemon
// answers, counts the lines that it loses, and ends when it is told to.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { constants, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { privateDirectory, run, sleep, start, until } from './daemon_kit.mjs';

function fifo(name = 'fifo') {
	const path = join(privateDirectory(), name);
	execFileSync('mkfifo', [path]);
	return path;
}

// A pipe that is open at both ends, and read by nobody
const unread = () => openSync(fifo(), constants.O_RDWR);

function configFile(value) {
	const path = join(privateDirectory(), 'chatterbox.json');
	writeFileSync(path, JSON.stringify(value));
	return path;
}

async function dropped(daemon) {
	const text = await (await daemon.get('/metrics')).text();
	return Number(/^chatterbox_log_lines_dropped_total (\d+)$/m.exec(text)[1]);
}

// By SIGTERM, in time, with 0
async function ends(daemon) {
	assert.deepEqual(await Promise.race([daemon.stop(), sleep(20000, 'late')]), { code: 0, signal: null });
}

// As many lines as fill the pipe and the queue before it
async function talk(daemon) {
	await until(async () => {
		for (let i = 0; i < 20; i++)
			await Promise.all(Array.from({ length: 20 }, async () =>
				assert.equal((await daemon.get('/livez')).status, 200)));
		return await dropped(daemon) > 0;
	}, 20000, 'lines that are lost');
}

test('a stdout that nobody reads holds nobody up', async () => {
	const daemon = await start(['--demo=20', '--log-level=debug'], {}, ['ignore', unread(), 'ignore']);
	await talk(daemon);
	const before = (await daemon.json('/api/v1/summary')).last_cycle?.finished_at;
	await until(async () => (await daemon.json('/api/v1/summary')).last_cycle?.finished_at !== before,
		5000, 'rounds go on');
	assert.equal((await daemon.get('/readyz')).status, 200);
	await ends(daemon);
});

test('1 500 SIGHUPs with a stdout and a stderr that nobody reads', async () => {
	const pipe = unread();
	const config = configFile({ log: { levle: 'info' }, http_server: { prot: 1 } }); // two warnings each
	const daemon = await start(['--demo=5', `--config=${config}`], {}, ['ignore', pipe, pipe]);
	for (let i = 0; i < 1500; i++) {
		daemon.child.kill('SIGHUP');
		if (i % 10 === 0) await sleep(1);
	}
	assert.equal((await daemon.get('/livez')).status, 200);
	await ends(daemon);
});

test('log.path is a FIFO without a reader, who comes later', async () => {
	const path = fifo();
	const daemon = await start(['--demo=5', '--log-level=debug'], { NLCONF_LOG__PATH: path },
		['ignore', 'ignore', 'ignore']);
	await talk(daemon);
	const out = join(privateDirectory(), 'out');
	const reader = spawn('sh', ['-c', 'exec cat "$0" > "$1"', path, out], { stdio: 'ignore' });
	const gone = new Promise((done) => { reader.on('exit', done); });
	await until(() => existsSync(out) && /"dropped":"\d+"/.test(readFileSync(out, 'utf8')), 5000, 'the number of lost lines');
	await ends(daemon);
	await gone;
	const lines = readFileSync(out, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
	assert.ok(lines.some(({ msg }) => /log lines could not be written/.test(msg)));
});

test('the file of the configuration becomes a FIFO that nobody writes to', async () => {
	const config = configFile({});
	const daemon = await start(['--demo=5', `--config=${config}`]);
	execFileSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', config]);
	daemon.child.kill('SIGHUP');
	await until(() => /configuration refused, the old one stays/.test(daemon.stdout), 8000, 'it is refused');
	await ends(daemon);
	assert.equal(run([`--config=${config}`, '--check-config']).code, 78);
});

test('the certificate becomes a FIFO that nobody writes to', async () => {
	const dir = privateDirectory();
	const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-days', '30', '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	const daemon = await start(['--demo=5', `--config=${configFile({ http_server: { tls: { cert, key } } })}`]);
	renameSync(cert, `${cert}.1`);
	execFileSync('mkfifo', [cert]);
	daemon.child.kill('SIGHUP');
	await until(() => /refused, the old one stays: http_server\.tls\.cert/.test(daemon.stdout), 5000, 'refused');
	await ends(daemon);
});
