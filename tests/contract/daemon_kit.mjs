// SPDX-License-Identifier: MIT
// daemon_kit.mjs - starts the built chatterboxd as a stranger would, and waits for what it says.
//
// Each daemon gets a private TMPDIR, so that a test can see what it leaves behind, and an
// environment without anything that was not asked for. Waiting is always for a condition, with a
// deadline; CBX_TEST_PATIENCE stretches the deadlines (sanitizers, slow machines).
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { freePort } from '../kit/servers/ports.mjs';

export const program = process.env.CHATTERBOXD;
const patience = Number(process.env.CBX_TEST_PATIENCE || 4);

// a test that fails half-way leaves its daemon: the runner would wait for it for ever
const children = new Set();
after(() => children.forEach((child) => child.kill('SIGKILL')));

export function privateDirectory() {
	const path = mkdtempSync(join(tmpdir(), 'cbx-daemon-'));
	process.on('exit', () => rmSync(path, { recursive: true, force: true }));
	return path;
}

function environmentOf(more, directory) {
	const kept = Object.entries(process.env).filter(([name]) =>
		/^(PATH|LD_LIBRARY_PATH|LD_PRELOAD|.SAN_OPTIONS|.*ASAN.*)$/.test(name));
	return { ...Object.fromEntries(kept), TMPDIR: directory, NLCONF_HTTP_SERVER__PORT: '0', ...more };
}

// Runs it to its end: { code, signal, stdout, stderr, left }
export function run(args, environment = {}) {
	const directory = privateDirectory();
	const { status, signal, stdout, stderr } = spawnSync(program, args, {
		env: environmentOf(environment, directory), encoding: 'utf8', timeout: 30000 * patience });
	return { code: status, signal, stdout, stderr, left: readdirSync(directory) };
}

export const sleep = (ms, value) => new Promise((done) => { setTimeout(done, ms, value); });

export async function until(condition, ms, what) {
	const end = performance.now() + ms * patience;
	for (;;) {
		const value = await condition();
		if (value)
			return value;
		if (performance.now() > end)
			throw new Error(`not within ${ms} ms: ${what}`);
		await sleep(20);
	}
}

// Starts it and waits until it says where it listens. @stdio: of the child, when the test wants to be
// the one who reads, or does not read; then it is waited for by its answers.
export async function start(args, environment = {}, stdio = 'pipe') {
	const directory = privateDirectory();
	const begun = performance.now();
	const port = stdio === 'pipe' ? 0 : await freePort();
	const child = spawn(program, args, { stdio,
		env: environmentOf({ NLCONF_HTTP_SERVER__PORT: String(port), ...environment }, directory) });
	const daemon = { child, directory, begun, stdout: '', stderr: '' };
	daemon.ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
	child.stdout?.on('data', (bytes) => { daemon.stdout += bytes; });
	child.stderr?.on('data', (bytes) => { daemon.stderr += bytes; });
	children.add(child);
	process.on('exit', () => child.kill('SIGKILL'));
	daemon.stop = async (signal = 'SIGTERM') => {
		child.kill(signal);
		return daemon.ended;
	};
	// what is left of @ms since the start, as until() takes it
	daemon.left = (ms) => ms - (performance.now() - begun) / patience;
	daemon.get = (path, options = {}) => fetch(daemon.url + path, { redirect: 'error', ...options });
	daemon.json = async (path) => (await daemon.get(path)).json();
	daemon.url = await until(async () => {
		if (port)
			return fetch(`http://127.0.0.1:${port}/livez`).then(() => `http://127.0.0.1:${port}`, () => '');
		if (child.exitCode !== null)
			throw new Error(`it ended with ${child.exitCode}: ${daemon.stderr}${daemon.stdout}`);
		return /(?:listens|dashboard) at (https?:\/\/[^/"]+)\//.exec(daemon.stdout)?.[1];
	}, 5000, 'an address to listen at');
	return daemon;
}
