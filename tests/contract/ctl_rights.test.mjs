// SPDX-License-Identifier: MIT
// chatterboxctl and the tokens of a real chatterboxd: each order without one, with a wrong one, one that a reload
// has replaced, and the right one, from the environment and from a file.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { ctl } from './ctl_kit.mjs';
import { privateDirectory, start, until } from './daemon_kit.mjs';

const directory = privateDirectory();
const config = join(directory, 'config.json');
const log = join(directory, 'log');
const file = join(directory, 'token');
const GIVE_IT = /: 401 writing needs Authorization: Bearer <token>; give the token .*--token-file or CHATTERBOX_TOKEN$/m;
const CHANGED = /: 401 this token does not open http_server\.token; see whether .* a reload may have changed/;

let daemon;
let orders;

const configure = (token) => writeFileSync(config,
	JSON.stringify({ http_server: { token, read_token: 'reader' }, log: { path: log } }));
const readJobs = async (token) => (await daemon.get('/api/v1/jobs?status=Running,Paused',
	{ headers: { authorization: `Bearer ${token}` } })).json();

before(async () => {
	configure('sesame');
	daemon = await start(['--demo=10', `--config=${config}`]);
	const jobs = await until(async () => {
		const found = (await readJobs('sesame')).jobs ?? [];
		return found.length > 2 && found;
	}, 10000, 'jobs');
	const job = [jobs[0].system, String(jobs[0].job_id)];
	// the last ones are those after which the job is another one, or gone
	orders = [['poll'], ['poll', '--discovery'], ['interval', '9'], ['pause', '5'], ['resume'], ['pause-all', jobs[1].system],
		['resume-all', jobs[1].system], ['clean-up', '--dry-run'], ['clean-up', '--system', 'none'], ['pause', ...job],
		['resume', ...job], ['kill', ...job]];
});

async function refused(pattern, args, environment) {
	for (const order of orders) {
		const answer = await ctl(daemon.url, [...args, ...order], environment);
		assert.equal(answer.code, 1, order.join(' ') + answer.stderr);
		assert.equal(answer.stdout, '');
		assert.match(answer.stderr, pattern, order.join(' '));
		assert.match(answer.stderr, new RegExp(`^chatterboxctl: ${daemon.url}/api/v1/`));
		assert.doesNotMatch(answer.stderr, /sesame|wrong-one|reader/);
	}
}

test('without a token each order is refused, and told how to give one', () => refused(GIVE_IT, []));

test('with a wrong one, or that of readers, each is refused, and told that it is wrong', async () => {
	await refused(CHANGED, [], { CHATTERBOX_TOKEN: 'wrong-one' });
	writeFileSync(file, 'reader\n');
	await refused(CHANGED, ['--token-file', file], { CHATTERBOX_TOKEN: 'sesame' });
});

test('reading is refused by the name of its own token', async () => {
	assert.match((await ctl(daemon.url, ['status'])).stderr, /401 reading needs .*--token-file/);
	assert.match((await ctl(daemon.url, ['events'], { CHATTERBOX_TOKEN: 'wrong-one' })).stderr, /401 .*http_server\.read_token/);
	for (const token of ['reader', 'sesame'])
		assert.equal((await ctl(daemon.url, ['status'], { CHATTERBOX_TOKEN: token })).code, 0);
});

test('with the right one, from either place, each order is carried out', async () => {
	for (const order of orders.slice(0, -3)) {
		const answer = await ctl(daemon.url, order, { CHATTERBOX_TOKEN: 'sesame' });
		assert.deepEqual([answer.code, answer.stderr], [0, ''], order.join(' '));
	}
	writeFileSync(file, 'sesame\n');
	const answer = await ctl(daemon.url, ['--token-file', file, 'poll'], { CHATTERBOX_TOKEN: 'wrong-one' });
	assert.deepEqual([answer.code, answer.stderr], [0, '']);
});

test('one that a reload has replaced opens nothing any more', async () => {
	configure('second');
	daemon.child.kill('SIGHUP');
	await until(async () => (await ctl(daemon.url, ['poll'], { CHATTERBOX_TOKEN: 'second' })).code === 0, 5000, 'the reload');
	await refused(CHANGED, [], { CHATTERBOX_TOKEN: 'sesame' });
	await daemon.stop();
});
