// SPDX-License-Identifier: MIT
// kit.mjs - an engine without any server, and this test in the place of nl-hdms

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chatterbox } from '../lib/index.mjs';

export { until } from '../../../tests/servers/e2e/place.mjs';

/** chatterbox.json of the embedded profile; @more chatterbox's own keys */
export function embedded(dir, more = {}) {
	return { check_job_status_time: 1, chatterbox: { store: 'memory', bus: 'memory', sql: 'sqlite',
		sqlite_path: join(dir, 'chatterbox.sqlite'), role: 'auto', ...more } };
}

export function folder() {
	const dir = mkdtempSync(join(tmpdir(), 'cbx-addon-'));
	return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** An open engine and its fleet: `fleet.set('ABC1', {…Status})` is what that system reports */
export class World {
	static async open(more) {
		const world = new World();
		Object.assign(world, folder(), { systems: new Map(), questions: [] });
		world.box = await Chatterbox.open(embedded(world.dir, more));
		world.peer = world.box.peer('nl-hdms.request', (message) => world.#answer(message));
		return world;
	}

	/** What that system reports from now on; it is asked at once */
	async set(system, ...jobs) {
		this.systems.set(system, jobs.map((job) => ({ system, ...job })));
		await this.box.onlineSystems.set(system, true);
	}

	#answer({ body, reply_to: routing_key, correlation_id }) {
		const { verb, object: { systems } } = JSON.parse(body).params;
		this.questions.push({ event: verb.event, systems });
		const jobs = systems.flatMap(({ system }) => this.systems.get(system) ?? []);
		this.peer.publish({ routing_key, correlation_id, body: JSON.stringify({ verb,
			object: { systems: systems.map(({ system }) => system), jobs } }) });
	}

	/** An event as nl-hdms pushes it */
	push(jobs) {
		this.peer.publish({ exchange: 'amq.topic', routing_key: 'nl-hdms.event.content.job_status',
			body: JSON.stringify({ jsonrpc: '2.0', method: 'nl-hdms.event.content.job_status', params: jobs }) });
	}

	async close() {
		await this.box.close();
		this.remove();
	}
}
