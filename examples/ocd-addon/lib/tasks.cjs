// SPDX-License-Identifier: MIT
// tasks.cjs - TaskScheduler: the library's scheduler, ticked by a timer of Node's

'use strict';

const binding = require('./load.cjs');

const now = () => Number(process.hrtime.bigint() / 1000n) / 1000; // ms of the monotonic clock

class TaskScheduler {
	#scheduler = new binding.Scheduler();
	#tasks = []; // their objects, so that none is collected while it may run
	#timer;

	constructor() { this.pausedTimeOut = 600000; }

	get taskList() { return [...this.#tasks]; }

	get count() { return this.#scheduler.running(); }

	get paused() { return this.#scheduler.pausedUntil() !== undefined; }

	get pausedTimer() {
		const until = this.#scheduler.pausedUntil();
		return until === undefined ? undefined : until - now() + performance.now();
	}

	addTask(task) {
		this.#scheduler.add(task);
		this.#tasks.push(task);
	}

	removeTask(task) {
		this.#scheduler.remove(task);
		this.#tasks.splice(this.#tasks.indexOf(task), 1);
	}

	start() {
		this.stop();
		this.#scheduler.begin();
		this.#arm();
	}

	stop() {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}

	#arm() {
		const ms = Math.max(0, Math.ceil(this.#scheduler.nextTick() - now()));
		const timer = setTimeout(() => {
			this.#scheduler.tick();
			if (this.#timer === timer) this.#arm(); // a task may have stopped or started us
		}, ms);
		this.#timer = timer;
	}

	pause() { this.#scheduler.pauseFor(this.pausedTimeOut); }

	resume() { this.#scheduler.resume(); }
}

module.exports = { Task: binding.Task, TaskScheduler };
