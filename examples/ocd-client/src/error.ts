// SPDX-License-Identifier: MIT
// error.ts - why something failed, by the codes of the addon

import type { ErrorCode, Server } from '../../ocd-addon/index.js';

/** Why something failed */
export class ChatterboxError extends Error {
	readonly code: ErrorCode;
	readonly server: Server;
	/** The code that nl-hdms answered; else absent */
	readonly reason?: string;

	constructor(message: string, code: ErrorCode, server: Server = 'none', reason?: string) {
		super(message);
		this.name = 'ChatterboxError';
		this.code = code;
		this.server = server;
		if (reason !== undefined) this.reason = reason;
	}
}

/** contract 3.5: the codes of JSON-RPC's errors */
const CODES = new Map<number, [ErrorCode, Server]>([
	[-32602, ['EINVAL', 'none']],
	[-32001, ['CHATTERBOX_E_UNKNOWN', 'leader']],
	[-32002, ['CHATTERBOX_E_TIMEOUT', 'nl-hdms']],
	[-32003, ['CHATTERBOX_E_DOWN', 'leader']],
	[-32004, ['CHATTERBOX_E_REFUSED', 'nl-hdms']],
]);

export function rpcError(error: { code: number; message: string; data?: unknown }): ChatterboxError {
	const [code, server] = CODES.get(error.code) ?? ['CHATTERBOX_E_REFUSED', 'leader'];
	const data = error.data as { code?: unknown } | string | undefined;
	const reason = typeof data === 'string' ? data : data?.code;
	return new ChatterboxError(error.message, code, server, reason === undefined ? undefined : String(reason));
}

/** The wait for @promise, which the signal ends by its reason */
export function waitFor<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (!signal) return promise;
	return new Promise<T>((resolve, reject) => {
		const abort = () => reject(signal.reason);
		if (signal.aborted) abort();
		signal.addEventListener('abort', abort, { once: true });
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}
