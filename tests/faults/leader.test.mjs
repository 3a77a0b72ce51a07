// SPDX-License-Identifier: MIT
// leader.test.mjs - three instances: one leads, two stand by and show the same (contract 2.5)
//
// What a standby shows was the leader's answer not long before. How quickly a leader is succeeded is
// printed; what is checked are bounds that a busy machine meets, too.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { FAST, Rig } from './rig.mjs';

const TTL = 15; // s; two thirds of it are left at least when a leader ends
const INTERVAL = 3; // s between two rounds: nothing changes within one that a busy machine could miss
const LATE = 8000; // ms
const WATCHED = 20000; // ms
const ENDED = new Set(['Completed', 'Killed', 'Errored']);
const LOST = ['percent_completed', 'download_speed', 'files_downloading'];
const FLEET = [...FAST, '--seed', '11'];

/** Every page of a list */
async function pages(daemon, path, name) {
	const all = [];
	let cursor = '';
	do {
		const { status, json } = await daemon.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${
			cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		assert.equal(status, 200, path);
		all.push(...json[name]);
		cursor = json.next;
	} while (cursor);
	return all;
}

const shown = async (daemon) => new Map((await pages(daemon, '/api/v1/jobs', 'jobs'))
	.map((job) => [`${job.system}/${job.job_id}`, JSON.stringify(job)]));

const summary = async (daemon) => (await daemon.get('/api/v1/summary')).json;

/** leader, [standbys]; exactly one leads and all name it */
async function roles(rig) {
	const all = await Promise.all(rig.daemons.map(summary));
	const leads = all.map(({ role }) => role);
	assert.deepEqual([...leads].sort(), ['leader', 'standby', 'standby']);
	assert.equal(new Set(all.map(({ leader }) => leader)).size, 1);
	const leader = rig.daemons[leads.indexOf('leader')];
	assert.equal(Number(all[0].leader.split(':')[1]), leader.program.child.pid);
	return { leader, name: all[0].leader, standbys: rig.daemons.filter((d) => d !== leader) };
}

/** The leader's answers, again and again until stop() */
function watch(leader) {
	const samples = [];
	let running = true;
	const loop = (async () => {
		while (running) {
			const from = Date.now();
			samples.push({ from, to: 0, jobs: await shown(leader) });
			samples.at(-1).to = Date.now();
			await sleep(50);
		}
	})();
	return { samples, stop: async () => { running = false; await loop; } };
}

/** Did the leader answer so often that none of its rounds went unseen? On a busy machine it may not. */
const isWatched = (samples) => samples.every((sample, i) =>
	!i || sample.to - samples[i - 1].from < 700 * INTERVAL);

/** Each thing that a standby showed was the leader's answer not long before, or just after */
function checkLateness(samples, standby) {
	let compared = 0;
	for (const { from, to, jobs } of standby) {
		if (from < samples[0].to + LATE) continue; // nobody watched the leader before
		const near = samples.filter((sample) => sample.to >= from - LATE && sample.from <= to + 1000);
		if (!isWatched(near)) continue;
		for (const [key, text] of jobs) {
			assert.ok(near.some((sample) => sample.jobs.get(key) === text),
				`${key}: ${text} was not the leader's`);
			compared += 1;
		}
		// none is missing that the leader showed all the time
		for (const key of near[0].jobs.keys())
			if (near.every((sample) => sample.jobs.has(key))) assert.ok(jobs.has(key), `${key} is missing`);
	}
	return compared;
}

/** Watches for a while; how many statuses of each standby could be compared with the leader's */
async function compare(leader, standbys) {
	const watched = watch(leader);
	const seen = standbys.map(watch);
	await sleep(WATCHED);
	await Promise.all([watched, ...seen].map(({ stop }) => stop()));
	return seen.map(({ samples }) => checkLateness(watched.samples, samples));
}

/** All that GET says of this fleet but for what only its leader knows */
async function everything(daemon, jobs) {
	const { job_count: count, activte_jobs: active, total_download_speed: speed, active_ocd_jobs: ocd,
		total_ocd_jobs: allOcd, systems: { source, ...systems }, interval: { base } } = await summary(daemon);
	assert.ok(source); // the leader's is `connections`, say, and a follower's `redis`
	const times = new Map();
	const answers = { summary: { count, active, speed, ocd, allOcd, systems, base } };
	for (const path of ['/api/v1/jobs', '/api/v1/jobs?origin=ocd', '/api/v1/jobs?status=paused',
		'/api/v1/jobs?q=00001&origin=user'])
		answers[path] = await pages(daemon, path, 'jobs');
	answers.systems = await pages(daemon, '/api/v1/systems', 'systems');
	answers.errors = await pages(daemon, '/api/v1/errors', 'errors');
	for (const path of [...jobs.map((key) => `/api/v1/jobs/${key}`),
		...answers.systems.slice(0, 5).map(({ systemID }) => `/api/v1/systems/${systemID}`)]) {
		const { status, json } = await daemon.get(path);
		assert.equal(status, 200, path);
		// the leader notes the database's clock as it knows it, SQL as it is
		const { first_seen: first, updated_at: last, ...rest } = json;
		for (const name of ['heard_at', 'stale']) delete rest.figures?.[name]; // the leader's alone
		answers[path] = rest;
		// of an ended job SQL keeps less than the leader that saw it end
		if (ENDED.has(rest.job?.status)) for (const name of LOST) delete rest.job[name];
		if (last) times.set(path, [Date.parse(last), first && Date.parse(first)]);
	}
	return { answers, times };
}

function checkSame([first, ...others]) {
	for (const other of others) {
		assert.deepEqual(other.answers, first.answers);
		for (const [path, times] of other.times)
			for (const [i, time] of times.entries())
				if (time && first.times.get(path)[i])
					assert.ok(Math.abs(time - first.times.get(path)[i]) < 1000, `${path}: ${time}`);
	}
	return true;
}

const WRITES = [['POST', '/api/v1/poll', '{"discovery":true}', 202], ['POST', '/api/v1/poll', '{}', 202],
	['PUT', '/api/v1/interval', '{"seconds":1}', 200], ['POST', '/api/v1/pause', '{"seconds":60}', 200],
	['POST', '/api/v1/resume', undefined, 200], ['DELETE', '/api/v1/errors/987654321', undefined, 404],
	['POST', '/api/v1/jobs/NL-HDMS-000001/987654321/pause', undefined, 404]];

/** What is written to a standby is carried to the leader, whose answer it gives */
async function carries(standby) {
	for (const [method, path, body, code] of WRITES) {
		// 409, 503: while the leader's connection comes back, or is not known, it is not carried out
		const { status, json } = await until(`somebody takes ${method} ${path}`, async () => {
			const answer = await standby.get(path, { method, body,
				headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' } });
			return ![409, 503].includes(answer.status) && answer;
		}, 20000);
		assert.equal(status, code, `${method} ${path}: ${JSON.stringify(json)}`);
	}
}

test('standbys answer as the leader does, and carry writes to it', () => Rig.run('leader', 3,
	{ systems: 120, daemons: 3, fleet: FLEET, config: { lease: { ttl: TTL }, check_job_status_time: INTERVAL } },
	async (rig) => {
		const { leader, standbys } = await until('one of three leads', () => roles(rig));
		await rig.more(100);
		// a busy machine may need another try to have the leader answer often enough
		let compared = [0];
		for (let tries = 0; tries < 6 && compared.includes(0); tries += 1) compared = await compare(leader, standbys);
		assert.ok(!compared.includes(0), 'the leader never answered often enough to be compared');
		console.log(`${compared} statuses of each standby were the leader's`);
		for (const standby of standbys) {
			await carries(standby);
			assert.equal(await standby.metric('chatterbox_leader'), 0);
			assert.doesNotMatch((await standby.get('/metrics')).text, /^chatterbox_(live_)?jobs[ {]/m);
		}
		assert.equal((await summary(leader)).interval.base, 1);
		await rig.recorder.flush(); // at any time
		await rig.more(20);
		rig.sim.hold();
		await sleep(500);
		const ended = (await rig.place.rows('select system, job_id from completed_jobs limit 5'))
			.map(({ system, job_id: id }) => `${system}/${id}`);
		await until('all three say the same', async () => {
			const jobs = [...(await shown(leader)).keys()].slice(0, 20).concat(ended);
			return checkSame(await Promise.all(rig.daemons.map((d) => everything(d, jobs))));
		}, 20000);
	}));

const lease = async (rig) =>
	(await rig.place.rows('select holder, epoch::int, expires_at > now() as held from lease'))[0];

/** Waits for the next leader; how long after @since it took the lease */
async function succession(rig, before, since, seconds) {
	const now = await until('somebody else leads', async () => {
		const row = await lease(rig);
		return row.held && row.holder !== before.holder && row;
	}, 30000);
	const took = Date.now() - since;
	assert.equal(now.epoch, before.epoch + 1);
	assert.ok(took <= seconds * 1000, `${took} ms, ${seconds} s allowed`);
	await until('it works', () => rig.more(5).then(() => true), 30000);
	return took;
}

/** The epochs that stand in Redis and in SQL */
const epochs = async (rig) => [(await lease(rig)).epoch,
	...(await rig.place.redis.mget(`${APP}:state`, `${APP}:rev`)).map((text) => Number(text?.split(' ')[0]))];

test('a database that was reset is brought above Redis, which was not', () => Rig.run('reset', 5,
	{ systems: 30, fleet: FLEET, config: { lease: { ttl: TTL } } },
	async (rig) => {
		const { daemon } = rig;
		await rig.more(20);
		assert.equal(await daemon.program.stop(), 0);
		// as if it had led for long: of each epoch before, Redis would say the same
		await rig.place.rows('update lease set epoch = 40');
		await daemon.start();
		await rig.more(20);
		await until('Redis is epoch 41', async () => (await epochs(rig)).every((epoch) => epoch === 41));
		assert.equal(await daemon.program.stop(), 0);
		await rig.place.rows("update lease set epoch = 1, holder = '', expires_at = now()");
		await daemon.start();
		await until('the next epoch is above that in Redis', async () =>
			(await epochs(rig)).every((epoch) => epoch === 42), 10000);
		await rig.more(20);
		const warnings = daemon.program.lines.filter((line) => line.includes('reset or restored'));
		assert.equal(warnings.length, 1, warnings.join('\n'));
		// and while it leads: its next renewal finds that the row is not its own any more
		await rig.place.rows('delete from lease');
		await until('and again', async () => (await epochs(rig)).every((epoch) => epoch === 43), 20000);
		await rig.more(20);
	}));

/** Everything that anybody could write, as text */
async function written(rig) {
	const { place } = rig;
	const out = [];
	for (const table of ['status_monitor', 'completed_jobs', 'errors', 'outbox', 'server_conf',
		'recently_checked', 'content_server_access'])
		out.push(table, JSON.stringify(await place.rows(`select * from ${table} order by 1, 2`)));
	out.push(JSON.stringify(await place.rows('select holder, epoch from lease')));
	for (const key of (await place.redis.keys('*')).sort())
		if (key !== `${APP}:jobs_data`) out.push(key, (await place.redis.dumpBuffer(key)).toString('hex'));
	return out.join('\n');
}

test('a leader that is stopped, killed or frozen is succeeded', () => Rig.run('succession', 4,
	{ systems: 60, daemons: 3, fleet: FLEET, config: { lease: { ttl: TTL }, csaTimer: 1 } },
	async (rig) => {
		const took = {};
		await until('one of three leads', () => roles(rig));
		await rig.more(50);
		// at once, which is before the lease would have ended; else soon after it
		for (const [how, seconds] of [['SIGTERM', TTL * 0.6], ['SIGKILL', TTL + 20]]) {
			const victim = await rig.leader();
			const before = await lease(rig);
			victim.program.child.kill(how);
			if (how === 'SIGTERM') assert.equal(await victim.program.ended, 0);
			took[how] = await succession(rig, before, Date.now(), seconds);
			await victim.start();
		}
		await until('one of three leads', () => roles(rig));
		const victim = await rig.leader();
		const before = await lease(rig);
		victim.program.child.kill('SIGSTOP');
		took.SIGSTOP = await succession(rig, before, Date.now(), TTL + 20);
		rig.sim.hold();
		let quiet = '';
		await until('all is quiet', async () => {
			const now = await written(rig);
			const same = now === quiet;
			quiet = now;
			await sleep(1500);
			return same;
		}, 40000);
		const { length } = victim.program.lines;
		victim.program.child.kill('SIGCONT');
		await until('the zombie stands by', async () => (await summary(victim)).role === 'standby');
		await sleep(3000);
		assert.equal(await written(rig), quiet, 'a woken zombie writes nothing');
		const { leader } = await roles(rig);
		assert.notEqual(leader, victim);
		await carries(victim);
		await until('it shows what the leader shows', async () => {
			assert.deepEqual(await shown(victim), await shown(leader));
			return true;
		});
		assert.ok(!victim.program.lines.slice(length).some((line) => line.includes('leads now')));
		console.log(`lease.ttl ${TTL} s, succeeded after ms: ${JSON.stringify(took)}`);
	}));
