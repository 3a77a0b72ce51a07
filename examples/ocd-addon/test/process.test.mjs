// SPDX-License-Identifier: MIT
// process.test.mjs - how processes and workers end that have an engine open, and what they throw

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** { code, out, err } of programs/NAME.mjs */
function run(name, args = [], { flags = [], env = {} } = {}) {
	const path = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
	return new Promise((resolve) => {
		execFile(process.execPath, ['--throw-deprecation', ...flags, path, ...args],
			{ env: { ...process.env, ...env }, timeout: 400000 }, (error, out, err) => {
				resolve({ code: error ? error.code ?? error.signal : 0, out: out.trim(), err: err.trim() });
			});
	});
}

const ends = async (name, args, expected, options) => assert.deepEqual(await run(name, args, options), expected);

test('unref() lets a process end by itself', () => ends('exits', ['unref'], { code: 0, out: '', err: '' }));
test('process.exit() with an open engine', () => ends('exits', ['exit'], { code: 7, out: '', err: '' }));
test('process.exit() while another engine is being opened', () =>
	ends('exits', ['opening'], { code: 9, out: '', err: '' }));
test('process.exit() inside a listener', () => ends('exits', ['listener'], { code: 8, out: '', err: '' }));
test('an open engine keeps a process running until it is closed', () =>
	ends('exits', ['ref'], { code: 0, out: 'closed', err: '' }).catch(() =>
		// the timer that closes it does not: so it runs until then, or for ever
		assert.fail('it ended by itself')));

test('an uncaught exception ends it as any process', async () => {
	const { code, err } = await run('exits', ['throw']);
	assert.equal(code, 1);
	assert.match(err, /on purpose/);
});

test('what listeners and tasks throw is an uncaught exception, and life goes on', () =>
	ends('thrown', [], { code: 0, out: 'listener,task', err: '' }));
test('worker threads that are ended abruptly', () => ends('workers', [], { code: 0, out: 'W0', err: '' }));
test('two copies in one process', () =>
	ends('copies', [], { code: 0, out: 'true leader leader\ntrue CHATTERBOX_E_UNKNOWN', err: '' }));
test('plain require, as sanitizers want it', () =>
	ends('exits', ['exit'], { code: 7, out: '', err: '' }, { env: { CHATTERBOX_ADDON_PLAIN: '1' } }));
