// SPDX-License-Identifier: MIT
// tables.ts - what a Chatterbox reads and writes in tables: internal and online systems, errors

import type { Redis } from 'ioredis';
import type { Errors, ErrorsPage, InternalSystems, KnownSystem, OnlineSystems, OnlineSystemsList, WaitOptions,
	wire } from '../../ocd-addon/index.js';
import { byBytes, checkName, invalid } from './check.js';
import { ChatterboxError } from './error.js';

/** The ways that lead to chatterbox */
export interface Wires {
	/** The name of a key of ours in Redis */
	key(name: string): string;
	redis<T>(fn: (redis: Redis) => Promise<T>, signal?: AbortSignal): Promise<T>;
	/** GET; undefined when it is not found */
	http<T>(path: string, signal?: AbortSignal): Promise<T | undefined>;
	/** An RPC to whichever instance leads */
	call(method: string, params: object, options?: WaitOptions): Promise<unknown>;
	/** An event that chatterbox hears */
	emit(key: string, params: unknown): Promise<void>;
}

async function systemsOf(wires: Wires, name: string, signal?: AbortSignal): Promise<OnlineSystems[]> {
	const hash = await wires.redis((redis) => redis.hgetall(wires.key(name)), signal);
	return Object.values(hash).map((text) => JSON.parse(text) as OnlineSystems)
		.map((system) => ({ ...system, lastCheck: new Date(system.lastCheck) }))
		.sort((a, b) => byBytes(a.systemID, b.systemID));
}

export function internalSystemsOf(wires: Wires): InternalSystems {
	const key = wires.key('internal_systems');
	return {
		list: ({ signal } = {}) => systemsOf(wires, 'internal_systems', signal),
		put: async (system, { signal } = {}) => {
			checkName(system);
			const text = JSON.stringify({ systemID: system, lastCheck: new Date(), status: 'internal' });
			await wires.redis((redis) => redis.hset(key, system, text), signal);
		},
		remove: async (system, { signal } = {}) => {
			checkName(system);
			await wires.redis((redis) => redis.hdel(key, system), signal);
		},
	};
}

/** From chatterboxd, which knows since when */
async function knownSystems(wires: Wires, signal?: AbortSignal): Promise<KnownSystem[]> {
	const all: KnownSystem[] = [];
	for (let cursor: string | null = ''; cursor !== null;) {
		const page: wire.http.ListSystemsResult | undefined = await wires.http(
			`/api/v1/systems?${new URLSearchParams({ limit: '1000', ...(cursor && { cursor }) })}`, signal);
		all.push(...page!.systems.map(({ systemID, lastCheck, status, since }) =>
			({ systemID, lastCheck: new Date(lastCheck ?? NaN), status, ...(since && { since: new Date(since) }) })));
		cursor = page!.next;
	}
	return all;
}

export function onlineSystemsOf(wires: Wires): OnlineSystemsList {
	return {
		list: async ({ signal } = {}) => {
			try {
				return await knownSystems(wires, signal);
			} catch (error) {
				if (signal?.aborted) throw error;
				return systemsOf(wires, 'online_systems', signal);
			}
		},
		set: async (system, online) => {
			checkName(system);
			if (typeof online !== 'boolean') throw invalid('online: takes true or false');
			await wires.emit(`nl-hdms.event.control.system_${online ? 'online' : 'offline'}`, { system });
		},
	};
}

export function errorsOf(wires: Wires): Errors {
	return {
		get: async ({ signal, ...query } = {}) =>
			await wires.call('nl-ocd.server.errors.get', query, { signal }) as ErrorsPage,
		store: () => Promise.reject(new ChatterboxError('only the instance that leads stores errors',
			'CHATTERBOX_E_STANDBY')),
		remove: async (which, options) =>
			(await wires.call('nl-ocd.server.errors.remove', which, options) as { removed: number }).removed,
	};
}
