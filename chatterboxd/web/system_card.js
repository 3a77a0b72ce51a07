// SPDX-License-Identifier: MIT
// system_card.js - a system in the drawer: its jobs, and its turns online and offline
import { get, systemPath } from './api.js';
import { el, setAttribute, setText, sync } from './dom.js';
import { facts, showFacts } from './facts.js';
import { History } from './history.js';
import { keyOf } from './job_row.js';
import { addressOf } from './place.js';
import { ago, ahead, clock, percent } from './text.js';

export class SystemCard {
	constructor(system) {
		Object.assign(this, { system, title: `System ${system}`, path: systemPath(system) });
		this.history = new History(`${this.path}/history`, true);
		this.state = el('p', { class: 'state' });
		this.facts = facts();
		this.jobs = el('ul', { class: 'jobs-of' });
		this.body = el('div', {}, this.state, this.facts, el('h3', {}, 'Live jobs'), this.jobs, this.history.body);
	}

	concerns(system) {
		return system === this.system;
	}

	missing() {
		setText(this.state, 'No such system is known.');
	}

	async ask() {
		this.show(await get(this.path));
		await this.history.ask();
	}

	show(system) {
		setAttribute(this.state, 'class', `state ${system.status}`);
		setText(this.state, system.since ? `${system.status} since ${clock(system.since)}, ${ago(system.since)}` : system.status);
		showFacts(this.facts, [['Last check', ago(system.lastCheck)],
			['Next activation', system.next_activation ? `${clock(system.next_activation)}, ${ahead(system.next_activation)}` : 'none'],
			['Live jobs', system.jobs.length]]);
		sync(this.jobs, system.jobs, keyOf,
			(job) => el('li', {}, el('a', { href: addressOf({ open: keyOf(job) }) }, `Job ${job.job_id}`), el('span', { class: 'quiet' })),
			(node, job) => setText(node.lastChild, [job.status, job.job_type,
				Number.isFinite(percent(job)) ? `${Number(percent(job).toFixed(1))} %` : ''].filter(Boolean).join(' · ')));
	}
}
