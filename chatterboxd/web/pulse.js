// SPDX-License-Identifier: MIT
// pulse.js - asks again and again, while somebody looks; and knows how old each answer is
//
// A hidden tab asks nothing, and asks at once when it is looked at again. A part of the page whose
// last answer is older than it should be says so and looks so.
import { byId, setText } from './dom.js';
import { duration } from './text.js';

const pulses = [];
const watchers = [];

// When any answer came, or one failed: (ok, error)
export const onAnswer = (watcher) => watchers.push(watcher);

// Calls @ask every @ms. @part: the id of the part of the page that it fills. @wanted: false = not now.
export class Pulse {
	constructor({ ms, ask, part = null, wanted = () => true }) {
		Object.assign(this, { ms, ask, part, wanted, at: 0, timer: 0, busy: false, again: false });
		pulses.push(this);
	}

	// Now, or again when one is under way whose answer may be too old
	async now() {
		clearTimeout(this.timer);
		if (this.busy) {
			this.again = true;
			return;
		}
		if (!document.hidden && this.wanted()) {
			this.busy = true;
			do {
				this.again = false;
				await this.once();
			} while (this.again);
			this.busy = false;
		}
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.now(), this.ms);
	}

	// Soon, but not more often than every @ms
	soon(ms) {
		const due = Math.max(0, this.at + ms - Date.now());
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.now(), due);
	}

	async once() {
		try {
			await this.ask();
			this.at = Date.now();
			watchers.forEach((watcher) => watcher(true));
		} catch (error) {
			watchers.forEach((watcher) => watcher(false, error));
		}
		showAge(this);
	}

	isStale() {
		return Date.now() - this.at > 3 * this.ms + 4000;
	}
}

function showAge(pulse) {
	const part = pulse.part && byId(pulse.part);
	if (!part || !pulse.at)
		return;
	const stale = pulse.isStale();
	part.classList.toggle('stale', stale);
	const age = part.querySelector('.age');
	if (age)
		setText(age, `${stale ? 'stale, ' : ''}${duration(Math.max(1, (Date.now() - pulse.at) / 1000))} old`);
}

export function start() {
	pulses.forEach((pulse) => pulse.now());
	setInterval(() => !document.hidden && pulses.forEach(showAge), 1000);
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden)
			pulses.forEach((pulse) => pulse.now());
	});
}

export const askAll = () => pulses.forEach((pulse) => pulse.now());
