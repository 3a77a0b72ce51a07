// SPDX-License-Identifier: MIT
// incidents.test.mjs - the same error at many systems is one row, one opening event, and stays one when
// the leader is killed in the middle of it (contract 9.3)

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Place, until } from './place.mjs';
import { misfits } from './schema.mjs';
import { Sim } from './sim.mjs';
import { APP, Listener, checkEnvelope, readStream } from './wire.mjs';

const SYSTEMS = 40;
// a fleet in which jobs only run and fail, each with one of five codes
const FAILING = ['start=0', 'begin=1', 'progress=0.1', 'pause=0', 'resume=1', 'fail=0.06', 'kill=0',
	'vanish=0', 'offline=0', 'online=0'].flatMap((rate) => ['--chance', rate]);
const MORE = { lease: { ttl: 3 }, log: { level: 'info' } };

async function all(daemon, path, member) {
	const rows = [];
	let cursor = '';
	do {
		const { status, json, text } = await daemon.get(`${path}${path.includes('?') ? '&' : '?'}limit=7${cursor}`);
		assert.equal(status, 200, text);
		rows.push(...json[member]);
		cursor = json.next ? `&cursor=${encodeURIComponent(json.next)}` : '';
	} while (cursor);
	return rows;
}

const post = (daemon, path, body) => daemon.get(path, { method: 'POST', body: JSON.stringify(body),
	headers: { authorization: 'Bearer e2e', 'content-type': 'application/json' } });

/** What SQL says of each code: at how many systems, and how many jobs */
const codes = (place) => place.rows(`select code, count(distinct system)::int as systems,
	count(*)::int as jobs from errors group by code having count(distinct system) >= 5 order by code`);

/** Each event once, by its message_id, in its order */
function told(listener) {
	const seen = new Map();
	for (const message of listener.of('incident')) {
		checkEnvelope(message);
		const id = message.properties.messageId;
		assert.match(id, new RegExp(`^incident/${message.params.id}/[1-9][0-9]*$`));
		if (!seen.has(id)) seen.set(id, message.params);
	}
	return [...seen.values()];
}

async function setOut(fn) {
	const place = await Place.open('incidents', 28);
	const [first, second] = [await Daemon.prepare(place, MORE), await Daemon.prepare(place, MORE)];
	const listener = await Listener.open(place);
	let sim;
	try {
		await first.migrate();
		sim = await Sim.start(place, first.dir, SYSTEMS, FAILING);
		await place.online(sim.systems);
		await fn({ place, first, second, listener, sim });
		assert.equal(await second.program.stop(), 0, 'a clean stop');
		assert.deepEqual(misfits, [], 'docs/asyncapi.json');
	} catch (error) {
		error.message += `\n${first.program?.tail(20)}\n${second.program?.tail(40)}`;
		throw error;
	} finally {
		await sim?.program.stop();
		await first.stop();
		await second.stop();
		await listener.close();
		await place.close();
	}
}

test('one code at many systems is one incident, also after the leader was killed in the middle',
	() => setOut(async ({ place, first, second, listener, sim }) => {
		await first.start();
		second.launch();
		await until('an incident is open',
			async () => (await all(first, '/api/v1/incidents?open=1', 'incidents')).length > 0, 60000);
		first.program.child.kill('SIGKILL');
		await first.program.ended;
		await until('the other one leads', async () => (await second.get('/leaderz')).status === 200, 60000);
		const truth = await sim.allEnded(240000);
		const failed = [...truth.values()].filter(({ status }) => status === 'Errored').length;
		assert.ok(failed > SYSTEMS, `${failed} jobs failed`);
		await until('every error is recorded', async () =>
			(await place.rows('select count(*)::int as n from errors'))[0].n === failed, 60000);

		let open;
		await until('each code has its incident, and it holds all of them', async () => {
			open = await all(second, '/api/v1/incidents?open=1', 'incidents');
			const found = open.map(({ kind, key, systems, jobs }) => ({ kind, code: key, systems, jobs }))
				.sort((a, b) => (a.code < b.code ? -1 : 1));
			const wanted = (await codes(place)).map((row) => ({ kind: 'error_code', ...row }));
			assert.ok(wanted.length >= 2, 'the fleet fails with several codes');
			assert.deepEqual(found.map(({ kind, code, systems, jobs }) => ({ kind, code, systems, jobs })),
				wanted.map(({ kind, code, systems, jobs }) => ({ kind, code, systems, jobs })));
			return true;
		}, 60000);
		// one row each, in SQL, too: none was opened twice
		assert.equal((await place.rows('select count(*)::int as n from incidents'))[0].n, open.length);

		await place.emptyOutbox();
		await listener.caughtUp();
		const events = told(listener);
		for (const incident of open) {
			const sizes = events.filter(({ id }) => id === incident.id).map(({ systems }) => systems);
			assert.ok(sizes.length >= 1, `incident ${incident.id} is told`);
			for (let i = 1; i < sizes.length; i++)
				assert.ok(sizes[i] >= 2 * sizes[i - 1], `incident ${incident.id} is told at ${sizes}`);
			assert.ok(incident.systems < 2 * sizes.at(-1), `told at ${sizes}, has ${incident.systems}`);
		}
		const stream = (await readStream(place.redis)).filter(({ name }) => name === 'incident');
		assert.equal(new Set(stream.map(({ id }) => id)).size, events.length);
		await until('they are counted', async () =>
			await second.metric('chatterbox_incidents', 'error_code') === open.length);
		assert.ok(await place.redis.hlen(`${APP}:online_systems`) === SYSTEMS, 'no system is made of an event');

		await cleanUp(place, second, open[0]);
	}));

async function cleanUp(place, daemon, incident) {
	const path = `/api/v1/incidents/${incident.id}`;
	const shown = await all(daemon, path, 'jobs');
	assert.equal(shown.length, incident.jobs);
	assert.ok(shown.every(({ code }) => code === incident.key));
	const errors = await all(daemon, '/api/v1/errors', 'errors');
	for (const error of errors)
		assert.equal(error.incident === incident.id, error.code === incident.key, JSON.stringify(error));
	for (let turn = 0; turn < 2; turn++) {
		const { status, json } = await post(daemon, `${path}/clean_up`, { dry_run: true });
		assert.equal(status, 200);
		assert.equal(json.jobs.length, incident.jobs);
		assert.equal(json.errors, incident.jobs);
	}
	const before = (await place.rows('select count(*)::int as n from status_monitor'))[0].n;
	assert.deepEqual((await post(daemon, `${path}/clean_up`, {})).json, { removed: incident.jobs });
	assert.equal((await place.rows('select count(*)::int as n from status_monitor'))[0].n, before - incident.jobs);
	assert.deepEqual((await post(daemon, `${path}/clean_up`, {})).json, { removed: 0 });
	assert.equal((await post(daemon, '/api/v1/incidents/999999/clean_up', {})).status, 404);
	assert.equal((await daemon.get('/api/v1/incidents/999999')).status, 404);
}
