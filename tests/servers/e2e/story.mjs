// SPDX-License-Identifier: MIT
// story.mjs - the setting of the field tests: three systems whose every answer a test chooses
//
// E2E1 has two jobs, E2E2 tells one in the other accepted forms, E2E3 is offline. Steps of a file
// are run in their order; a step that fails shows what chatterboxd logged.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, until } from './place.mjs';
import { misfits } from './schema.mjs';
import { APP, Listener } from './wire.mjs';

// As nl-hdms sends it, and as chatterbox must tell it
export const A17 = '{"system":"E2E1","job_id":17,"status":"Running","percent_completed":"42.5","downloaded":3,'
	+ '"total_files":7,"download_speed":"250K","job_type":"lists",'
	+ '"files_downloading":[ {"file":"a.mp3", "percent":"1.50"} ],"started_by":"brad","n":1.50}';
export const A18 = '{"system":"E2E1","job_id":18,"status":"Running","job_type":"lists"}';
const B5_IN = '{"job_id":"5","status":"Running","system":" E2E2 ","percent_completed":42.50,'
	+ '"downloaded":"12","total_files":20,"download_speed":2048,"job_type":"lists","downloaded_x":-1}';
export const B5 = '{"system":"E2E2","job_id":5,"status":"Running","percent_completed":"42.5","downloaded":12,'
	+ '"total_files":20,"download_speed":"2048","job_type":"lists","downloaded_x":-1}';


export let place;
export let hdms;
export let listener;
export let daemon;

/** Opens everything for the steps of a file, and stops it after them; @more: of the configuration */
export function setting(name, redisDb, more = {}) {
	before(async () => {
		place = await Place.open(name, redisDb);
		hdms = await Hdms.open(place);
		listener = await Listener.open(place);
		daemon = await Daemon.prepare(place, more);
		hdms.set('E2E1', A17, A18);
		hdms.set('E2E2', B5_IN);
		hdms.offline.add('E2E3');
		await daemon.migrate();
		await place.online(['  E2E1 ', 'E2E2', 'E2E3']);
		// as OCD starts a job
		await place.rows(`insert into status_monitor(system, job_id, status)
			values ('E2E1', 18, 'Queued') on conflict (system, job_id) do update set origin = 'ocd'`);
	});

	after(async () => {
		const code = await daemon?.stop();
		await listener?.close();
		await hdms?.close();
		await place?.close();
		assert.equal(code, 0, daemon.program.tail());
		assert.deepEqual(misfits, [], 'docs/asyncapi.json');
	});
}

let broken; // the first step that failed: those after it would only say the same

export function step(name, fn) {
	test(name, async () => {
		assert.ok(!broken, `after the failed step "${broken}"`);
		try {
			await fn();
		} catch (error) {
			broken = name;
			error.message += `\n${daemon?.program?.tail() ?? ""}`;
			throw error;
		}
	});
}

/** A system's jobs in Redis, one of them, the text of all in all systems */
export const hash = (system) => place.redis.hgetall(`${APP}:jobs:{${system}}`);
export const field = (system, id) => place.redis.hget(`${APP}:jobs:{${system}}`, String(id));
export const shared = async () => (await Promise.all(['E2E1', 'E2E2', 'E2E3'].map((system) =>
	place.redis.hvals(`${APP}:jobs:{${system}}`)))).flat();

/** Waits until Redis shows this text of a job: an event may be told before */
export const shows = (system, id, text) => until(`${text} in Redis`, async () => await field(system, id) === text);

export const withStatus = (text, status) => text.replace('"Running"', `"${status}"`);

/** The update_job_status of this message_id, once it is there */
export const told = (id) => until(`the event ${id}`, () =>
	listener.of('update_job_status').find((message) => message.properties.messageId === id));
