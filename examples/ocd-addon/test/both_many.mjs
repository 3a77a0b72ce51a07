// SPDX-License-Identifier: MIT
// both_many.mjs - steps of both.mjs about many at once: lists with filters, orders to all, clean-up, tasks
//
// @step is both.mjs's own, and @world gives what it has: { box, daemon, hdms }.

import assert from 'node:assert/strict';
import { until } from '../../../tests/servers/e2e/place.mjs';

export const rejects = (promise, code, more = {}) => assert.rejects(promise, (error) => {
	assert.equal(error.name, 'ChatterboxError');
	for (const [member, value] of Object.entries({ code, ...more }))
		assert.equal(error[member], value, `${member} of ${error.message}`);
	return true;
});

const idsOf = ({ jobs }) => jobs.map(({ system, job_id }) => `${system}/${job_id}`);

/** ABC1 has 17 and 18, which run, ABC2 17, which is paused */
export function many(step, world) {
	step('jobs: filtered, by pages, with details', async () => {
		const { box } = world();
		const all = await box.activeJobs();
		assert.deepEqual(await box.jobs(), { jobs: all, next: null, total: 3 });
		assert.deepEqual(idsOf(await box.jobs({ system: 'ABC1' })), ['ABC1/17', 'ABC1/18']);
		assert.deepEqual(idsOf(await box.jobs({ kind: 'paused', state: 'live' })), ['ABC2/17']);
		assert.deepEqual(idsOf(await box.jobs({ q: 'BC2' })), ['ABC2/17']);
		assert.deepEqual(await box.jobs({ stalled: true }), { jobs: [], next: null, total: 0 });
		const first = await box.jobs({ limit: 2 });
		const second = await box.jobs({ limit: 2, cursor: first.next });
		assert.deepEqual([...first.jobs, ...second.jobs], all);
		const { jobs: [detail] } = await box.jobs({ system: 'ABC2', detail: true });
		assert.deepEqual([detail.job, detail.kind], [all[2], 'paused']);
		await rejects(box.jobs({ sort: 'colour' }), 'EINVAL');
		await rejects(box.jobs({ limit: 0 }), 'EINVAL');
	});

	step('system: with its live jobs, and one that nobody knows', async () => {
		const { box } = world();
		const { systemID, status, jobs } = await box.system('ABC1');
		assert.deepEqual([systemID, status], ['ABC1', 'online']);
		assert.deepEqual(jobs, await box.activeJobs('ABC1'));
		assert.equal(await box.system('NOBODY'), undefined);
		await rejects(box.system(17), 'EINVAL');
	});

	step('pauseAll, resumeAll: asked of every job that it concerns', async () => {
		const { box, hdms } = world();
		const since = Date.now();
		assert.equal(await box.pauseAll('ABC1'), 2);
		await hdms.question('ABC1 is asked', ({ event, system }) => event === 'job_pause' && system === 'ABC1', since);
		assert.equal(await box.resumeAll(), 1);
		await hdms.question('ABC2 is asked', ({ event, system }) => event === 'job_resume' && system === 'ABC2', since);
		await rejects(box.pauseAll('NOBODY'), 'CHATTERBOX_E_UNKNOWN');
		await rejects(box.resumeAll(17), 'EINVAL');
	});
}

/** ABC2's job 30 has errored, and its error was removed */
export function cleanUp(step, world) {
	step('clean-up: of errored jobs, tried first', async () => {
		const { box } = world();
		assert.deepEqual(idsOf(await box.jobs({ state: 'errored' })), ['ABC2/30']);
		assert.deepEqual((await box.wouldCleanUpErrored({ older_than: 3600 })).jobs, []);
		assert.equal(await box.cleanUpErrored({ older_than: 3600 }), 0);
		const would = await box.wouldCleanUpErrored({ system: 'ABC2' });
		assert.deepEqual([idsOf(would), would.errors], [['ABC2/30'], 0]);
		assert.equal(await box.cleanUpErrored({ system: 'ABC2' }), 1);
		assert.equal(await box.cleanUpErrored(), 0);
		assert.deepEqual(idsOf(await box.jobs({ state: 'ended', system: 'ABC2' })), ['ABC2/30']);
		await rejects(box.cleanUpErrored({ older_than: -1 }), 'EINVAL');
		await rejects(box.wouldCleanUpErrored({ older_than: -1 }), 'EINVAL');
	});

	step('clean-up: of an incident that nobody knows', async () => {
		const { box } = world();
		await rejects(box.cleanUpIncident(4711), 'CHATTERBOX_E_UNKNOWN');
		await rejects(box.wouldCleanUpIncident(4711), 'CHATTERBOX_E_UNKNOWN');
		await rejects(box.cleanUpIncident(-1), 'EINVAL');
		await rejects(box.wouldCleanUpIncident('all'), 'EINVAL');
	});
}

export function tasks(step, world) {
	const summary = async () => (await world().daemon.get('/api/v1/summary')).json;

	step('poll: a round is made now', async () => {
		const { box } = world();
		await box.setTimeTillNextCheck(3600);
		await until('nobody is asked for an hour', async () => (await summary()).interval.base === 3600);
		const { finished_at: before } = (await summary()).last_cycle;
		await box.poll();
		await until('a round more', async () => (await summary()).last_cycle.finished_at > before);
		await box.setTimeTillNextCheck(1);
		await until('as before', async () => (await summary()).interval.base === 1);
	});

	step('pauseTasks, resumeTasks: nobody is asked meanwhile', async () => {
		const { box } = world();
		await box.pauseTasks(60);
		await until('it pauses', async () => (await summary()).paused);
		await box.resumeTasks();
		await until('it goes on', async () => !(await summary()).paused);
		await box.pauseTasks();
		await box.resumeTasks();
		for (const bad of [0, 86401, 1.5]) await rejects(box.pauseTasks(bad), 'EINVAL');
	});
}
