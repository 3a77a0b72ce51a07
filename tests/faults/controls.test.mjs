// SPDX-License-Identifier: MIT
// controls.test.mjs - each mechanism is needed: without it the same fault does what must never happen
//
// One fault, played twice on real servers: on chatterboxd, where nothing comes of it, and on a daemon in
// which the mechanism is missing (controls.py), where the test must find what was lost. controls.py does
// the same for mechanisms that the unit tests can reach.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { Rig } from './rig.mjs';

const JOB = 'S/1';
const said = (status) => `{"system":"S","job_id":1,"status":"${status}","job_type":"lists"}`;
const INSERT = 'insert into outbox';

/** The words of the job that the broker was told, once there are @count; or after a while */
async function words(rig, count, ms = 8000) {
	const told = () => rig.recorder.broker.walks.get(JOB) ?? [];
	await until('its words', () => told().length >= count, ms).catch(() => {});
	return told();
}

/** Killed when it writes an event, which never arrives; then started again. When it was killed */
function killAt(rig, pattern) {
	const { daemon } = rig;
	return rig.proxies.pg.once('up', pattern, (pair) => {
		daemon.program.child.kill('SIGKILL');
		pair.reset();
		return false;
	}).passed.then(async () => {
		await daemon.program.ended;
		await daemon.start();
	});
}

// Each plays its fault and returns what is wrong afterwards: '' when nothing is
const FAULTS = {
	/** The publish of a change never reaches the broker */
	async 'no-confirms'(rig) {
		const lost = rig.proxies.rmq.once('up', 'event.update_job_status', (pair) => {
			pair.reset();
			return false;
		});
		rig.hdms.set('S', said('Paused'));
		await lost.passed;
		await words(rig, 2);
		return rig.differences();
	},

	/** Killed on the way of the event to SQL */
	async 'events-after-commit'(rig) {
		const again = killAt(rig, INSERT);
		rig.hdms.set('S', said('Paused'));
		await again;
		await until('the change is recorded', async () => await rig.changes() === 2);
		return rig.differences();
	},

	/** Killed on the way of a pushed change to SQL; it was over when the next answer came */
	async 'ack-before-commit'(rig) {
		const again = killAt(rig, INSERT);
		await rig.hdms.notify('nl-hdms.event.content.job_status', said('Paused'));
		await again;
		const told = await words(rig, 3);
		return told.includes('Paused') ? '' : `the push is lost: ${told}`;
	},

	/** The answer to a commit is lost, and the job goes on */
	async 'blind-redo'(rig) {
		const { pg } = rig.proxies;
		let writer;
		pg.once('up', INSERT, (pair) => { writer = pair; });
		const lost = new Promise((resolve) => {
			const end = pg.watch('down', 'COMMIT\0', (pair) => {
				if (pair !== writer) return true;
				end();
				rig.hdms.silent.add('S');
				pair.reset();
				resolve();
				return false;
			});
		});
		rig.hdms.set('S', said('Paused'));
		await lost;
		// an event that still waits would fence the second one of its revision
		await rig.place.emptyOutbox();
		rig.hdms.set('S', said('Queued'));
		rig.hdms.silent.delete('S');
		await until('it is recorded as queued', async () =>
			(await rig.place.rows("select 1 from status_monitor where status = 'Queued'")).length, 30000);
		return rig.differences();
	},

	/**
	 * The leader is frozen on the way of a change to SQL, and wakes when another has the lease; at once,
	 * since a transaction that waits for long is given up
	 */
	async 'no-epoch-guard'(rig) {
		const { child } = rig.daemon.program;
		const freeze = async () => {
			child.kill('SIGSTOP');
			rig.hdms.set('S', said('Queued'));
			await rig.place.rows("update lease set holder = 'another:1', epoch = epoch + 1, "
				+ "expires_at = now() + interval '3 s'");
			child.kill('SIGCONT');
		};
		rig.hdms.set('S', said('Paused'));
		// the transaction that follows the answer
		rig.hdms.twists.set('S', (question, text, send) => {
			rig.hdms.twists.delete('S');
			rig.proxies.pg.once('up', 'pg_current_xact_id', freeze);
			send(text);
		});
		await until('it is recorded as queued', async () =>
			(await rig.place.rows("select 1 from status_monitor where status = 'Queued'")).length, 30000);
		const wrong = await rig.differences();
		const told = await words(rig, 2);
		return told.includes('Paused') ? `without the lease it recorded ${told}; ${wrong}` : wrong;
	},

	/** The leader is frozen while an event is on its way to Redis, where it comes after the successor's */
	async 'no-state-guard'(rig) {
		const [zombie, other] = rig.daemons;
		const { child } = zombie.program;
		const entries = async () => (await rig.place.redis.xrange(`${APP}:events`, '-', '+'))
			.map(([, fields]) => fields[fields.indexOf('id') + 1]).filter((id) => id.startsWith(`${JOB}/`));
		await until('the first word is in the stream', async () => (await entries()).length === 1);
		await other.start();
		let wake;
		rig.proxies.redis.once('up', 'XADD', () => {
			child.kill('SIGSTOP');
			rig.hdms.set('S', said('Queued'));
			return new Promise((resolve) => { wake = resolve; });
		});
		rig.hdms.set('S', said('Paused'));
		await until('it is frozen', () => wake);
		const order = [1, 2, 3].map((revision) => `${JOB}/${revision}`);
		await until('the successor has told both', async () => (await entries()).length === 3, 20000);
		wake();
		const late = await until('what was on its way is there', async () => (await entries()).length > 3, 3000)
			.then(entries, () => order);
		child.kill('SIGCONT');
		await until('it leads no more', async () => await zombie.metric('chatterbox_leader') === 0, 8000);
		assert.deepEqual(late.slice(0, 3), order);
		return late.length === 3 ? await rig.differences() : `after all others came ${late.slice(3)}`;
	},

	/** Redis loses everything */
	async 'no-rebuild'(rig) {
		const shared = () => rig.place.redis.hget(`${APP}:jobs:{S}`, '1');
		await until('it is shared', shared);
		await rig.recorder.flush();
		const whole = until('Redis is whole again', shared, 8000);
		return whole.then(() => '', (error) => error.message);
	},

	/** PostgreSQL is silent, and its connections stay open */
	async 'no-deadline'(rig) {
		rig.proxies.pg.swallow();
		const noticed = until('/readyz says that SQL is down', async () => {
			const { status, text } = await rig.daemon.get('/readyz');
			return status === 503 && /^sql .* DOWN/m.test(text);
		}, 15000);
		return noticed.then(() => '', (error) => error.message);
	},
};

