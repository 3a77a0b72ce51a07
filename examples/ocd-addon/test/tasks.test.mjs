// SPDX-License-Identifier: MIT
// tasks.test.mjs - Task and TaskScheduler in OCD's own shapes

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatterboxError, Task, TaskScheduler } from '../lib/index.mjs';
import { until } from './kit.mjs';

test('a task as OCD makes one', () => {
	const work = () => {};
	const task = new Task(5, work, 'New Downloads Task');
	assert.equal(task.interval, 5);
	assert.equal(task.name, 'New Downloads Task');
	assert.equal(task.performTask, work);
	assert.deepEqual(task.lastRan, [0, 0]);
	task.interval = 0.5;
	assert.equal(task.interval, 0.5);
	assert.throws(() => { task.lastRan = [1, 1]; }, TypeError);
	assert.throws(() => Task(1, work, 'x'), TypeError);
});

test('run() runs it now, with the task as this, and counts from process.hrtime()', () => {
	const before = process.hrtime();
	let self;
	const task = new Task(5, function perform() { self = this; }, 'x');
	task.run();
	assert.equal(self, task);
	assert.ok(task.lastRan[0] >= before[0] && task.lastRan[1] < 1e9);
	let other = 0;
	task.performTask = () => { other += 1; };
	task.run();
	assert.equal(other, 1);
});

test('what is no task is refused by name', () => {
	for (const [interval, perform, name, text] of [[-1, () => {}, 'x', /interval/], ['5', () => {}, 'x', /interval/],
		[NaN, () => {}, 'x', /interval/], [1, 'f', 'x', /performTask/], [1, () => {}, 7, /name/]])
		assert.throws(() => new Task(interval, perform, name), (error) => {
			assert.ok(error instanceof ChatterboxError);
			assert.equal(error.code, 'EINVAL');
			assert.match(error.message, text);
			return true;
		});
	assert.throws(() => { new Task(1, () => {}, 'x').interval = -1; }, { code: 'EINVAL' });
});

test('a scheduler runs what is due, in the order it was added', async () => {
	const scheduler = new TaskScheduler();
	const ran = [];
	const counts = [];
	const [first, second] = ['first', 'second'].map((name) => new Task(0, () => {
		ran.push(name);
		counts.push(scheduler.count);
	}, name));
	const never = new Task(3600, () => ran.push('never'), 'never');
	for (const task of [first, never, second]) scheduler.addTask(task);
	assert.deepEqual(scheduler.taskList, [first, never, second]);
	assert.throws(() => scheduler.addTask(first), { code: 'EBUSY' });
	assert.throws(() => scheduler.removeTask(new Task(1, () => {}, 'x')), { code: 'ENOENT' });
	assert.throws(() => scheduler.addTask({}), { code: 'EINVAL' });
	scheduler.start();
	await until('two rounds', () => ran.length >= 4);
	scheduler.stop();
	assert.deepEqual(ran.slice(0, 4), ['first', 'second', 'first', 'second']);
	assert.deepEqual(new Set(counts), new Set([1]));
	assert.equal(scheduler.count, 0);
	scheduler.removeTask(never);
	assert.deepEqual(scheduler.taskList, [first, second]);
});

test('a pause ends by resume(), or by itself', async () => {
	const scheduler = new TaskScheduler();
	let ran = 0;
	scheduler.addTask(new Task(0, () => { ran += 1; }, 'x'));
	assert.equal(scheduler.pausedTimeOut, 600000);
	assert.equal(scheduler.pausedTimer, undefined);
	scheduler.pause();
	assert.equal(scheduler.paused, true);
	assert.ok(Math.abs(scheduler.pausedTimer - performance.now() - 600000) < 60000);
	scheduler.resume();
	assert.equal(scheduler.paused, false);
	scheduler.pausedTimeOut = 300;
	scheduler.pause();
	scheduler.start();
	await until('it went on by itself', () => ran > 0);
	assert.equal(scheduler.paused, false);
	scheduler.stop();
	scheduler.pausedTimeOut = 0;
	assert.throws(() => scheduler.pause(), { code: 'EINVAL' });
});

test('tasks of a scheduler are not collected while nobody else knows them', async () => {
	const scheduler = new TaskScheduler();
	let ran = 0;
	(() => { scheduler.addTask(new Task(0, () => { ran += 1; }, 'x')); })();
	globalThis.gc();
	await new Promise(setImmediate);
	globalThis.gc();
	scheduler.start();
	await until('it runs', () => ran > 0);
	scheduler.stop();
	for (let i = 0; i < 20000; i += 1) new TaskScheduler().addTask(new Task(1, () => {}, `task ${i}`));
	globalThis.gc();
});
