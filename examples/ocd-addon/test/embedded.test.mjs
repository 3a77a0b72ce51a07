// SPDX-License-Identifier: MIT
// embedded.test.mjs - the addon with an engine that needs no server: it leads, in this very process

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Chatterbox, ChatterboxError, Peer } from '../lib/index.mjs';
import { World, embedded, folder, until } from './kit.mjs';

let world;
before(async () => { world = await World.open(); });
after(async () => { await world.close(); });

const live = (system) => world.box.activeJobs(system);

test('require() and import give the same classes', () => {
	const required = createRequire(import.meta.url)('../lib/index.cjs');
	assert.equal(required.Chatterbox, Chatterbox);
	assert.match(Chatterbox.version, /^\d+\.\d+\.\d+$/);
	assert.throws(() => new Chatterbox(), TypeError);
});

test('a configuration says its role; without one it observes', async () => {
	assert.equal(world.box.role, 'leader');
	const { dir, remove } = folder();
	const box = await Chatterbox.open(embedded(dir, { role: undefined }));
	assert.equal(box.role, 'observer');
	await assert.rejects(box.errors.store([{ system: 'A', code: 'x', message: 'y' }]),
		{ code: 'CHATTERBOX_E_STANDBY' });
	await box.close();
	remove();
});

test('a file, variables that win over it, and warnings', async () => {
	const { dir, remove } = folder();
	const file = join(dir, 'chatterbox.json');
	await writeFile(file, JSON.stringify({ ...embedded(dir), time_till_next_chek: 5 }));
	const box = await Chatterbox.open(file, { environment: { NLCONF_CHATTERBOX__ROLE: 'observer', HOME: '/' } });
	assert.equal(box.role, 'observer');
	await box.close();
	assert.equal(box.warnings.length, 1, `${box.warnings}`);
	assert.match(box.warnings[0], /time_till_next_chek: unknown key, did you mean time_till_next_check\?/);
	remove();
});

