// SPDX-License-Identifier: MIT
// ocd_page.test.mjs - docs/ocd.md followed word by word: every command and statement of the page runs
//
// OCD is played: its tables are Sequelize's, and its JobStatusController is a row that says the same.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../kit/servers/ports.mjs';
import { Hdms } from './hdms.mjs';
import { openModels } from './models.mjs';
import { Place, until } from './place.mjs';
import { step } from './story.mjs';

const exec = promisify(execFile);
const docs = fileURLToPath(new URL('../../../docs', import.meta.url));

let place;
let hdms;
let ocd;
let dir;
let environment;
const OCD = 'ocd_page_ocd';
let blocks; // { language, text }, those that are left

const status = (text) => `{"system":"ABC1","job_id":17,"status":"${text}","job_type":"lists"}`;

before(async () => {
	place = await Place.open('ocd_page', 19);
	await place.rows('drop role if exists chatterbox_shadow');
	// OCD's role owns its database and may not create roles
	await place.rows(`do $$ begin create role ${OCD} login password 'chatterbox';
		exception when duplicate_object then null; end $$`);
	await place.rows(`alter database ${place.database} owner to ${OCD}`);
	hdms = await Hdms.open(place);
	hdms.set('ABC1', status('Running'));
	dir = await mkdtemp(join(tmpdir(), 'cbx-page-'));
	await mkdir(join(dir, 'bin'));
	await symlink(process.env.CBX_E2E_DAEMON, join(dir, 'bin', 'chatterboxd'));
	await writeFile(join(dir, 'bin', 'rabbitmqctl'), `#!/bin/bash\n[ "$1" != -q ] || shift\nexec "${
		process.env.CBX_TEST_SERVERS_SH}" rabbitmqctl "${process.env.CBX_TEST_DIR}" "$@"\n`, { mode: 0o755 });
	environment = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env.PATH}`, PGHOST: '127.0.0.1',
		PGPORT: place.pgPort, PGUSER: OCD, PGADMIN: place.pgUser, PGDATABASE: place.database, VHOST: place.vhost,
		REDIS: `redis://127.0.0.1:${place.redisPort}/${place.redisDb}`, SQL: join(docs, 'sql'),
		PORT: await freePort() };
	const page = await readFile(join(docs, 'ocd.md'), 'utf8');
	blocks = [...page.matchAll(/^```(sh|sql)( setup)?\n(.*?)^```$/gms)].filter(([, , setup]) => !setup)
		.map(([, language, , text]) => ({ language, text }));
	await writeFile(join(dir, 'ocd.json'), JSON.stringify({
		app_meta: { name: 'nl-ocd', version: '1.11.5', namespace: 'ocd' }, check_job_status_time: 1,
		http_server: { port: 3041 }, log: { pretty: false, level: 'info', path: 'stdout.log' },
		redis: { host: '127.0.0.1', port: place.redisPort, db: place.redisDb },
		rmq: { host: '127.0.0.1', port: place.rmqPort, vhost: place.vhost, user: 'guest', pass: 'guest' },
		rmq_rpc: { rpc_timeout: '5m', event_queue_bindings: { default: [] } },
		sequelize: { host: '127.0.0.1', port: place.pgPort, database: place.database,
			username: OCD, password: 'chatterbox', dialect: 'postgres' },
	}));
});

after(async () => {
	for (const name of ['shadow.pid', 'chatterbox.pid']) {
		const pid = await readFile(join(dir, name), 'utf8').catch(() => undefined);
		if (pid && !done.has(name)) process.kill(Number(pid), 'SIGTERM');
	}
	await ocd?.close();
	await hdms?.close();
	await place?.close();
	await rm(dir, { recursive: true, force: true });
});

const done = new Set(); // files of processes that have ended

/** The next block of the page, which has to hold @words; a shell's output */
async function next(language, words, change = (text) => text) {
	const at = blocks.findIndex((block) => block.language === language);
	const [{ text }] = blocks.splice(at, 1);
	assert.ok(text.includes(words), `not "${words}":\n${text}`);
	return run(change(text), language);
}

async function run(text, language = 'sh') {
	const args = language === 'sh' ? ['bash', '-euo', 'pipefail', '-c', text]
		: ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', text];
	const { stdout, stderr } = await exec(args[0], args.slice(1), { cwd: dir, env: environment, timeout: 90000 });
	return stdout + stderr;
}

const shape = () => place.rows(`select table_name || '.' || column_name as name from
	information_schema.columns where table_schema = 'public' order by 1`);

