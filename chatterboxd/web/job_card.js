// SPDX-License-Identifier: MIT
// job_card.js - a job in the drawer: its figures, its files, its history, and what can be ordered
import { get, jobPath, order } from './api.js';
import { confirmed } from './dialogs.js';
import { el, setAttribute, setText, sync } from './dom.js';
import { facts, showFacts } from './facts.js';
import { History } from './history.js';
import { CAUSES, heardOf, leftText, speedText } from './job_row.js';
import { ago, clock, files, NOTHING, percent } from './text.js';
import { Why } from './why.js';

const DONE = { pause: 'paused', resume: 'resumed', kill: 'killed' };

export class JobCard {
	constructor(system, id) {
		Object.assign(this, { system, id, title: `Job ${id} of ${system}`, path: jobPath(system, id) });
		this.history = new History(`${this.path}/history`, false);
		this.why = new Why(this.path.replace('/jobs/', '/explain/'));
		this.state = el('p', { class: 'state' });
		this.bar = el('progress', { max: 100, 'aria-label': this.title, hidden: true });
		this.facts = facts();
		this.files = el('ul', { class: 'files-now' });
		this.filesTitle = el('h3', { hidden: true }, 'Files being downloaded');
		this.buttons = el('p', { class: 'buttons', role: 'group', 'aria-label': 'Orders for this job' },
			this.button('pause', 'Pause'), this.button('resume', 'Resume'), this.button('kill', 'Kill'));
		this.body = el('div', {}, this.state, this.bar, this.buttons, this.facts, this.filesTitle, this.files,
			this.why.body, this.history.body);
	}

	button(what, text) {
		return el('button', { type: 'button', 'data-order': what, disabled: true, onclick: () => this.order(what) }, text);
	}

	async order(what) {
		if (what === 'kill' && !await confirmed(`Kill job ${this.id} of ${this.system}?`, 'Kill it'))
			return;
		await order('POST', `${this.path}/${what}`, undefined, `Job ${this.id} of ${this.system} is ${DONE[what]}`);
		await this.ask().catch(() => {});
	}

	concerns(system, id) {
		return system === this.system && String(id) === this.id;
	}

	missing() {
		setText(this.state, 'No such job is known.');
		this.allow('');
	}

	async ask() {
		const detail = await get(this.path);
		this.show(detail);
		await this.history.ask();
		await this.why.ask();
	}

	allow(kind) {
		const may = { pause: kind === 'running' || kind === 'other', resume: kind === 'paused',
			kill: ['running', 'paused', 'other'].includes(kind) };
		for (const button of this.buttons.children)
			button.disabled = !may[button.dataset.order];
	}

	show(detail) {
		const { job, kind, figures = {} } = detail;
		const done = percent(job);
		this.allow(kind);
		setAttribute(this.state, 'class', `state ${kind}`);
		setText(this.state, [job.status, figures.stalled ? 'stalled' : '', figures.stale ? 'stale' : '',
			detail.system_status && detail.system_status !== 'online' ? `its system is ${detail.system_status}` : '']
			.filter(Boolean).join(', '));
		this.bar.hidden = !Number.isFinite(done);
		this.bar.value = Number.isFinite(done) ? done : 0;
		showFacts(this.facts, [
			['Progress', Number.isFinite(done) ? `${Number(done.toFixed(1))} %` : NOTHING],
			['Files', files(job)], ['Speed', speedText(detail)], ['Time left', leftText(detail)],
			['Heard of', ago(heardOf(detail))], ['Last progress', figures.progress_at ? ago(figures.progress_at) : ''],
			['Cause', CAUSES[figures.cause] ?? figures.cause ?? ''], ['Type', job.job_type ?? ''], ['Started by', detail.origin === 'ocd' ? 'OCD' : 'a user'],
			['First seen', clock(detail.first_seen)], ['Revision', detail.revision],
			['Error', job.error_code ?? ''], ['', job.error_message ?? job.error ?? ''],
		]);
		this.showFiles(Array.isArray(job.files_downloading) ? job.files_downloading : []);
	}

	showFiles(list) {
		this.filesTitle.hidden = list.length === 0;
		sync(this.files, list.map((file, index) => ({ file, index })), ({ index }) => String(index),
			() => el('li', {}, el('span'), el('span', { class: 'quiet' })),
			(node, { file }) => {
				setText(node.children[0], typeof file === 'string' ? file : file?.file ?? file?.name ?? JSON.stringify(file));
				setText(node.children[1], file?.percent_completed === undefined ? '' : `${file.percent_completed} %`);
			});
	}
}
