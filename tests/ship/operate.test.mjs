// SPDX-License-Identifier: MIT
// operate.test.mjs - docs/operate.md followed word by word, on a Debian of its own and real servers

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../kit/servers/ports.mjs';
import { Hdms } from '../servers/e2e/hdms.mjs';
import { Place, servers, until } from '../servers/e2e/place.mjs';
import { step } from '../servers/e2e/story.mjs';
import { Root, SOURCE } from './root.mjs';

const exec = promisify(execFile);
const SHIP = process.env.CBX_SHIP_DIR;
const PASSWORDS = { RMQ_PASS: 'of-rmq', APP_PASS: 'of-app', MIGRATE_PASS: 'of-migrate' };

let root;
let place;
let hdms;
let port;
let tools; // a directory with rabbitmqctl
let blocks; // { language, mark, text }, those that are left
let doctor; // what section 5 says about asking it

before(async () => {
	root = await Root.boot(join(SHIP, 'root.tar'));
	place = await Place.open('operate', 21);
	port = await freePort();
	for (const name of ['now', 'earlier']) await cp(join(SHIP, name), join(root.dir, 'srv', name), { recursive: true });
	await root.write('etc/apt/apt.conf.d/90yes', 'APT::Get::Assume-Yes "true";\n');
	tools = await mkdtemp(join(root.top, 'tools-'));
	await writeFile(join(tools, 'rabbitmqctl'), `#!/bin/bash\nexec "${process.env.CBX_TEST_SERVERS_SH}" rabbitmqctl "${
		process.env.CBX_TEST_DIR}" "$@"\n`, { mode: 0o755 });
	const page = await readFile(join(SOURCE, 'docs', 'operate.md'), 'utf8');
	blocks = [...page.matchAll(/^```(sh|json)(?: (\w+))?\n(.*?)^```$/gms)]
		.map(([, language, mark, text]) => ({ language, mark, text })).filter(({ mark }) => mark !== 'setup');
});

after(async () => {
	await hdms?.close();
	await root?.close();
	await place?.close();
});

/** The next block of the page, which has to hold @words */
function next(words) {
	const { text, mark } = blocks.shift();
	assert.ok(text.includes(words), `not "${words}":\n${text}`);
	return { text, mark };
}

/** Runs a block where it says, in @dir there; what it said, its exit code at the end */
async function run({ text, mark }, dir = '/srv/now') {
	const options = { cwd: tools, timeout: 240000, env: { ...process.env, ...PASSWORDS, PATH: `${tools}:${process.env.PATH}`,
		VHOST: place.vhost, PGHOST: '127.0.0.1', PGPORT: place.pgPort, PGUSER: place.pgUser, PGDATABASE: place.database,
		SQL: join(SOURCE, 'docs', 'sql') } };
	const variables = Object.entries({ ...PASSWORDS, CHATTERBOX_URL: `http://127.0.0.1:${port}` })
		.map(([name, value]) => `${name}=${value}`);
	const shell = ['bash', '-euo', 'pipefail', '-c'];
	const [program, ...args] = mark === 'servers' ? [...shell, text]
		: [join(SOURCE, 'tests/ship/root.sh'), 'in', root.dir, 'env', '-C', dir, ...variables, ...shell, text];
	const { stdout, stderr, code = 0 } = await exec(program, args, options).catch((error) => error);
	return `${stdout}${stderr}\nends with ${code}`;
}

/** Has to go well */
async function well(words, dir) {
	const said = await run(next(words), dir);
	assert.match(said, /ends with 0$/, said);
	return said;
}

const asked = async () => run(doctor);

step('1, 2: packages, and users in the servers', async () => {
	const install = blocks[0];
	await well('apt-get install');
	assert.equal(await root.shows('chatterboxd.service', 'ActiveState'), 'inactive');
	assert.equal(install.mark, undefined);
	blocks.push({ ...install, mark: 'again' }); // section 7 says so
	await well('set_topic_permissions');
	await well('alter role');
});

