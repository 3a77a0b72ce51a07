// SPDX-License-Identifier: MIT
// rig.mjs - chatterboxd behind a proxy for each server, a fleet, and a recorder of what is told
//
// Every fault test starts from here and ends alike: the fleet is held still, the record must become
// the truth, the outbox must empty itself, and the recorder must have nothing to say.

import assert from 'node:assert/strict';
import { Daemon } from '../servers/e2e/daemon.mjs';
import { Hdms } from '../servers/e2e/hdms.mjs';
import { Place, until } from '../servers/e2e/place.mjs';
import { misfits } from '../servers/e2e/schema.mjs';
import { Sim, difference, record } from '../servers/e2e/sim.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { Proxy } from './proxy.mjs';
import { contradictions, historyOf, pastOf } from './past.mjs';
import { Recorder, closingLine } from './recorder.mjs';

/** Jobs that pause and resume all the time, and some that start and end */
export const FAST = ['start=0.02', 'begin=1', 'progress=1', 'pause=0.3', 'resume=0.3', 'fail=0.004',
	'kill=0.004', 'vanish=0', 'offline=0', 'online=1'].flatMap((rate) => ['--chance', rate]);

export class Rig {
	/**
	 * @name, @redisDb: of the place. systems: how many. fleet: options of hdms-sim; null: an Hdms by
	 * hand. daemons: how many are prepared (none is started). config: laid over their configuration.
	 * place: more of it (Place.open). questions, events: an exchange of their own, which a trouble may
	 * delete. role: of SQL, which has what it needs and from which a trouble may take it. prepare(place):
	 * before anybody connects
	 */
	static async open(name, redisDb, { systems = 50, fleet = FAST, daemons = 1, config = {}, place: more,
		questions, events, role, prepare = () => {} } = {}) {
		const rig = new Rig();
		rig.place = await Place.open(name, redisDb, more);
		await prepare(rig.place);
		Object.assign(rig, { questions, events, role });
		if (questions || events) await rig.#openExchanges();
		if (role) await rig.#openRole();
		const { place } = rig;
		rig.proxies = { redis: await Proxy.open(place.redisPort), rmq: await Proxy.open(place.rmqPort),
			pg: await Proxy.open(place.pgPort) };
		rig.daemons = [];
		for (let i = 0; i < daemons; i++) rig.daemons.push(await Daemon.prepare(place, rig.#config(config)));
		rig.recorder = await Recorder.open(place);
		await rig.daemons[0].migrate();
		if (!fleet) {
			rig.hdms = await Hdms.open(place);
			return rig;
		}
		rig.sim = await Sim.start(place, rig.daemons[0].dir, systems, fleet);
		await place.online(rig.sim.systems);
		return rig;
	}

	async #openExchanges() {
		// what is told there and nobody is bound to goes where all others are
		if (this.events)
			await this.place.rabbitmqctl('set_policy', '-p', this.place.vhost, 'soak', `^${this.events}$`,
				'{"alternate-exchange":"amq.topic"}', '--apply-to', 'exchanges');
		const connection = await this.place.connect();
		const channel = await connection.createChannel();
		if (this.questions) await this.makeQuestions(channel);
		if (this.events) await this.makeEvents(channel);
		await connection.close();
	}

	/** The owner of our tables, and no superuser */
	async #openRole() {
		const { place, role } = this;
		await place.rows(`do $$ begin create role ${role} login; exception when duplicate_object then null; end $$`);
		await place.rows(`grant create on schema public to ${role}`);
		await place.rows('create table connections(actor_id text, since timestamptz)');
		await place.rows(`grant select on connections to ${role}`);
	}

	/** Declared as we do it ourselves; what nl-hdms says elsewhere comes here, too */
	async makeEvents(channel) {
		await channel.assertExchange(this.events, 'topic', { durable: true });
		await channel.bindExchange(this.events, 'amq.topic', 'nl-hdms.#');
	}

	/** All at once: who finds the exchange finds its queue, too */
	makeQuestions(channel) {
		return Promise.all([channel.assertQueue('nl-hdms.request', { durable: true }),
			channel.assertExchange(this.questions, 'topic'),
			channel.bindQueue('nl-hdms.request', this.questions, '#')]);
	}