test('a configuration that is wrong names the key', async () => {
	const wrong = (config, text) => assert.rejects(Chatterbox.open(config), (error) => {
		assert.ok(error instanceof ChatterboxError);
		assert.equal(error.code, 'CHATTERBOX_E_CONFIG');
		assert.match(error.message, text);
		return true;
	});
	await wrong({ check_job_status_time: 'often' }, /check_job_status_time: got "often"/);
	await wrong('/nonexistent.json', /\/nonexistent\.json: No such file/);
	await assert.rejects(Chatterbox.open(7), { code: 'EINVAL' });
	await assert.rejects(Chatterbox.open({}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('events with what belongs to them, and the reads that show them', async () => {
	const told = new Promise((resolve) => { world.box.once('update_job_status', (...event) => resolve(event)); });
	await world.set('ABC1', { job_id: 1, status: 'Running', percent_completed: '42.5', list_id: 'Lü' });
	const [data, about] = await told;
	assert.deepEqual(data, { system: 'ABC1', job_id: 1, status: 'Running', percent_completed: '42.5', list_id: 'Lü' });
	assert.deepEqual(about, { message_id: 'ABC1/1/1', origin: 'user' });
	await until('the snapshot shows it', async () => (await live('ABC1')).length === 1);
	assert.deepEqual(await live('ABC1'), [data]);
	assert.equal((await world.box.job('ABC1', 1)).revision, 1);
	assert.equal((await world.box.summary()).job_count, 1);
});

test('errors are stored, read and removed', async () => {
	await world.box.errors.store([{ system: 'T1', job_id: 7, code: 'disk', message: 'full' }]);
	const { errors } = await world.box.errors.get({ system: 'T1' });
	assert.equal(errors[0].message, 'full');
	assert.equal(await world.box.errors.remove({ ids: [errors[0].id] }), 1);
	for (const bad of [{ ids: [1.5] }, { ids: 'all' }, { ids: new Array(1001).fill(1) }, {}, undefined])
		await assert.rejects(world.box.errors.remove(bad), { code: 'EINVAL' });
	await assert.rejects(world.box.errors.store([{ system: 'T1' }]), { code: 'EINVAL' });
});

test('events: from the beginning of the stream, each once and in order', async () => {
	const seen = [];
	await world.set('ABC2', { job_id: 1, status: 'One' });
	for await (const event of world.box.events({ since: '0-0', names: ['update_job_status', 'lost'] })) {
		if (event.data.system !== 'ABC2') continue;
		seen.push(`${event.message_id} ${event.previous_status ?? '-'}`);
		if (event.data.status === 'One') await world.set('ABC2', { job_id: 1, status: 'Two' });
		if (event.data.status === 'Two') await world.set('ABC2', { job_id: 1, status: 'Completed' });
		if (event.data.status === 'Completed') break;
	}
	assert.deepEqual(seen, ['ABC2/1/1 -', 'ABC2/1/2 One', 'ABC2/1/3 Two']);
});

test('events: too many that nobody takes end with how many are lost', async () => {
	const COUNT = 17500; // 500 jobs on each of 35 systems
	const slow = world.box.events({ names: ['update_job_status', 'lost'] });
	const first = slow.next();
	let told = 0;
	const count = ({ system }) => { told += system.startsWith('FLOOD'); };
	world.box.on('update_job_status', count);
	for (let at = 0; at < COUNT; at += 500) {
		const system = `FLOOD${at / 500 + 10}`;
		world.systems.set(system, Array.from({ length: 500 }, (_, job_id) => ({ system, job_id, status: 'Running' })));
		world.push(world.systems.get(system));
		await until('they are told', () => told >= at + 500, 60000);
	}
	world.box.off('update_job_status', count);
	assert.equal((await first).value.data.system, 'FLOOD10');
	let taken = 1;
	let last = (await slow.next()).value;
	for (; last.name !== 'lost' && taken < COUNT; taken += 1) last = (await slow.next()).value;
	assert.equal(last.data, COUNT - taken);
	assert.ok(taken >= 16384, `${taken} kept`);
	await slow.return();
});

test('a flood leaves the event loop room between its portions', async () => {
	const other = await World.open();
	const JOBS = 15000; // 500 on each of 30 systems; the queue to us holds 16 384 events
	let turns = 0;
	let told = 0;
	const portions = new Map();
	const turn = () => {
		turns += 1;
		if (told < JOBS) setImmediate(turn);
	};
	// a listener that goes on by itself, as async ones do
	other.box.on('update_job_status', async () => {
		told += 1;
		portions.set(turns, (portions.get(turns) ?? 0) + 1);
		for (let i = 0; i < 10; i += 1) await undefined;
	});
	for (let at = 0; at < JOBS; at += 500) {
		const system = `FLOOD${at / 500 + 10}`;
		other.systems.set(system, Array.from({ length: 500 }, (_, job_id) => ({ system, job_id, status: 'Running' })));
		other.push(other.systems.get(system));
	}
	// JavaScript's thread stands still until all of them wait
	const still = new Int32Array(new SharedArrayBuffer(4));
	const deadline = Date.now() + 60000;
	while (!other.box.metrics().includes(`\nchatterbox_live_jobs ${JOBS}\n`)) {
		assert.ok(Date.now() < deadline, 'they are not recorded');
		Atomics.wait(still, 0, 0, 20);
	}
	setImmediate(turn);
	await until('they are told', () => told === JOBS, 60000);
	await other.close();
	assert.ok(Math.max(...portions.values()) <= 256, `${Math.max(...portions.values())} in one turn`);
});

test('ten thousand jobs are read in one piece', async () => {
	const jobs = (await live()).filter(({ system }) => system.startsWith('FLOOD'));
	assert.equal(jobs.length, 17500);
	assert.deepEqual(jobs[17499], { system: 'FLOOD44', job_id: 499, status: 'Running' });
	assert.equal((await world.box.activeJobsJson()).toString(), JSON.stringify(await live()));
});

test('a signal that is used over and over keeps no listener', async () => {
	const { signal } = new AbortController();
	const { getEventListeners } = await import('node:events');
	for (let i = 0; i < 50; i += 1) await world.box.summary({ signal });
	assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('calls that are under way when it closes fail, and it closes inside a listener', async () => {
	const other = await World.open();
	const closed = new Promise((resolve) => {
		other.box.once('update_job_status', () => resolve(other.box.close()));
	});
	await other.set('ABC1', { job_id: 1, status: 'Running' });
	await closed;
	await assert.rejects(other.box.summary(), { code: 'CHATTERBOX_E_DOWN' });
	assert.throws(() => other.peer.publish({ routing_key: 'x', body: '{}' }), { code: 'CHATTERBOX_E_DOWN' });
	assert.throws(() => other.box.role, { code: 'CHATTERBOX_E_DOWN' });
	assert.throws(() => other.box.peer('x'), { code: 'CHATTERBOX_E_DOWN' });
	await other.box[Symbol.asyncDispose]();
	other.remove();
});

test('methods of one class on an object of another are refused', () => {
	assert.throws(() => Peer.prototype.publish.call({}, {}), TypeError);
	assert.throws(() => Peer.prototype.publish.call(world.box, {}), TypeError);
});

test('two engines in one process know nothing of each other', async () => {
	const other = await World.open();
	await other.set('OTHER', { job_id: 1, status: 'Running' });
	await until('the other has it', async () => (await other.box.activeJobs('OTHER')).length === 1);
	assert.deepEqual(await live('OTHER'), []);
	await other.close();
});
