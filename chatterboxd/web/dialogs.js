// SPDX-License-Identifier: MIT
// dialogs.js - questions before an order: are you sure, and how much
import { byId, setText } from './dom.js';

function ended(dialog) {
	dialog.returnValue = '';
	dialog.showModal();
	return new Promise((done) => {
		dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true });
	});
}

export function confirmed(question, yes) {
	setText(byId('confirm-question'), question);
	setText(byId('confirm-yes'), yes);
	return ended(byId('confirm-dialog'));
}

// A whole number, or null
export async function number({ question, label, value, least, most, yes }) {
	const field = byId('number');
	setText(byId('number-question'), question);
	setText(byId('number-label'), label);
	setText(byId('number-yes'), yes);
	Object.assign(field, { min: least, max: most, value });
	const given = await ended(byId('number-dialog'));
	return given && Number.isInteger(field.valueAsNumber) ? field.valueAsNumber : null;
}
