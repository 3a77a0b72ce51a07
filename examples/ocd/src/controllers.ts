// SPDX-License-Identifier: MIT
// controllers.ts - the controllers that stay in OCD, and what they did with the JobStatusController
//
// Each "before" is OCD's own code as the proposal quotes it. What is not quoted there is only as much
// as the example needs.

import type { ChatterboxApi, ErrorsPage, OnlineSystems, Status, UserJobError } from '../../ocd-addon/index.js';

/** Which systems and kinds of jobs OCD still gives work to */
export class ServerLoadBalanceController {
	readonly paused = new Map<string, boolean>();
	readonly jobs = new Map<string, string>();

	updateStatus(system_id: string, paused: boolean, job_type?: string): void {
		this.paused.set(`${system_id}/${job_type ?? ''}`, paused);
	}

	updateJobStatus(data: Status): void { this.jobs.set(`${data.system}/${data.job_id}`, data.status); }
}

/** Tells users whose jobs failed. Cleaning the table up is chatterbox's. */
export class CleanUpErroredUserJobsController {
	readonly errors: UserJobError[] = [];

	setErrors(data: readonly UserJobError[]): void { this.errors.push(...data); }
}

/** before: queries of its own, and a daily 'Job Errors Task'. after: chatterbox clears, OCD asks. */
export class ErrorsController {
	#chatterbox: ChatterboxApi;

	constructor(chatterbox: ChatterboxApi) { this.#chatterbox = chatterbox; }

	get(system?: string): Promise<ErrorsPage> { return this.#chatterbox.errors.get({ system }); }

	remove(ids: number[]): Promise<number> { return this.#chatterbox.errors.remove({ ids }); }
}

/** before: `private onlineSystems: Array<OnlineSystems>`, filled by the daily 'Online Systems Task' */
export class OnlineSystemsController {
	#chatterbox: ChatterboxApi;

	constructor(chatterbox: ChatterboxApi) { this.#chatterbox = chatterbox; }

	async isOnline(system: string): Promise<boolean> {
		const all = await this.#chatterbox.onlineSystems.list();
		return all.some(({ systemID, status }) => systemID === system && status === 'online');
	}
}

/** before: `private systems: Array<OnlineSystems>`, cleaned up by a task every 5 s */
export class InternalSystemsController {
	#chatterbox: ChatterboxApi;

	constructor(chatterbox: ChatterboxApi) { this.#chatterbox = chatterbox; }

	add(system: string): Promise<void> { return this.#chatterbox.internalSystems.put(system); }

	list(): Promise<OnlineSystems[]> { return this.#chatterbox.internalSystems.list(); }
}
