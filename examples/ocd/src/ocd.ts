// SPDX-License-Identifier: MIT
// ocd.ts - OCD without its JobStatusController: each call site, before and after
//
// Five tasks are gone from its scheduler: 'Job Status Task', 'Job Send Status Task', 'Job Errors
// Task', 'Online Systems Task' and the clean-up of internal systems. Nothing is asked of systems here.

import type { ChatterboxApi, JobsData, Status } from '../../ocd-addon/index.js';
import { CleanUpErroredUserJobsController, ErrorsController, InternalSystemsController,
	OnlineSystemsController, ServerLoadBalanceController } from './controllers.js';
import { OcdModels } from './models.js';
import type { SqlConfig } from './models.js';

/** A row of server_conf, as OCD's front end changes it: info is '"600"' */
export interface ConfRow {
	name: string;
	info: string;
}

export class Ocd {
	#chatterbox: ChatterboxApi;
	readonly loadBalancing = new ServerLoadBalanceController();
	readonly cleanUpErroredUserJobsController = new CleanUpErroredUserJobsController();
	readonly errorsController: ErrorsController;
	readonly onlineSystemsController: OnlineSystemsController;
	readonly internalSystemsController: InternalSystemsController;
	readonly models: OcdModels;
	/** What OCD's own screens show of the last minute */
	lastJobsData?: JobsData;

	constructor(chatterbox: ChatterboxApi, sql: SqlConfig) {
		this.#chatterbox = chatterbox;
		this.models = new OcdModels(sql);
		this.errorsController = new ErrorsController(chatterbox);
		this.onlineSystemsController = new OnlineSystemsController(chatterbox);
		this.internalSystemsController = new InternalSystemsController(chatterbox);
		this.#listen();
	}

	/*
	 * before:
	 *	this.jobsStatusController.addListener("status", (data) => {
	 *		this.ocdService.loadBalancing.updateStatus(data.system_id, data.paused, data.job_type)
	 *	})
	 *	this.jobsStatusController.addListener("user_job_errors", (data) => {
	 *		this.cleanUpErroredUserJobsController.setErrors(data)
	 *	})
	 *	this.jobsStatusController.addListener("update_job_status", (data) => {
	 *		this.ocdService.loadBalancing.updateJobStatus(data)
	 *	})
	 * after: the same three listeners on another object. An event that comes twice (at least once is
	 * what is promised) is left out by the client, which knows it by its message_id.
	 */
	#listen(): void {
		this.#chatterbox.addListener('status', (data) => {
			this.loadBalancing.updateStatus(data.system_id, data.paused, data.job_type);
		});
		this.#chatterbox.addListener('user_job_errors', (data) => {
			this.cleanUpErroredUserJobsController.setErrors(data);
		});
		this.#chatterbox.addListener('update_job_status', (data) => {
			this.loadBalancing.updateJobStatus(data);
		});
		// events were lost, as after a long outage of Redis: take the whole state
		this.#chatterbox.addListener('lost', () => {
			this.lastRecordedStatus().then((jobs) => jobs.forEach((job) => this.loadBalancing.updateJobStatus(job)),
				() => {}); // Redis is away again; the next loss is told, too
		});
		/*
		 * before:
		 *	sendStatusEvent(data: Array<nl_ocd.content.job.Status>) {
		 *		if (this.service.rmqRpc !== undefined) this.service.rmqRpc.emitEvent("job_status", data)
		 *	}
		 *	this.service.rmqRpc.emitEvent("jobs_data", { job_count: jobsToSend.length, ... })
		 * after: chatterbox emits both, as nl-ocd-chatterbox.event.job_status and .jobs_data, and
		 * Prometheus reads the same figures from it. Whoever wants them listens.
		 */
		this.#chatterbox.addListener('jobs_data', (data) => { this.lastJobsData = data; });
	}

	/*
	 * before:
	 *	this.jobsStatusController.setTimeTillNextCheck(Number(row.info.replace(/"/g, '')))
	 *	this.jobsStatusController.checkStatusTask.interval = this.jobsStatusController.getTimeTillNextCheck()
	 *	this.jobsStatusController.updateDatabase()
	 * after: the value as it is in the row; chatterbox reads it, keeps it and has the task
	 */
	async updateConf(row: ConfRow): Promise<void> {
		await this.#chatterbox.setTimeTillNextCheck(row.info);
		await this.#chatterbox.updateDatabase();
	}

	/** before: `this.activeJobs.lastRecordedStatus`. after: from what chatterbox shares */
	lastRecordedStatus(): Promise<Status[]> { return this.#chatterbox.activeJobs(); }

	/**
	 * OCD started a job on a system: chatterbox monitors it from its next round on. The row says that it
	 * is OCD's; of one that chatterbox knows already only that is written, never its status.
	 */
	async startJob(system: string, job_id: number, job_type: string): Promise<void> {
		await this.models.status_monitor.bulkCreate(
			[{ system, job_id, job_type, status: 'Queued', origin: 'ocd' }], { updateOnDuplicate: ['origin'] });
	}

	/** before: an RPC of its own to nl-hdms. after: chatterbox asks, and notes what comes of it */
	pauseJob(system: string, job_id: number): Promise<void> { return this.#chatterbox.pause(system, job_id); }

	async close(): Promise<void> {
		await this.#chatterbox.close();
		await this.models.close();
	}
}
