// SPDX-License-Identifier: MIT
// both.mjs - what this addon and the pure TypeScript client promise alike: one suite, run over each
//
//	both('native', (config) => Chatterbox.open(config), { redisDb: 11 })
//
// A chatterboxd leads, on real servers; nl-hdms is the test's own. @open gets chatterboxd's
// configuration and gives a ChatterboxApi (index.d.ts).

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Daemon } from '../../../tests/servers/e2e/daemon.mjs';
import { Hdms } from '../../../tests/servers/e2e/hdms.mjs';
import { Place, patience, until } from '../../../tests/servers/e2e/place.mjs';
import { cleanUp, many, rejects, tasks } from './both_many.mjs';

const APP = 'nl-ocd-chatterbox';

export const job = (system, job_id, status, more = {}) =>
	JSON.stringify({ system, job_id, status, percent_completed: '42.5', job_type: 'music', ...more });

/** The next event that @match accepts; listening begins now */
function once(box, name, match) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			box.off(name, look);
			reject(new Error(`no event ${name} within ${20 * patience} s`));
		}, 20000 * patience);
		function look(data, about) {
			if (!match(data, about)) return;
			clearTimeout(timer);
			box.off(name, look);
			resolve({ data, about });
		}
		box.on(name, look);
	});
}

export function both(name, open, { redisDb }) {
	let place;
	let daemon;
	let hdms;
	let box;

	const shows = (system, id, status) => until(`${system}/${id} is ${status}`, async () =>
		(await box.activeJobs(system)).some((one) => one.job_id === id && one.status === status));
	const goes = (system, id) => until(`${system}/${id} is gone`, async () =>
		!(await box.activeJobs(system)).some((one) => one.job_id === id));

	before(async () => {
		place = await Place.open(name, redisDb);
		hdms = await Hdms.open(place);
		hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, 'Running', { list_id: 'L1' }));
		hdms.set('ABC2', job('ABC2', 17, 'Paused'));
		daemon = await Daemon.prepare(place, { rmq_rpc: { rpc_timeout: '4s' } });
		await place.online(['ABC1', 'ABC2']);
		await daemon.start();
		await until('all jobs are known', async () =>
			(await daemon.get('/api/v1/jobs')).json?.total === 3);
		box = await open(JSON.parse(await readFile(daemon.file, 'utf8')));
		await shows('ABC1', 18, 'Running');
		await shows('ABC2', 17, 'Paused');
	});

	after(async () => {
		await box?.close();
		await daemon?.stop();
		await hdms?.close();
		await place?.close();
	});

	const step = (title, fn) => test(`${name}: ${title}`, { timeout: 60000 }, async () => {
		try {
			await fn();
		} catch (error) {
			error.message += `\n${daemon.program.tail(15)}`;
			throw error;
		}
	});

	step('activeJobs: every live job by system and id, member for member', async () => {
		const all = await box.activeJobs();
		assert.deepEqual(all, (await daemon.get('/api/v1/jobs')).json.jobs);
		assert.deepEqual(all.map(({ system, job_id }) => `${system}/${job_id}`),
			['ABC1/17', 'ABC1/18', 'ABC2/17']);
		assert.deepEqual(Object.keys(all[1]),
			['system', 'job_id', 'status', 'percent_completed', 'job_type', 'list_id']);
		assert.deepEqual(await box.activeJobs('ABC2'), all.slice(2));
		assert.deepEqual(await box.activeJobs('NOBODY'), []);
	});

	step('activeJobsJson: the same as UTF-8', async () => {
		const json = await box.activeJobsJson();
		assert.ok(Buffer.isBuffer(json));
		assert.deepEqual(JSON.parse(json.toString()), await box.activeJobs());
		assert.equal((await box.activeJobsJson('NOBODY')).toString(), '[]');
	});

	const world = () => ({ box, daemon, hdms });
	many(step, world);

	step('update_job_status: with its id, its place in the stream and the status before', async () => {
		const told = once(box, 'update_job_status', ({ job_id, status }) => job_id === 17 && status === 'Stuck');
		hdms.set('ABC1', job('ABC1', 17, 'Stuck'), job('ABC1', 18, 'Running', { list_id: 'L1' }));
		const { data, about } = await told;
		assert.equal(data.system, 'ABC1');
		assert.equal(about.previous_status, 'Running');
		assert.equal(about.message_id, 'ABC1/17/2');
		assert.match(about.stream_id, /^\d+-\d+$/);
		await shows('ABC1', 17, 'Stuck');
	});

	step('status: all jobs of a system and a type are paused, and no longer', async () => {
		const paused = once(box, 'status', ({ system_id, paused: is }) => system_id === 'ABC1' && is);
		hdms.set('ABC1', job('ABC1', 17, 'Paused'), job('ABC1', 18, 'Paused'));
		assert.deepEqual((await paused).data, { system_id: 'ABC1', paused: true, job_type: 'music' });
		const goesOn = once(box, 'status', ({ system_id, paused: is }) => system_id === 'ABC1' && !is);
		hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, 'Paused'));
		assert.equal((await goesOn).data.job_type, 'music');
	});

	step('user_job_errors: all of one system', async () => {
		hdms.set('ABC2', job('ABC2', 17, 'Paused'), job('ABC2', 30, 'Running'));
		await box.updateDatabase();
		await shows('ABC2', 30, 'Running');
		const told = once(box, 'user_job_errors', ([{ system }]) => system === 'ABC2');
		hdms.set('ABC2', job('ABC2', 17, 'Paused'),
			job('ABC2', 30, 'Errored', { error_code: 'disk_full', error_message: 'no room' }));
		const [error, ...rest] = (await told).data;
		assert.deepEqual(rest, []);
		assert.equal(error.code, 'disk_full');
		assert.equal(error.message, 'no room');
		assert.equal(error.job_id, 30);
		await goes('ABC2', 30);
	});

	step('errors: read, removed by id', async () => {
		const { errors, next } = await box.errors.get({ system: 'ABC2' });
		assert.equal(next, null);
		assert.equal(errors.length, 1);
		assert.equal(errors[0].code, 'disk_full');
		assert.equal(await box.errors.remove({ ids: [errors[0].id] }), 1);
		assert.deepEqual((await box.errors.get({ system: 'ABC2' })).errors, []);
		assert.equal(await box.errors.remove({ system: 'ABC2' }), 0);
		await rejects(box.errors.remove({}), 'EINVAL');
		await rejects(box.errors.get({ limit: 0 }), 'EINVAL');
	});

	cleanUp(step, world);

	step('job: live, ended, and one that nobody knows', async () => {
		const live = await box.job('ABC1', 17);
		assert.equal(live.job.status, 'Running');
		assert.ok(live.revision >= 2);
		assert.equal(live.kind, 'running');
		assert.equal(live.figures.stalled, false);
		assert.equal(live.figures.seconds_left, undefined); // it has not grown yet
		assert.ok(Date.parse(live.figures.progress_at) > 0);
		hdms.set('ABC2', job('ABC2', 17, 'Paused'), job('ABC2', 31, 'Completed', { percent_completed: '100' }));
		await box.updateDatabase();
		const ended = await until('the end is recorded', () => box.job('ABC2', 31));
		assert.equal(ended.job.status, 'Completed');
		assert.equal(await box.job('ABC1', 4711), undefined);
		await rejects(box.job('ABC1', -1), 'EINVAL');
		await rejects(box.job(17, 17), 'EINVAL');
	});

	step('outlook: a list that waits for a job, and the event when its state changes', async () => {
		const told = once(box, 'outlook', (data) => data.system === 'ABC1');
		await place.rows(`insert into list_activation_schedule (system, list_id, activate_at)
			values ('ABC1', 'L1', now() + interval '1 hour')`);
		await box.updateDatabase();
		const { data, about } = await told;
		assert.equal(data.list_id, 'L1');
		assert.match(about.message_id ?? 'ABC1/L1/outlook/1', /^ABC1\/L1\/outlook\/\d+$/);
		const { outlook, next, totals } = await box.outlook({ system: 'ABC1' });
		assert.equal(next, null);
		assert.deepEqual(outlook.map(({ system, list_id, state }) => [system, list_id, state]), [['ABC1', 'L1', data.state]]);
		assert.ok(outlook[0].jobs.includes(18) && outlook[0].reason.length > 0);
		assert.equal(totals[data.state], 1);
		assert.deepEqual((await box.outlook({ within: 60 })).outlook, []);
		await rejects(box.outlook({ state: 'sunny' }), 'EINVAL');
	});

	step('incidents: none has begun here', async () => {
		assert.deepEqual(await box.incidents({ open: true }), { incidents: [], next: null });
		assert.equal(await box.incident(4711), undefined);
		await rejects(box.incident(-1), 'EINVAL');
		await rejects(box.incidents({ limit: 0 }), 'EINVAL');
	});

	step('history: of a job, of a system, by pages', async () => {
		const { history, next } = await box.history('ABC1', { job_id: 17 });
		assert.equal(next, null);
		const jobs = history.map(({ status, previous_status, revision, source, job_id }) =>
			[job_id, revision, previous_status, status, source]);
		assert.deepEqual(jobs.slice(-2), [[17, 2, 'Running', 'Stuck', 'answer'], [17, 1, undefined, 'Running', 'answer']]);
		assert.match(history[0].at, /^\d{4}-\d\d-\d\dT.*Z$/);
		const all = (await box.history('ABC1', { limit: 1000 })).history;
		assert.ok(all.some(({ job_id, status }) => job_id === undefined && status === 'online'));
		const first = await box.history('ABC1', { limit: 1 });
		const second = await box.history('ABC1', { limit: 1, cursor: first.next });
		assert.deepEqual([...first.history, ...second.history], all.slice(0, 2));
		assert.equal(await box.history('ABC1', { job_id: 4711 }), undefined);
		assert.equal(await box.history('NOBODY'), undefined);
		await rejects(box.history('ABC1', { limit: 0 }), 'EINVAL');
		await rejects(box.history('ABC1', { cursor: 'e1' }), 'EINVAL');
	});

	step('explain: a job and a system, in sentences, by pages', async () => {
		const { sentences } = await box.explain('ABC1', { job_id: 17 });
		assert.match(sentences.at(-1).text, /^Job 17 was first heard of: Running/);
		assert.deepEqual([sentences.at(-1).kind, sentences.at(-1).data.from], ['seen', 'job_history']);
		const first = await box.explain('ABC1', { limit: 1 });
		const second = await box.explain('ABC1', { limit: 1, cursor: first.next });
		const { sentences: all } = await box.explain('ABC1', { limit: 2 });
		assert.deepEqual([...first.sentences, ...second.sentences], all);
		assert.equal(await box.explain('ABC1', { job_id: 4711 }), undefined);
		assert.equal(await box.explain('NOBODY'), undefined);
		await rejects(box.explain('ABC1', { cursor: 'h1' }), 'EINVAL');
	});

	step('summary: the figures', async () => {
		const summary = await box.summary();
		assert.equal(summary.job_count, 3);
		assert.equal(typeof summary.activte_jobs, 'number');
		assert.equal(typeof summary.interval.base, 'number');
	});

	step('internalSystems: written and read, as OCD does', async () => {
		assert.deepEqual(await box.internalSystems.list(), []);
		await box.internalSystems.put('INT2');
		await place.redis.hset(`${APP}:internal_systems`, 'INT1',
			JSON.stringify({ systemID: 'INT1', lastCheck: new Date().toISOString(), status: 'internal' }));
		const [first, second] = await box.internalSystems.list();
		assert.equal(first.systemID, 'INT1');
		assert.equal(second.systemID, 'INT2');
		assert.equal(second.status, 'internal');
		assert.ok(second.lastCheck instanceof Date && Date.now() - second.lastCheck < 60000);
		assert.equal(JSON.parse(await place.redis.hget(`${APP}:internal_systems`, 'INT2')).systemID, 'INT2');
		await box.internalSystems.remove('INT1');
		await box.internalSystems.remove('INT2');
		assert.deepEqual(await box.internalSystems.list(), []);
		await rejects(box.internalSystems.put('a/b'), 'EINVAL');
	});

	step('onlineSystems: read, and written', async () => {
		const stateOf = async (system) =>
			(await box.onlineSystems.list()).find(({ systemID }) => systemID === system)?.status;
		assert.equal(await stateOf('ABC1'), 'online');
		await box.onlineSystems.set('OFF9', false);
		await until('OFF9 is offline', async () => await stateOf('OFF9') === 'offline');
		await until('and since when', async () =>
			(await box.onlineSystems.list()).find(({ systemID }) => systemID === 'OFF9').since instanceof Date);
		const [first] = await box.onlineSystems.list();
		assert.ok(first.lastCheck instanceof Date);
		await rejects(box.onlineSystems.set('OFF9', 'no'), 'EINVAL');
	});

	step('setTimeTillNextCheck: as OCD hands it over', async () => {
		await box.setTimeTillNextCheck('"2"');
		await until('chatterboxd has it', async () =>
			(await daemon.get('/api/v1/summary')).json.interval.base === 2);
		await until('it is read back', async () => await box.getTimeTillNextCheck() === 2, 20000);
		for (const bad of ['', 'x', '"0"', 86401, 1.5, NaN, null])
			await rejects(box.setTimeTillNextCheck(bad), 'EINVAL');
		await box.setTimeTillNextCheck(1);
	});

	step('updateDatabase: every system is asked for all its jobs', async () => {
		const since = Date.now();
		await box.updateDatabase();
		await hdms.question('ABC1 is asked', ({ event, system }) => event === 'job_list' && system === 'ABC1', since);
	});

	tasks(step, world);

	step('pause, resume, kill: asked of the system', async () => {
		for (const order of ['pause', 'resume', 'kill']) {
			const since = Date.now();
			await box[order]('ABC1', 17);
			await hdms.question(order, ({ event }) => event === `job_${order}`, since);
		}
	});

	step('what is refused says by whom and why', async () => {
		await rejects(box.pause('ABC1', 4711), 'CHATTERBOX_E_UNKNOWN');
		await rejects(box.pause('ABC1', 1.5), 'EINVAL');
		await rejects(box.pause('A\0B', 1), 'EINVAL');
		hdms.twists.set('ABC1', (question, usual, send) => send(question.event === 'job_kill'
			? JSON.stringify({ jsonrpc: '2.0', id: question.body.id, result: {
				verb: { event_category: 'request_system', event: 'error' },
				object: { code: 'not_now', message: 'later' } } }) : usual));
		await rejects(box.kill('ABC1', 17), 'CHATTERBOX_E_REFUSED', { reason: 'not_now' });
		hdms.twists.clear();
	});

	step('a signal ends the waiting', async () => {
		hdms.silent.add('ABC1');
		const controller = new AbortController();
		const waiting = box.kill('ABC1', 17, { signal: controller.signal });
		await hdms.question('it is under way', ({ event, at }) => event === 'job_kill' && at, Date.now() - 1000);
		controller.abort(new Error('changed my mind'));
		await assert.rejects(waiting, /changed my mind/);
		hdms.silent.clear();
		await assert.rejects(box.summary({ signal: AbortSignal.abort() }), { name: 'AbortError' });
	});

	step('events: one by one, and from a stream id on, none missing and each once', async () => {
		const seen = [];
		let since;
		const begun = box.events({ names: ['update_job_status'] });
		const first = begun.next();
		hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, 'One'));
		for (let step_ = await first; ; step_ = await begun.next())
			if (step_.value.data.status === 'One') {
				since = step_.value.stream_id;
				break;
			}
		await begun.return();
		for (const status of ['Two', 'Three']) {
			hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, status));
			await shows('ABC1', 18, status);
		}
		for await (const event of box.events({ since, names: ['update_job_status'] })) {
			if (event.data.job_id !== 18) continue;
			seen.push(event.data.status);
			assert.match(event.stream_id, /^\d+-\d+$/);
			if (event.data.status === 'Three') hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, 'Four'));
			if (event.data.status === 'Four') break;
		}
		assert.deepEqual(seen, ['Two', 'Three', 'Four']);
	});

	step('events: one that lies behind the stream begins with lost', async () => {
		const ahead = box.events({ since: '99999999999999-0' });
		assert.deepEqual((await ahead.next()).value, { name: 'lost', data: 0 });
		await ahead.return();
		const wrong = box.events({ since: 'yesterday' });
		await rejects(wrong.next(), 'EINVAL');
	});

	step('a system that nobody asked about can be killed, and it ends as an event', async () => {
		const told = once(box, 'update_job_status', ({ job_id, status }) => job_id === 18 && status === 'Killed');
		hdms.set('ABC1', job('ABC1', 17, 'Running'), job('ABC1', 18, 'Killed'));
		await told;
		await goes('ABC1', 18);
	});

	step('close: what comes after it fails, iterations end', async () => {
		const open_ = box.events();
		const next = open_.next();
		const signalled = box.events({ signal: AbortSignal.timeout(50) }).next();
		await assert.rejects(signalled, { name: 'TimeoutError' });
		await Promise.all([box.close(), box.close()]);
		assert.equal((await next).done, true);
		await rejects(box.summary(), 'CHATTERBOX_E_DOWN');
		await rejects(box.pause('ABC1', 17), 'CHATTERBOX_E_DOWN');
		await rejects(box.activeJobs(), 'CHATTERBOX_E_DOWN');
	});
}
