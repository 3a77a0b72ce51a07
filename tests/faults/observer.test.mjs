// SPDX-License-Identifier: MIT
// observer.test.mjs - role observer: it never leads, consumes no shared queue, shows what the leader
// shows, and its commands reach the leader as the events and RPCs of contract 3

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Place, servers, sleep, until } from '../servers/e2e/place.mjs';
import { Sim } from '../servers/e2e/sim.mjs';
import { APP } from '../servers/e2e/wire.mjs';

const AUTHOR = { authorization: 'Bearer e2e', 'content-type': 'application/json' };
// jobs stay as they are unless they are told
const STILL = ['--frozen', '--seed', '5'];

const summary = async (daemon) => (await daemon.get('/api/v1/summary')).json;
const jobs = async (daemon) => (await daemon.get('/api/v1/jobs?limit=1000')).json.jobs;
const say = (daemon, method, path, body) => daemon.get(path, { method, headers: AUTHOR, body });

async function status(daemon, path) {
	const { status: code, json } = await daemon.get(path);
	return code === 200 ? json.job.status : code;
}

async function withObserver(fn) {
	const place = await Place.open('observer', 5);
	const leader = await Daemon.prepare(place, { lease: { ttl: 2 }, rmq_rpc: { rpc_timeout: '4s' } });
	const observer = await Daemon.prepare(place, { lease: { ttl: 2 }, rmq_rpc: { rpc_timeout: '4s' },
		chatterbox: { role: 'observer' } });
	let sim;
	try {
		sim = await Sim.start(place, leader.dir, 20, STILL);
		await place.online(sim.systems);
		await fn({ place, leader, observer, sim });
	} catch (error) {
		error.message += `\n${leader.program?.tail()}\n${observer.program?.tail()}`;
		throw error;
	} finally {
		await observer.stop();
		await leader.stop();
		await sim?.program.stop();
		await place.close();
	}
}

const queues = async (place) => (await servers('rabbitmqctl', 'list_queues', '-p', place.vhost,
	'--silent', 'name', 'consumers')).split('\n').map((line) => line.split('\t'));

test('an observer alone leads nothing, makes nothing, and says what it can not do', () =>
	withObserver(async ({ place, observer }) => {
		await observer.start();
		assert.equal((await summary(observer)).role, 'observer');
		const { status: code, json } = await say(observer, 'POST',
			'/api/v1/jobs/NL-HDMS-000001/1/pause');
		assert.equal(code, 409, JSON.stringify(json));
		assert.match(json.detail, /nobody takes requests .*the leader is not known/);
		await sleep(3000); // longer than the lease
		assert.deepEqual(await place.rows(
			"select tablename from pg_tables where schemaname = 'public'"),
		[{ tablename: 'connections' }], 'no migration');
		assert.deepEqual((await queues(place)).filter(([name]) => name?.startsWith(APP)), []);
		assert.deepEqual(await place.redis.keys('*'), []);
	}));

test('it follows, and its commands go out', () => withObserver(
	async ({ place, leader, observer, sim }) => {
		await leader.start();
		await observer.start();
		await until('the observer shows what the leader shows', async () => {
			const shown = await jobs(observer);
			assert.equal(shown.length, 80);
			assert.deepEqual(shown, await jobs(leader));
			return true;
		});
		const { leader: name } = await summary(leader);
		await until('the observer knows who leads', async () => {
			assert.deepEqual([(await summary(observer)).role, (await summary(observer)).leader],
				['observer', name]);
			return true;
		});
		const consumers = new Map(await queues(place));
		assert.equal(consumers.get(`${APP}.request`), '1');
		assert.equal(consumers.get(`${APP}.default.event`), '1');

		const path = `/api/v1/jobs/${sim.systems[0]}/1`;
		for (const [order, end] of [['pause', 'Paused'], ['resume', 'Running'], ['kill', 'Killed']]) {
			const answer = await say(observer, 'POST', `${path}/${order}`);
			assert.deepEqual([answer.status, answer.json], [200, { ok: true }], order);
			await until(`both show ${end}`, async () => await status(leader, path) === end
				&& await status(observer, path) === end);
		}
		await until('it has left the observer', async () => (await jobs(observer)).length === 79);
		// the leader's refusals come back as they are
		assert.equal((await say(observer, 'POST', `${path}/pause`)).status, 404);
		assert.equal((await say(observer, 'DELETE', '/api/v1/errors/4711')).status, 404);

		assert.equal((await say(observer, 'PUT', '/api/v1/interval', '{"seconds":77}')).status, 200);
		await until('the leader has taken the interval',
			async () => (await summary(leader)).interval.base === 77);
		await until('it is kept', async () =>
			(await place.rows("select 1 from server_conf where info = '77'")).length === 1);
		assert.equal((await say(observer, 'PUT', '/api/v1/interval', '{"seconds":0}')).status, 400);
		await until('the observer knows', async () => (await summary(observer)).interval.base === 77);

		const count = () => leader.metric('chatterbox_cycle_duration_seconds_count', 'update_database');
		const before = await count();
		assert.equal((await say(observer, 'POST', '/api/v1/poll', '{"discovery":true}')).status, 202);
		await until('the leader polls', async () => await count() > before);
		for (const paused of [true, false]) {
			const answer = await say(observer, 'POST', `/api/v1/${paused ? 'pause' : 'resume'}`);
			assert.deepEqual([answer.status, (await summary(leader)).paused], [200, paused]);
			await until('the observer shows it', async () => (await summary(observer)).paused === paused);
		}
	}));

test('it does without SQL, and is told when the leader is gone', () => withObserver(
	async ({ place, leader, observer, sim }) => {
		await leader.start();
		await until('all jobs are there', async () => (await jobs(leader)).length === 80);
		await place.rows(`insert into errors (system, job_id, code, message, origin)
			values ('${sim.systems[3]}', 9, 'test', 'told', 'user')`);
		// a port where nobody listens
		const blind = await Daemon.prepare(place, { sequelize: { port: 1 }, lease: { ttl: 2 },
			rmq_rpc: { rpc_timeout: '4s' }, chatterbox: { role: 'observer' } });
		try {
			await blind.start();
			await until('it shows all jobs', async () => (await jobs(blind)).length === 80);
			assert.equal((await say(blind, 'POST', `/api/v1/jobs/${sim.systems[1]}/2/pause`)).status, 200);
			await until('it shows the pause', async () => (await jobs(blind)).some(
				(job) => job.system === sim.systems[1] && job.job_id === 2 && job.status === 'Paused'));
			const { status: code, json } = await blind.get('/api/v1/errors');
			assert.equal(code, 200, 'by RPC');
			assert.equal(json.errors[0].message, 'told');
			leader.program.child.kill('SIGKILL');
			await leader.program.ended;
			const answer = await say(blind, 'POST', `/api/v1/jobs/${sim.systems[1]}/2/resume`);
			// the broker may notice first that nobody consumes
			assert.ok([409, 504].includes(answer.status), JSON.stringify(answer.json));
			// it has expired: nobody carries it out later
			await leader.start();
			await sleep(3000);
			assert.ok((await jobs(leader)).some((job) => job.system === sim.systems[1]
				&& job.job_id === 2 && job.status === 'Paused'));
			await until('it follows again', async () => (await jobs(blind)).length === 80);
		} finally {
			await blind.stop();
		}
	}));
