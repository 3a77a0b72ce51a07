// SPDX-License-Identifier: MIT
// token.js - asks for the token, once for all who wait for it, and keeps it in this tab
import { byId, setText } from './dom.js';

let waiting = null;

function show(wrong, purpose) {
	const dialog = byId('token-dialog');
	setText(byId('token-purpose'), purpose === 'order'
		? 'Orders need the token of this server (http_server.token).'
		: 'Reading needs the token of this server (http_server.read_token).');
	setText(byId('token-error'), wrong ? 'That is not the token.' : '');
	byId('token').value = '';
	dialog.returnValue = '';
	dialog.showModal();
	return new Promise((done) => dialog.addEventListener('close', () => {
		if (dialog.returnValue === 'open')
			sessionStorage.setItem('token', byId('token').value);
		done(dialog.returnValue === 'open');
	}, { once: true }));
}

// @used: the token that was refused, or null. False when nobody gave another one
export async function askToken(used, purpose) {
	if (used !== sessionStorage.getItem('token'))
		return true; // given meanwhile
	waiting ??= show(used !== null, purpose).finally(() => { waiting = null; });
	return waiting;
}
