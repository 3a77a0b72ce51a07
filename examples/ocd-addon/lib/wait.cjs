// SPDX-License-Identifier: MIT
// wait.cjs - waiting with an AbortSignal

'use strict';

/** @promise, or the signal's reason if that comes first */
function wait(promise, signal) {
	if (!signal) return promise;
	return new Promise((resolve, reject) => {
		const abort = () => reject(signal.reason);
		if (signal.aborted) {
			promise.catch(() => {}); // nobody waits any more
			abort();
			return;
		}
		signal.addEventListener('abort', abort, { once: true });
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}

module.exports = { wait };
