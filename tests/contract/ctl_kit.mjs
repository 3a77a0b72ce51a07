// SPDX-License-Identifier: MIT
// ctl_kit.mjs - runs the built chatterboxctl, and plays a chatterboxd that answers as a test decides.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { after } from 'node:test';

const program = process.env.CHATTERBOXCTL;
const patience = Number(process.env.CBX_TEST_PATIENCE || 4);

function environmentOf(more) {
	const kept = Object.entries(process.env).filter(([name]) =>
		/^(PATH|LD_LIBRARY_PATH|LD_PRELOAD|.SAN_OPTIONS|.*ASAN.*)$/.test(name));
	return { ...Object.fromEntries(kept), ...more };
}

function collect(child) {
	const ended = { stdout: '', stderr: '' };
	const timer = setTimeout(() => child.kill('SIGKILL'), 30000 * patience);
	child.stdout.on('data', (bytes) => { ended.stdout += bytes; });
	child.stderr.on('data', (bytes) => { ended.stderr += bytes; });
	return new Promise((done) => child.on('close', (code) => {
		clearTimeout(timer);
		done({ ...ended, code });
	}));
}

// { code, stdout, stderr }
export function ctl(url, args, environment = {}) {
	return collect(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'],
		env: environmentOf({ CHATTERBOX_URL: url, ...environment }) }));
}

// The same on a terminal, where stdout and stderr are one
export function ctlOnTerminal(url, args, environment = {}) {
	const spawned = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
	return collect(spawn('python3', ['-c', spawned, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'],
		env: environmentOf({ CHATTERBOX_URL: url, TERM: 'xterm', ...environment }) }));
}

// The same while it runs, in a window of so many rows: { stdout, type(keys), tty(), ended }. The shell around
// it says the modes of the terminal before and afterwards.
export function liveOnTerminal(url, args, rows, environment = {}) {
	const spawned = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
	const shell = `tty; stty rows ${rows} cols 120; echo modes $(stty -g); trap : INT; "$@"; code=$?; `
		+ 'echo; echo modes $(stty -g); exit $code';
	const child = spawn('python3', ['-c', spawned, 'sh', '-c', shell, 'sh', program, ...args],
		{ env: environmentOf({ CHATTERBOX_URL: url, TERM: 'xterm', ...environment }) });
	const live = { stdout: '', type: (keys) => child.stdin.write(keys), tty: () => /\/dev\/\S+/.exec(live.stdout)[0] };
	child.stdout.on('data', (bytes) => { live.stdout += bytes; });
	live.ended = collect(child);
	return live;
}

const servers = new Set();
after(() => servers.forEach((server) => {
	server.closeAllConnections();
	server.close();
}));

// A server that calls @answer(request, response), and remembers what it was asked:
// { url, seen: [{ method, path, token, body }] }
export async function fake(answer) {
	const seen = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (bytes) => { body += bytes; });
		request.on('end', () => {
			seen.push({ method: request.method, path: request.url, body,
				token: request.headers.authorization });
			answer(request, response);
		});
	});
	servers.add(server);
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

// Answers always the same: a JSON value, or a text as it is
export const always = (code, value) => (request, response) => {
	response.writeHead(code, { 'content-type': 'application/json' });
	response.end(typeof value === 'string' ? value : JSON.stringify(value));
};
