// SPDX-License-Identifier: MIT
// check.ts - arguments, before they go over a wire: a wrong one says what it takes

import { ChatterboxError } from './error.js';

export const invalid = (what: string) => new ChatterboxError(what, 'EINVAL');
export const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function checkName(system: string): void {
	if (typeof system !== 'string' || !system.trim() || Buffer.byteLength(system) > 64
		|| /[/\p{Cc}]/u.test(system))
		throw invalid('system: 1 to 64 bytes without / and control characters');
}

export function checkJob(system: string, job_id: number): void {
	checkName(system);
	if (!Number.isSafeInteger(job_id) || job_id < 0) throw invalid('job_id: 0 to 2^53-1');
}

export function checkId(id: number): void {
	if (!Number.isSafeInteger(id) || id < 0) throw invalid('id: 0 to 2^53-1');
}