step('3: the configuration', async () => {
	const config = JSON.parse(next('sequelize').text);
	const at = (section, p, more) => Object.assign(config[section], { host: '127.0.0.1', port: p }, more);
	at('redis', place.redisPort, { db: place.redisDb });
	at('rmq', place.rmqPort, { vhost: place.vhost });
	at('sequelize', place.pgPort, { database: place.database });
	at('http_server', port);
	await root.write('etc/chatterbox/chatterbox.json', JSON.stringify(config));
	await well('openssl rand');
	assert.equal((await root.in('stat', '-c', '%a', '/etc/chatterbox/secrets/token')).trim(), '600');
	await well('LoadCredential');
});

step('4: tables, and a check that names what is missing, and in the end nothing', async () => {
	const check = blocks.find(({ text }) => text.includes('--connect'));
	assert.match(await run(check), /no table status_monitor.*chatterboxd --migrate makes what is absent\n[^]*ends with 78$/);
	assert.match(await well('--migrate'), /\d+ migrations applied/);
	assert.match(await run(check), /42501 .*; roles\.sql gives the rights\n[^]*no table or view connections[^]*ends with 78$/);
	await well('roles.sql');
	hdms = await Hdms.open(place);
	hdms.set('ABC1', '{"system":"ABC1","job_id":17,"status":"Running","job_type":"lists"}');
	await place.online(['ABC1']);
	await place.rows('grant select on connections to chatterbox_app');
	const said = await well('--connect');
	assert.doesNotMatch(said, /NOT AS NEEDED|DOWN/);
});

step('5: it runs, and nothing is wrong', async () => {
	const { text, mark } = next('enable --now');
	const [start, ...ask] = text.trim().split('\n');
	doctor = { text: ask.join('\n'), mark };
	assert.match(await run({ text: start, mark }), /ends with 0$/);
	await until('nothing is wrong', async () => /\njobs\t1 live[^]*Nothing is wrong\. This instance leads\./.test(await asked()), 60000);
	await well('poll');
	assert.match(await run({ text: 'chatterboxctl poll' }), /token[^]*ends with 1$/);
});

step('6: a server is down, and named; when it is back all is well again', async () => {
	const words = { redis: 'redis .* (jobs, stream)', rmq: 'rmq .* (questions, events out, events in)',
		pg: 'sql .* (lease, records, outbox)' };
	const page = await readFile(join(SOURCE, 'docs', 'operate.md'), 'utf8');
	for (const [server, what] of Object.entries(words)) {
		assert.ok(page.includes(`\`${what.replace('.*', 'HOST')}: DOWN since …\``), what);
		await servers('kill', server);
		try {
			const line = new RegExp(`^${what.replace(/[()]/g, '\\$&')}: DOWN since `, 'm');
			await until(`${what} is named`, async () => {
				const said = await asked();
				if (!line.test(said)) throw new Error(said);
				return true;
			}, 30000);
		} finally {
			await servers('up', server);
		}
		if (server === 'rmq') await hdms.connect();
		await until('it is well again', async () => /Nothing is wrong/.test(await asked()), 60000);
	}
	hdms.set('ABC1', '{"system":"ABC1","job_id":17,"status":"Paused","job_type":"lists"}');
	await until('what happens is recorded', async () =>
		(await place.rows("select 1 from status_monitor where status = 'Paused'")).length, 30000);
});

step('7: back to the earlier version, and to this one again', async () => {
	const version = async () => (await root.in('dpkg-query', '-W', '-f', '${Version}', 'chatterboxd')).trim();
	assert.match(await well('--allow-downgrades', '/srv/earlier'), /ends with 0$/);
	assert.equal(await version(), '0.0.9');
	await until('the earlier one is ready', async () =>
		(await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) })).ok, 60000);
	const again = blocks.pop();
	assert.equal(again.mark, 'again');
	assert.match(await run(again), /ends with 0$/);
	await until('nothing is wrong', async () => /Nothing is wrong/.test(await asked()), 60000);
	assert.notEqual(await version(), '0.0.9');
});

step('8: it is removed, and purged', async () => {
	await well('apt-get remove');
	await root.in('test', '-f', '/etc/chatterbox/chatterbox.json');
	await well('apt-get purge');
	assert.deepEqual((await root.files()).filter((file) => /chatterboxd|\/etc\/.*chatterbox/.test(file)), []);
	assert.deepEqual(blocks, [], 'blocks of the page that were not run');
});
