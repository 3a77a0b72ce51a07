// SPDX-License-Identifier: MIT
// actions.js - orders to chatterbox itself: ask now, how often, and not for a while
import { order } from './api.js';
import { number } from './dialogs.js';
import { byId } from './dom.js';
import { clock, duration } from './text.js';
import { known } from './verdict.js';

async function changeInterval() {
	const seconds = await number({ question: 'How often are the systems asked?', label: 'Seconds between two rounds',
		value: known.summary?.interval.base ?? 10, least: 1, most: 86400, yes: 'Set' });
	if (seconds !== null)
		await order('PUT', 'api/v1/interval', { seconds }, `Systems are asked every ${duration(seconds)}`);
}

async function pause() {
	const minutes = await number({ question: 'For how long shall no system be asked?', label: 'Minutes',
		value: 10, least: 1, most: 1440, yes: 'Pause' });
	if (minutes !== null)
		await order('POST', 'api/v1/pause', { seconds: minutes * 60 },
			`No system is asked until ${clock(Date.now() + minutes * 60000)}`);
}

// @done: called after each order
export function startActions(done) {
	const on = (id, act) => byId(id).addEventListener('click', async () => {
		await act();
		done();
	});
	on('poll', () => order('POST', 'api/v1/poll', { discovery: true }, 'All systems are asked now'));
	on('interval', changeInterval);
	on('pause', pause);
	on('resume', () => order('POST', 'api/v1/resume', undefined, 'Systems are asked again'));
}
