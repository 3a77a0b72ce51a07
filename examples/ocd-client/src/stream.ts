// SPDX-License-Identifier: MIT
// stream.ts - reads APP:events: each event of the outbox once, in its order, with none missed
//
// The stream is at least once, and duplicates share `id`. It is trimmed: who comes back too late is
// told that events are lost. A server that is away is waited for.

import type { Redis } from 'ioredis';
import type { ChatterboxEvent, EventInfo, EventName } from '../../ocd-addon/index.js';

const REMEMBERED = 10000; // ids by which duplicates are known
const PAGE = 500;
const WAIT = 5000; // ms

type Entry = [id: string, fields: string[]];

function compareIds(a: string, b: string): number {
	const [am, an] = a.split('-').map(BigInt);
	const [bm, bn] = b.split('-').map(BigInt);
	const order = am === bm ? an - bn : am - bm;
	return order < 0n ? -1 : order > 0n ? 1 : 0;
}

function readEntry([stream_id, list]: Entry): ChatterboxEvent {
	const fields: Record<string, string> = {};
	for (let i = 0; i < list.length; i += 2) fields[list[i]] = list[i + 1];
	const about: EventInfo = { stream_id };
	if (fields.id) about.message_id = fields.id;
	if (fields.previous_status) about.previous_status = fields.previous_status;
	if (fields.origin === 'ocd' || fields.origin === 'user') about.origin = fields.origin;
	return { name: fields.name as EventName, data: JSON.parse(fields.params), ...about } as ChatterboxEvent;
}

/** The newest id; "0-0" when nothing was ever written */
export async function newestId(redis: Redis, key: string): Promise<string> {
	const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1) as Entry[];
	return last ? last[0] : '0-0';
}

/** Were events behind @since trimmed, or is it of another life of the stream? */
async function isGap(redis: Redis, key: string, since: string): Promise<boolean> {
	if (!await redis.exists(key)) return since !== '0-0';
	const info = await redis.call('XINFO', 'STREAM', key) as unknown[];
	const of = (name: string) => info[info.indexOf(name) + 1];
	if (compareIds(since, String(of('last-generated-id'))) > 0) return true;
	// Redis 6 does not say how much was ever written
	const trimmed = info.includes('entries-added') ? Number(of('entries-added')) > Number(of('length'))
		: since !== '0-0';
	const first = of('first-entry') as Entry | null;
	return trimmed && first !== null && compareIds(first[0], since) > 0;
}

/** Events behind @since, for ever; @redis is a connection of its own, since it blocks */
export async function* readStream(redis: Redis, key: string, since: string, signal: AbortSignal):
AsyncGenerator<ChatterboxEvent, void, undefined> {
	const seen = new Set<string>();
	let at = since;
	let check = true; // after every loss of the connection
	const onClose = () => { check = true; };
	redis.on('close', onClose);
	try {
		while (!signal.aborted) {
			let entries: Entry[] = [];
			try {
				if (check && await isGap(redis, key, at)) {
					at = '0-0';
					yield { name: 'lost', data: 0 };
				}
				check = false;
				const answer = await redis.xread('COUNT', PAGE, 'BLOCK', WAIT, 'STREAMS', key, at);
				entries = answer ? answer[0][1] as Entry[] : [];
				if (!answer) check = true; // it may have been deleted meanwhile
			} catch {
				if (signal.aborted) return;
				await new Promise((resolve) => { setTimeout(resolve, 200).unref(); });
			}
			for (const entry of entries) {
				[at] = entry;
				const event = readEntry(entry);
				if (event.message_id && seen.has(event.message_id)) continue;
				if (event.message_id) seen.add(event.message_id);
				if (seen.size > REMEMBERED) seen.delete(seen.values().next().value!);
				yield event;
			}
		}
	} finally {
		redis.off('close', onClose);
	}
}
