// SPDX-License-Identifier: MIT
// thrown.mjs - what listeners and tasks throw is an uncaught exception, and life goes on
import { Task, TaskScheduler } from '../../lib/index.mjs';
import { World, until } from '../kit.mjs';

const thrown = [];
process.on('uncaughtException', (error) => thrown.push(error.message));
const world = await World.open();
let heard = 0;
world.box.once('update_job_status', () => { throw new Error('listener'); });
world.box.on('update_job_status', () => { heard += 1; });
await world.set('ABC1', { job_id: 1, status: 'Running' });
await until('the listener threw', () => thrown.length === 1);
await world.set('ABC1', { job_id: 1, status: 'Paused' });
await until('the next event came', () => heard >= 1);
await world.close();

const scheduler = new TaskScheduler();
let ran = 0;
scheduler.addTask(new Task(0, () => {
	scheduler.stop();
	throw new Error('task');
}, 'bad'));
scheduler.addTask(new Task(0, () => { ran += 1; }, 'good'));
scheduler.start();
await until('the other ran', () => ran === 1);
console.log(thrown.join());
