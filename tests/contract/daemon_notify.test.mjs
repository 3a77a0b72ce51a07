// SPDX-License-Identifier: MIT
// daemon_notify.test.mjs - what systemd hears of a daemon's life, on a socket of our own
//
// Node has no sockets of that kind, so a few lines of Python listen and print what they hear.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { privateDirectory, start, until } from './daemon_kit.mjs';

const path = join(privateDirectory(), 'notify');
const heard = [];
const listener = spawn('python3', ['-c', `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.write(1, b"listening" + bytes([10]))
while True:
    os.write(1, s.recv(4096).replace(bytes([10]), b" ") + bytes([10]))
`, path]);
createInterface({ input: listener.stdout }).on('line', (line) => heard.push(line));
after(() => listener.kill());

const of = (word) => heard.filter((line) => line.startsWith(word)).length;

test('it is ready, watched, reloads and stops', async () => {
	await until(() => of('listening'), 5000, 'a listener');
	const daemon = await start(['--demo=3'], { NOTIFY_SOCKET: path, WATCHDOG_USEC: '3000000' });
	await until(() => of('READY=1') === 1, 5000, 'READY=1');
	assert.equal((await daemon.get('/readyz')).status, 200);
	await until(() => of('WATCHDOG=1') >= 2, 6000, 'WATCHDOG=1, twice');
	daemon.child.kill('SIGHUP');
	await until(() => of('RELOADING=1 MONOTONIC_USEC=') === 1, 5000, 'RELOADING=1');
	await until(() => of('READY=1') === 2, 5000, 'READY=1 again');
	assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
	await until(() => of('STOPPING=1') === 1, 5000, 'STOPPING=1');
	const words = heard.filter((line) => !/^WATCHDOG|^listening/.test(line)).map((line) => line.split('=')[0]);
	assert.deepEqual(words, ['READY', 'RELOADING', 'READY', 'STOPPING']);
});

test('a watchdog of another process is not ours', async () => {
	const before = of('WATCHDOG=1');
	const ready = of('READY=1');
	const daemon = await start(['--demo=3'], { NOTIFY_SOCKET: path, WATCHDOG_USEC: '300000', WATCHDOG_PID: '1' });
	await until(() => of('READY=1') > ready, 5000, 'READY=1');
	await daemon.stop();
	assert.equal(of('WATCHDOG=1'), before);
});
