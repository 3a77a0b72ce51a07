// SPDX-License-Identifier: MIT
// types.ts - is compiled by tsc --strict and never run: what OCD's developers write has to have types
import { Chatterbox, ChatterboxError, Task, TaskScheduler, nl_ocd } from '..';
import type { ChatterboxApi, ChatterboxEvent, OnlineSystems, Status } from '..';

declare const loadBalancing: {
	updateStatus(system_id: string, paused: boolean, job_type: string | undefined): void;
	updateJobStatus(data: nl_ocd.content.job.Status): void;
};

async function listen(): Promise<void> {
	await using box = await Chatterbox.open('chatterbox.json', { signal: AbortSignal.timeout(1000) });

	box.addListener('status', (data) => {
		loadBalancing.updateStatus(data.system_id, data.paused, data.job_type);
	});
	box.addListener('update_job_status', (data, { message_id, previous_status, stream_id, origin }) => {
		loadBalancing.updateJobStatus(data);
		const texts: (string | undefined)[] = [message_id, previous_status, stream_id, origin];
		return texts;
	});
	box.on('user_job_errors', (errors) => errors.map(({ code, message }) => `${code}: ${message}`));
	box.on('job_status', (jobs) => jobs.map(({ percent_completed }) => Number(percent_completed)));
	box.on('jobs_data', (data) => data.activte_jobs + data.total_download_speed);
	box.on('lost', (count) => count + 1);
	// @ts-expect-error percent_completed is a text
	box.on('update_job_status', (data) => data.percent_completed / 2);
}

async function ask(box: ChatterboxApi): Promise<void> {
	const jobs: Status[] = await box.activeJobs('ABC1');
	const text: Buffer = await box.activeJobsJson();
	const found = await box.job('ABC1', 17);
	const revision: number | undefined = found?.revision;
	const summary = await box.summary();
	const base: number = summary.interval.base + summary.job_count;
	const internal: OnlineSystems[] = await box.internalSystems.list();
	const checked: Date | undefined = internal[0]?.lastCheck;
	await box.internalSystems.put('ABC1');
	await box.onlineSystems.set('ABC1', true, { signal: AbortSignal.timeout(10) });
	await box.setTimeTillNextCheck('"600"');
	await box.errors.store([{ system: 'ABC1', code: 'disk_full', message: 'no room' }]);
	const { errors, next } = await box.errors.get({ limit: 10 });
	const gone: number = await box.errors.remove({ ids: errors.map(({ id }) => id) });
	// @ts-expect-error which ones?
	await box.errors.remove({});
	for await (const event of box.events({ since: '0-0', names: ['update_job_status'] }))
		if (event.name === 'update_job_status') remember(event, event.data.job_id);
	void [jobs, text, revision, base, checked, next, gone];
}

function remember(event: ChatterboxEvent, job_id: number): void {
	void [event.stream_id, job_id];
}

function tasks(): void {
	const task = new Task(5, () => {}, 'New Downloads Task');
	const scheduler = new TaskScheduler();
	task.interval = 10;
	const [seconds]: [number, number] = task.lastRan;
	scheduler.addTask(task);
	scheduler.start();
	// @ts-expect-error only a run changes it
	task.lastRan = [0, 0];
	void [seconds, scheduler.taskList.length, scheduler.pausedTimeOut];
}

function fail(error: unknown): string {
	return error instanceof ChatterboxError && error.code === 'CHATTERBOX_E_DOWN' ? error.server : '';
}

void [listen, ask, tasks, fail];
