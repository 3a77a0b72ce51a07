// SPDX-License-Identifier: MIT
// both.test.mjs - the suite of both clients, over the one without native code

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { both } from '../../ocd-addon/test/both.mjs';
import { Chatterbox } from '../lib/index.js';
import { readSettings } from '../lib/settings.js';

both('client', (config) => Chatterbox.open(config), { redisDb: 17 });

test('client: chatterboxd is asked where it listens, also when that is everywhere', async () => {
	const http = async (host) => (await readSettings({ chatterbox: { http_server: { host, port: 3141 } } })).http;
	assert.equal(await http('::'), 'http://[::1]:3141');
	assert.equal(await http('0.0.0.0'), 'http://127.0.0.1:3141');
	assert.equal(await http(''), 'http://127.0.0.1:3141');
	assert.equal(await http('fd00::7'), 'http://[fd00::7]:3141');
	assert.equal(await http('ocd.example'), 'http://ocd.example:3141');
});
