// SPDX-License-Identifier: MIT
// host.test.mjs - what a host hears that embeds the library: as observer (as OCD does), and as one of
// two that may lead (chatterbox/engine.h, on_event)
//
// Nothing is lost when each entry that the stream got after the host was ready was handed to it; an
// observer's are the very same ones in the same order, since nothing is cut in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Daemon, Program } from '../servers/e2e/daemon.mjs';
import { until } from '../servers/e2e/place.mjs';
import { APP, readStream } from '../servers/e2e/wire.mjs';
import { Proxy } from './proxy.mjs';
import { FAST, Rig } from './rig.mjs';

const OURS = new Set(['update_job_status', 'status', 'user_job_errors', 'incident', 'outlook']);

class Host {
	/** @role of one whose Redis is behind a proxy of its own */
	static async start(rig, role) {
		const host = new Host();
		host.rig = rig;
		host.redis = await Proxy.open(rig.place.redisPort);
		host.config = await Daemon.prepare(rig.place, { lease: { ttl: 1 }, chatterbox: { role },
			redis: { port: host.redis.port } });
		host.program = new Program(process.env.CBX_E2E_HOST, [host.config.file]);
		await host.heard('it is ready', ({ ready }) => ready);
		await host.mark();
		return host;
	}

	/** What it said, line by line */
	get said() {
		return this.program.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
	}

	/** Waits for a line of which @fn says so, after the first @skip */
	heard(what, fn, ms = 20000) {
		return until(what, () => {
			if (!this.program.runs) throw new Error(this.program.tail());
			return this.said.slice(this.skip ?? 0).find(fn);
		}, ms);
	}

	/** From here on it must hear everything */
	async mark() {
		this.skip = this.said.length;
		this.from = (await readStream(this.rig.place.redis)).length;
	}

	events() {
		return this.said.filter(({ name }) => OURS.has(name));
	}

	async stream() {
		return (await readStream(this.rig.place.redis)).slice(this.from);
	}

	lost() {
		return this.said.filter((line) => 'lost' in line);
	}

	async stop() {
		const code = await this.program.stop();
		await this.config.stop();
		await this.redis.close();
		return code;
	}
}

const entry = ({ name, id, params, previous_status: previous }) =>
	({ name, id, params, previous_status: previous ?? null });

/** Waits until what is recorded by now is in the stream */
async function streamed({ place }) {
	const [{ newest }] = await place.rows('select max(id) as newest from outbox');
	await until('what is recorded is in the stream', async () => !(await place.rows(
		'select 1 from outbox where id <= $1 and streamed_at is null limit 1', [newest])).length);
}

/** An observer: it hears in one piece what the stream got since the mark until now */
async function sameAsStream(host) {
	await streamed(host.rig);
	const told = (await host.stream()).map(entry);
	assert.ok(told.length > 0);
	await until('the host has heard what the stream holds', () => {
		const heard = host.events().map(entry);
		const upTo = (end) => heard.slice(Math.max(0, end - told.length), end);
		// a leader that was killed may have told the last one twice
		const ends = heard.flatMap(({ id }, i) => (id === told.at(-1).id ? [i + 1] : []));
		if (!ends.some((end) => isDeepStrictEqual(upTo(end), told)))
			assert.deepEqual(upTo(ends.at(-1) ?? heard.length), told);
		return true;
	});
}

/** Were these all the live jobs a moment ago? Since then some may have begun or ended. */
async function aboutAll({ place }, count) {
	const [{ live }] = await place.rows(
		"select count(*)::int as live from status_monitor where status <> 'Errored'");
	assert.ok(count > live / 2, `${count} of ${live} live jobs`);
}

const word = ({ name, params }) => `${name} ${params}`;

function count(texts) {
	const counts = new Map();
	for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
	return counts;
}

/** Whoever leads: nothing is missing, and each job's revisions come in order, but for repetitions; how many */
async function nothingMissing(host) {
	await until('the host has heard all', async () => {
		const heard = new Set(host.events().map(({ id }) => id));
		const words = count(host.events().map(word));
		for (const told of await host.stream()) {
			// a leader's host gets the others without an id
			if (told.name === 'update_job_status') assert.ok(heard.has(told.id), told.id);
			else assert.ok(words.has(word(told)), word(told));
		}
		return true;
	});
	const last = new Map();
	const seen = new Set();
	let repeated = 0;
	for (const { id } of host.events().filter(({ name }) => name === 'update_job_status')) {
		const [, job, revision] = /^(.*)\/(\d+)$/.exec(id);
		if (!seen.has(id)) {
			assert.ok(Number(revision) > (last.get(job) ?? 0), `${id} after ${last.get(job)}`);
			last.set(job, Number(revision));
		}
		repeated += seen.has(id);
		seen.add(id);
	}
	return `${seen.size} changes of jobs, ${repeated} told again`;
}

async function within(rig, role, fn) {
	const host = await Host.start(rig, role);
	try {
		await fn(host);
	} catch (error) {
		error.message += `\n${host.program.tail(20)}`;
		throw error;
	} finally {
		assert.equal(await host.stop(), 0);
	}
}

test('an observer hands its host the stream', () => Rig.run('host', 8,
	{ systems: 40, fleet: [...FAST, '--seed', '21'] }, (rig) => within(rig, 'observer', async (host) => {
		await rig.more(100);
		await sameAsStream(host);
		const origins = new Set(host.events().map(({ origin }) => origin));
		assert.ok(origins.has('user'), 'the origin, where SQL says it');
		assert.ok(host.events().some(({ name }) => name === 'status'));

		// its connection is refused for a while, and the leader is killed and comes again
		await host.redis.refuse();
		await rig.more(50);
		await host.redis.pass();
		await rig.more(20);
		rig.daemon.program.child.kill('SIGKILL');
		await rig.daemon.program.ended;
		await rig.daemon.start();
		await rig.more(50);
		await sameAsStream(host);
		assert.deepEqual(host.lost(), []);

		const figures = '{"job_count":4711}';
		await rig.place.redis.set(`${APP}:jobs_data`, figures);
		await host.heard('the figures', ({ name, params }) => name === 'jobs_data' && params === figures);

		// a flush is a gap: it says so, with everything read anew, and goes on
		await host.mark();
		await rig.recorder.flush();
		const { lost, live } = await host.heard('a gap', (line) => 'lost' in line);
		assert.equal(lost, 0);
		await aboutAll(rig, live);
		await host.mark();
		await rig.more(50);
		await sameAsStream(host);
		const statuses = await host.heard('the snapshot of a minute', ({ name }) => name === 'job_status',
			70000);
		await aboutAll(rig, JSON.parse(statuses.params).length);
	})));

/** Until this process leads */
const leads = (rig, program) => until('it leads', async () => {
	const [row] = await rig.place.rows('select holder from lease where expires_at > now()');
	return Number(row?.holder.split(':')[1]) === program.child.pid;
}, 20000);

test('its instance takes the lead and loses it', () => Rig.run('hostlead', 8,
	{ systems: 40, fleet: [...FAST, '--seed', '22'] }, (rig) => within(rig, 'auto', async (host) => {
		const other = rig.daemon;
		await rig.more(50);
		for (let i = 0; i < 3; i++) {
			other.program.child.kill('SIGKILL');
			await other.program.ended;
			await leads(rig, host.program);
			await rig.more(100);
			await other.start();
			host.program.child.kill('SIGSTOP');
			await leads(rig, other.program);
			await rig.more(100);
			host.program.child.kill('SIGCONT');
			await rig.more(50);
		}
		console.log(await nothingMissing(host));
		assert.deepEqual(host.lost(), []);
	})));
