// SPDX-License-Identifier: MIT
// api.js - asks the API, and orders. All paths are relative, so the page works below any prefix.
//
// The token is asked for when the server wants one, once, and kept in this tab alone.
import { askToken } from './token.js';
import { tell } from './notice.js';

const PATIENCE = 15000;

export class Refused extends Error {}

export function authorization() {
	const token = sessionStorage.getItem('token');
	return token ? { Authorization: `Bearer ${token}` } : {};
}

async function complaint(answer) {
	const body = await answer.json().catch(() => ({}));
	const error = new Refused(body.detail || answer.statusText || `the server answered ${answer.status}`);
	error.status = answer.status;
	return error;
}

// One try, and another one with the token that is then given; null = nobody gave one
export async function request(path, options = {}) {
	for (;;) {
		const used = sessionStorage.getItem('token');
		const answer = await fetch(path, { cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE), ...options,
			headers: { ...options.headers, ...authorization() } });
		if (answer.status !== 401)
			return answer;
		if (!await askToken(used, options.method ? 'order' : 'read'))
			return answer;
	}
}

// { body, answer } of a JSON document
export async function read(path) {
	const answer = await request(path);
	if (!answer.ok)
		throw await complaint(answer);
	return { body: await answer.json(), answer };
}

export const get = async (path) => (await read(path)).body;

// An order, whose outcome is told. Return: its answer, or null when it was refused
export async function order(method, path, body, done) {
	try {
		const answer = await request(path, { method, ...(body === undefined ? {} : {
			headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }) });
		if (!answer.ok)
			throw await complaint(answer);
		tell(done, 'good');
		return await answer.json().catch(() => ({}));
	} catch (error) {
		tell(error instanceof Refused ? error.message : 'The server could not be reached', 'bad');
		return null;
	}
}

export const jobPath = (system, id) => `api/v1/jobs/${encodeURIComponent(system)}/${id}`;
export const systemPath = (system) => `api/v1/systems/${encodeURIComponent(system)}`;
