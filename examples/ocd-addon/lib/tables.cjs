// SPDX-License-Identifier: MIT
// tables.cjs - what a Chatterbox reads and writes in tables: internal and online systems, errors

'use strict';

const check = require('./check.cjs');
const { mistake } = require('./error.cjs');

/** The proposal's OnlineSystems; others may have written no time at all */
function onlineSystem({ systemID, lastCheck, status }) {
	return { systemID, lastCheck: new Date(lastCheck ?? NaN), status: status ?? 'internal' };
}

/** With what the engine knows besides */
const knownSystem = ({ since, ...system }) => ({ ...onlineSystem(system), ...(since && { since: new Date(since) }) });

const byName = (a, b) => Buffer.compare(Buffer.from(a.systemID), Buffer.from(b.systemID));

function internalSystemsOf(call) {
	return {
		async list(options) {
			const { systems } = await call('internal_list', undefined, undefined, options);
			return systems.map(onlineSystem).sort(byName);
		},
		async put(system, options) {
			await call('internal_put', check.text('system', system), undefined, options);
		},
		async remove(system, options) {
			await call('internal_remove', check.text('system', system), undefined, options);
		},
	};
}

function onlineSystemsOf(call) {
	return {
		async list(options) {
			const all = [];
			for (let cursor = null; cursor !== undefined;) {
				const page = await call('systems', JSON.stringify({ limit: 1000, cursor }), undefined, options);
				all.push(...page.systems.map(knownSystem));
				cursor = page.next ?? undefined;
			}
			return all;
		},
		async set(system, online, options) {
			if (typeof online !== 'boolean') throw mistake('online: takes true or false');
			await call('online_set', check.text('system', system), online, options);
		},
	};
}

function errorsOf(call) {
	return {
		async get({ system, limit, cursor, signal } = {}) {
			const params = { system: check.optionalText('system', system), limit, cursor };
			return call('errors_get', JSON.stringify(params), undefined, { signal });
		},
		async store(errors, options) {
			if (!Array.isArray(errors)) throw mistake('errors: takes an array');
			await call('errors_store', JSON.stringify(errors), undefined, options);
		},
		async remove(which, options) {
			if ((which?.ids === undefined) === (which?.system === undefined))
				throw mistake('takes { ids } or { system }');
			const { removed } = which.ids === undefined
				? await call('errors_remove', check.text('system', which.system), undefined, options)
				: await call('errors_remove', undefined, check.ids(which.ids), options);
			return removed;
		},
	};
}

module.exports = { internalSystemsOf, onlineSystemsOf, errorsOf };
