// SPDX-License-Identifier: MIT
// drawer.js - one job or one system, beside the list: opened by the address (open=SYSTEM/JOB or
// open=SYSTEM), closed by Escape, and the focus goes back to where it came from
import { byId, setText } from './dom.js';
import { addressOf, go, parameters } from './place.js';
import { Pulse } from './pulse.js';
import { JobCard } from './job_card.js';
import { SystemCard } from './system_card.js';

let open = null;
let card = null;
let cameFrom = null;

// A system's name has no slash in it
function cardOf(name) {
	const slash = name.lastIndexOf('/');
	return slash < 0 ? new SystemCard(name) : new JobCard(name.slice(0, slash), name.slice(slash + 1));
}

async function ask() {
	const asked = card;
	try {
		await asked.ask();
	} catch (error) {
		if (error.status !== 404)
			throw error;
		asked.missing();
	}
}

export const pulse = new Pulse({ ms: 5000, ask, part: 'drawer', wanted: () => card !== null });

function close() {
	byId('drawer').hidden = true;
	card = null;
	open = null;
	if (cameFrom?.isConnected)
		cameFrom.focus();
	cameFrom = null;
}

export function placeDrawer() {
	const wanted = parameters().get('open');
	if (wanted === open)
		return;
	if (!wanted) {
		close();
		return;
	}
	if (open === null)
		cameFrom = document.activeElement === document.body ? null : document.activeElement;
	open = wanted;
	card = cardOf(wanted);
	setText(byId('drawer-title'), card.title);
	byId('drawer-body').replaceChildren(card.body);
	byId('drawer').classList.remove('stale');
	byId('drawer').hidden = false;
	byId('drawer-title').focus();
	pulse.now();
}

// What happened to the job or the system that is open
export function touch(system, id) {
	if (card?.concerns(system, id))
		pulse.soon(1000);
}

export function startDrawer() {
	const shut = () => go(addressOf({ open: null }));
	byId('drawer-close').addEventListener('click', shut);
	byId('drawer').addEventListener('keydown', (event) => event.key === 'Escape' && shut());
}