// who takes the lease anew reads and shows everything anew, as a busy machine may make it do by itself
const lease = { ttl: 10 };
const CONFIG = { 'blind-redo': { lease }, 'no-rebuild': { lease }, 'no-epoch-guard': { lease },
	'no-state-guard': { lease: { ttl: 3 } } };

async function wrong(name, redisDb, without) {
	const rig = await Rig.open(`control_${name.replaceAll('-', '_')}`, redisDb, { fleet: null, daemons: 2,
		config: CONFIG[name] });
	try {
		for (const daemon of rig.daemons) daemon.without = without;
		rig.hdms.set('S', said('Running'));
		await rig.place.online(['S']);
		await rig.daemon.start();
		assert.deepEqual(await words(rig, 1), ['Running']);
		return await FAULTS[name](rig);
	} catch (error) {
		error.message += `\n${rig.tail()}`;
		throw error;
	} finally {
		await rig.close();
	}
}

// mostly they wait
describe('with each mechanism and without', { concurrency: 8 }, () => {
	for (const [index, name] of Object.keys(FAULTS).entries()) {
		test(name, async () => {
			assert.equal(await wrong(name, 1 + index, undefined), '', 'with the mechanism');
			const found = await wrong(name, 1 + index, name);
			console.log(`without it (${name}): ${found || 'nothing is found'}`);
			assert.notEqual(found, '', 'without it');
		});
	}
});