step('2: the tables of the page are what chatterbox needs', async () => {
	const beside = await place.beside('ddl');
	await beside.sql.query(`alter database ${beside.database} owner to ${OCD}`);
	const database = environment.PGDATABASE;
	const names = async () => (await beside.sql.query(`select table_name || '.' || column_name as name
		from information_schema.columns where table_schema = 'public'`)).rows.map(({ name }) => name);
	environment.PGDATABASE = beside.database;
	const start = blocks.shift();
	await next('sql', 'create table if not exists scheduled_jobs');
	await next('sql', 'create table if not exists status_monitor');
	blocks.unshift(start);
	const page = await names();
	await run('chatterboxd --config ocd.json --migrate'.replace('chatterboxd',
		`NLCONF_SEQUELIZE__DATABASE=${beside.database} NLCONF_LOG__PATH= chatterboxd`));
	const tables = new Set(page.map((name) => name.split('.')[0]));
	const added = (await names()).filter((name) => !page.includes(name) && tables.has(name.split('.')[0]));
	assert.deepEqual(added, ['completed_jobs.inferred'], 'what is our own alone');
	environment.PGDATABASE = database;
	await beside.close();
});

step('3: OCD\'s object is checked: each key that has to change is named', async () => {
	ocd = await openModels({ database: place.database, pgPort: place.pgPort, pgUser: OCD });
	await place.online(['ABC1']);
	await place.rows(`alter table connections owner to ${OCD}`);
	await ocd.models.status_monitor.create({ system: 'ABC1', job_id: 17, status: 'Running' });
	const said = await next('sh', '--check-config');
	for (const key of ['log.path', 'http_server.port', 'http_server.host'])
		assert.match(said, new RegExp(`${key}: `));
	assert.doesNotMatch(await next('sh', 'config.chatterbox = '), /: .*OCD/);
});

step('4: a shadow run sees what OCD sees, tells nobody, and leaves nothing', async () => {
	const columns = await shape();
	await next('sh', 'create role chatterbox_shadow');
	assert.match(await next('sh', 'shadow.json'), /queues: bound\n$/);
	await until('the shadow has recorded the job', async () => (await place.rows(
		'select 1 from chatterbox_shadow.status_monitor where status = \'Running\'')).length);
	assert.match(await next('sh', 'compare.sql'), /\(0 rows\)/);
	hdms.set('ABC1', status('Paused'));
	await until('the shadow sees more', async () => (await place.rows(
		'select 1 from chatterbox_shadow.status_monitor where status = \'Paused\'')).length);
	await assert.rejects(run('psql -X -U "$PGADMIN" -v shadow=chatterbox_shadow -v seconds=0 -f "$SQL/compare.sql"'),
		(error) => error.code === 3 && error.stdout.includes('Paused'));
	assert.deepEqual(await shape(), columns, 'OCD\'s tables');
	assert.equal(await place.redis.exists('nl-ocd-chatterbox:jobs:{ABC1}'), 0);
	await next('sh', 'drop schema chatterbox_shadow');
	done.add('shadow.pid');
	assert.deepEqual(await place.redis.keys('*'), []);
});

step('5: the cut-over', async () => {
	assert.match(await next('sh', '--migrate'), /queues: bound/);
	await next('sql', 'on conflict (system, job_id)',
		(text) => text.replace('system, job_id, status, job_type)', 'system, job_id, status, job_type, "createdAt", "updatedAt")')
			.replace('\'lists\')', '\'lists\', now(), now())'));
	await until('OCD reads what chatterbox recorded', async () =>
		await ocd.models.status_monitor.count({ where: { status: 'Paused' } }) === 1);
	await until('the job is shared', () => place.redis.exists('nl-ocd-chatterbox:jobs:{ABC1}'));
	assert.match(await next('sh', 'hvals'), /"job_id":17,"status":"Paused"[^]*"job_count":1/);
	await ocd.models.status_monitor.create({ system: 'ABC1', job_id: 4711, status: 'Running' });
	assert.match(await next('sql', 'revision = 0'), /4711/);
	await assert.rejects(ocd.models.status_monitor.create({ system: 'ABC1', job_id: 4711, status: 'Running' }),
		{ name: 'SequelizeUniqueConstraintError' });
});

step('6: the way back', async () => {
	await next('sh', 'kill "$(cat chatterbox.pid)"');
	done.add('chatterbox.pid');
	await ocd.models.status_monitor.create({ system: 'ABC1', job_id: 18, status: 'Queued' });
	await next('sh', 'drop table outbox');
	await ocd.models.status_monitor.create({ system: 'ABC1', job_id: 18, status: 'Queued' }); // twice, as before
	assert.deepEqual(await place.redis.keys('nl-ocd-chatterbox:*'), []);
	assert.deepEqual(blocks, [], 'blocks of the page that were not run');
});