	/** A fleet starts jobs that nobody is told of: they must be found before settle() gives up */
	#config({ redis, rmq, sequelize, rmq_rpc: rpc, ...rest }) {
		const { proxies } = this;
		return { lease: { ttl: 1 }, log: { level: 'info' }, time_till_next_check: 15, ...rest,
			rmq_rpc: { request_exchange: this.questions ?? '', event_exchange: this.events ?? 'amq.topic', ...rpc },
			redis: { port: proxies.redis.port, ...redis }, rmq: { port: proxies.rmq.port, ...rmq },
			sequelize: { port: proxies.pg.port, ...(this.role && { username: this.role }), ...sequelize } };
	}

	get daemon() { return this.daemons[0]; }

	/** Starts all and waits until they are ready; by then + 5 s the first answers are in */
	async start() {
		await Promise.all(this.daemons.map((daemon) => daemon.start()));
		this.since = Date.now() + 5000;
	}

	/** The daemon that holds the lease, undefined when none of ours does */
	async leader() {
		const [row] = await this.place.rows('select holder from lease where expires_at > now()');
		const pid = Number(row?.holder.split(':')[1]);
		return this.daemons.find(({ program }) => program?.runs && program.child.pid === pid);
	}

	/** Who lives, who leads and what is not ready, for a person who reads why something is not settled */
	async state() {
		const [row] = await this.place.rows('select holder, epoch::int, expires_at > now() as held from lease')
			.catch((error) => [error.message]);
		const says = this.daemons.map(async (daemon, i) => {
			const { program } = daemon;
			if (!program?.runs) return `instance ${i} ended with ${program?.code}`;
			const said = await daemon.get('/readyz').then(({ status, text }) =>
				(status === 200 ? 'ready' : text.trim().replaceAll('\n', ', ')), (error) => error.message);
			return `instance ${i} (${program.child.pid}): ${said}`;
		});
		return [`lease ${JSON.stringify(row)}`, ...await Promise.all(says)].join('; ');
	}

	/** How many changes are recorded: it grows while anybody works */
	async changes() {
		const [{ n }] = await this.place.rows('select coalesce(sum(revision), 0)::int as n from ('
			+ 'select revision from status_monitor union all '
			+ 'select revision from completed_jobs) as jobs');
		return n;
	}

	/** Waits until at least @count more changes are recorded */
	async more(count, ms = 60000) {
		const earlier = await this.changes();
		await until(`${count} more changes`, async () => await this.changes() >= earlier + count, ms);
	}

	/** The longest time since @since (ms) in which no change was recorded, in seconds */
	async silence(since) {
		const [{ longest }] = await this.place.rows(`select max(extract(epoch from at - before))::float as longest
			from (select at, lag(at) over (order by at) as before from job_history) as gaps
			where before >= $1`, [new Date(since)]);
		return longest;
	}

	/** The end of every test: holds the fleet, waits for the record and compares; the report */
	async settle(ms = 60000) {
		this.sim.hold();
		await until('the record is the truth', async () => {
			// read anew: its last lines are written out a moment after the hold
			const found = difference(await this.sim.truth(), await record(this.place), this.since ?? 0);
			if (found) throw new Error(`${found}; ${await this.state()}`);
			return true;
		}, ms);
		return this.compare();
	}

	/** What was told against what is recorded, once the outbox is empty; the report */
	async compare() {
		await this.place.emptyOutbox();
		const recorded = await record(this.place);
		// what is lost never comes: the report says so
		await until('all is heard', () => this.recorder.isUpTo(recorded), 10000).catch(() => {});
		const side = pastOf(await historyOf(this.place));
		return this.recorder.report(recorded, await this.sim?.walks(),
			{ side, contradictions: contradictions(side, this.recorder.broker) });
	}

	/** What compare() finds that must never be, as text */
	async differences() {
		const { details } = await this.compare();
		return details.join('; ');
	}

	/** settle(), and the report must be clean; @what it says before the closing line */
	async passes(what, ms) {
		const report = await this.settle(ms);
		console.log(`${what}: ${closingLine(report)}`);
		const { lost, reordered, differing, invented } = report;
		assert.deepEqual({ lost, reordered, differing, invented },
			{ lost: 0, reordered: 0, differing: 0, invented: 0 }, report.details.join('\n'));
		await this.#sharesTruth();
		assert.deepEqual(misfits, [], 'docs/asyncapi.json');
		return report;
	}

	/** Redis shows the live jobs, with the status that is recorded, and no others */
	async #sharesTruth() {
		await until('Redis shows what is recorded', async () => {
			const recorded = await record(this.place);
			const { redis } = this.place;
			let shown = 0;
			for (const system of this.sim.systems) {
				for (const [id, text] of Object.entries(await redis.hgetall(`${APP}:jobs:{${system}}`))) {
					const job = recorded.get(`${system}/${id}`);
					assert.equal(JSON.parse(text).status, job?.status, `${system}/${id} in Redis`);
					shown += 1;
				}
			}
			const live = [...recorded.values()].filter((job) =>
				job.place === 'monitor' && job.status !== 'Errored');
			assert.equal(shown, live.length, 'live jobs in Redis');
			return true;
		}, 20000);
	}

	/** What the programs said, for a person who reads why a test failed */
	tail() {
		return [...this.daemons.map(({ program }) => program?.tail(40)), this.sim?.program.tail(5)]
			.join('\n');
	}

	/** Stops everything; the exit codes of the daemons that still ran */
	async close() {
		for (const proxy of Object.values(this.proxies)) await proxy.pass();
		const codes = await Promise.all(this.daemons.map((daemon) =>
			(daemon.program?.runs ? daemon.stop() : daemon.stop().then(() => undefined))));
		await this.sim?.program.stop();
		await this.hdms?.close();
		await this.recorder?.close();
		for (const proxy of Object.values(this.proxies)) await proxy.close();
		await this.place.close();
		return codes.filter((code) => code !== undefined);
	}

	/** Opens a rig, starts it, runs @fn(rig), then passes() and closes: a whole fault test; the report */
	static async run(name, redisDb, options, fn) {
		const rig = await Rig.open(name, redisDb, options);
		let codes;
		let report;
		try {
			await rig.start();
			await fn(rig);
			for (const proxy of Object.values(rig.proxies)) await proxy.pass();
			report = await rig.passes(name, options.settle);
			await rig.beforeClose?.();
		} catch (error) {
			error.message += `\n${rig.tail()}`;
			throw error;
		} finally {
			codes = await rig.close();
		}
		assert.deepEqual(codes, codes.map(() => 0), 'a clean stop');
		return report;
	}
}
