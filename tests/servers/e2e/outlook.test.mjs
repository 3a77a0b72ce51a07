// SPDX-License-Identifier: MIT
// outlook.test.mjs - whether each list will be there in time, and why a job does not move, on real servers: the
// event at a consumer and over SSE, the answer over HTTP, and the causes with what led there (contract 3.3, 9)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './daemon.mjs';
import { Hdms } from './hdms.mjs';
import { Place, until } from './place.mjs';
import { misfits, seen } from './schema.mjs';
import { Source } from './sse.mjs';
import { APP, Listener, checkEnvelope, checkOutbox, readStream } from './wire.mjs';

const AHEAD = 3 * 3600; // seconds: within outlook.horizon, and more than outlook.margin away
const LISTS = [['CALM1', 'pop'], ['PAUSE1', 'pop'], ['STALL1', 'pop'], ['STALL1', 'rock'], ['OFF1', 'pop']];
const SYSTEMS = ['CALM1', 'PAUSE1', 'STALL1', 'OFF1', 'DENY1', 'DUMB1'];

const text = (system, status, more = {}) => JSON.stringify({ system, job_id: 1, status, job_type: 'music', ...more });
const running = (system, more = {}) => text(system, 'Running', { percent_completed: '10', ...more });
const key = ({ system, list_id: list }) => `${system}/${list}`;

let place;
let hdms;
let listener;
let daemon;
let source;

before(async () => {
	place = await Place.open('outlook', 22);
	listener = await Listener.open(place);
	hdms = await Hdms.open(place);
	// longer than until the first word, or that would tell of a stall; a silent system may not stretch the interval
	daemon = await Daemon.prepare(place, { stall_after: 8, load: { max_interval: 1 } });
	await daemon.migrate();
	await place.online(SYSTEMS);
	for (const [system, list] of LISTS)
		await place.rows(`insert into list_activation_schedule (system, list_id, activate_at)
			values ($1, $2, date_trunc('second', now()) + make_interval(secs => $3))`, [system, list, AHEAD]);
	await place.rows("insert into content_server_access (system, access) values ('DENY1', 'denied')");
	hdms.set('PAUSE1', text('PAUSE1', 'Paused'));
	hdms.set('STALL1', running('STALL1', { list_id: 'pop' }));
	for (const system of ['OFF1', 'DENY1', 'DUMB1']) hdms.set(system, running(system));
	await daemon.start();
});

after(async () => {
	await source?.close();
	await daemon?.stop();
	await hdms?.close();
	await listener?.close();
	await place?.close();
});

const step = (title, fn) => test(title, { timeout: 240000 }, async () => {
	try {
		await fn();
	} catch (error) {
		error.message += `\n${daemon.program.tail(30)}`;
		throw error;
	}
});

/** What GET says of every list: "system/list" -> outlook */
async function shown() {
	const { status, json, text: body } = await daemon.get('/api/v1/outlook');
	assert.equal(status, 200, body);
	assert.equal(json.next, null);
	assert.equal(Object.values(json.totals).reduce((a, b) => a + b), json.outlook.length);
	for (const [state, n] of Object.entries(json.totals))
		assert.equal(json.outlook.filter((one) => one.state === state).length, n, state);
	return new Map(json.outlook.map((one) => [key(one), one]));
}

/** The words about one list, the oldest first */
const told = (list) => listener.of('outlook').filter(({ params }) => key(params) === list);

const waitTold = (list, state, ms = 60000) => until(`${list} is told as ${state}`,
	() => told(list).find(({ params }) => params.state === state), ms);

/** Without what the clock alone changes */
const steady = ({ lead_seconds: _, ...rest }) => rest;

/** One word: its key, its properties, and whom it is about */
function checkWord(message, state, previous) {
	const { properties, params } = message;
	assert.equal(message.key, `${APP}.event.outlook`);
	checkEnvelope(message);
	checkOutbox(message);
	assert.match(properties.messageId, new RegExp(`^${key(params)}/outlook/[1-9][0-9]*$`));
	assert.equal(params.state, state);
	assert.equal(properties.headers.previous_state, previous);
	assert.equal('previous_state' in properties.headers, previous !== undefined);
}

/** The last word of a list, what GET shows and what SQL holds are the same */
async function checkAgreed(list, lead) {
	const word = told(list).at(-1).params;
	await until(`${list} is shown as it is told`, async () => {
		const one = (await shown()).get(list);
		assert.deepEqual(steady(one), steady(word));
		assert.equal(one.lead_seconds === null, lead === null, `lead_seconds ${one.lead_seconds}`);
		if (lead) assert.ok(one.lead_seconds > 0 && one.lead_seconds <= lead, `lead_seconds ${one.lead_seconds}`);
		return true;
	});
	const [row] = await place.rows(`select o.state, o.since, s.activate_at from outlook o
		join list_activation_schedule s using (system, list_id) where o.system || '/' || o.list_id = $1`, [list]);
	assert.deepEqual([row.state, row.since.toISOString(), row.activate_at.toISOString()],
		[word.state, word.since, word.activate_at]);
}

step('the first word of each list comes at once, without a previous state', async () => {
	const first = { 'CALM1/pop': 'on_time', 'PAUSE1/pop': 'at_risk', 'STALL1/pop': 'unknown',
		'STALL1/rock': 'on_time', 'OFF1/pop': 'unknown' };
	for (const [list, state] of Object.entries(first)) checkWord(await waitTold(list, state), state);
	for (const list of Object.keys(first)) assert.equal(told(list)[0].params.state, first[list]);
	const [{ params: calm }] = told('CALM1/pop');
	assert.deepEqual([calm.jobs, calm.cause, calm.seconds_left], [[], null, 0]);
	const [{ params: paused }] = told('PAUSE1/pop');
	assert.deepEqual([paused.jobs, paused.cause, paused.seconds_left], [[1], 'paused', null]);
	assert.equal(paused.reason, 'Job 1 is paused.');
	await checkAgreed('CALM1/pop', AHEAD);
	await checkAgreed('STALL1/rock', AHEAD);
	await checkAgreed('PAUSE1/pop', null);
});

/** The figures of job 1 of @system, by the list of jobs */
async function figuresOf(system) {
	const { status, json, text: body } = await daemon.get(`/api/v1/jobs?detail=1&system=${system}`);
	assert.equal(status, 200, body);
	assert.equal(json.jobs.length, 1, body);
	return json.jobs[0].figures;
}

const waitCause = (system, cause) => until(`${system}'s job has the cause ${cause}`, async () => {
	const figures = await figuresOf(system);
	assert.equal(figures.cause, cause, JSON.stringify(figures));
	return figures;
}, 30000);

step('each job that does not move has the cause that fits first, and what led there', async () => {
	const [begin] = await place.redis.xrange(`${APP}:events`, '-', '+', 'COUNT', 1);
	source = await Source.open(`http://127.0.0.1:${daemon.port}/api/v1/events?since=${begin[0]}`);
	const stalled = await waitCause('STALL1', 'not_moving');
	assert.equal(stalled.stalled, true);
	// it stands still as well, and that it is denied says more
	assert.equal((await waitCause('DENY1', 'content_server')).stalled, true);
	await until('a paused job that is reported has none', async () => {
		const figures = await figuresOf('PAUSE1');
		return figures.stale === false && figures.cause === undefined;
	});
	hdms.offline.add('OFF1');
	hdms.silent.add('DUMB1');
	assert.equal((await waitCause('OFF1', 'system_offline')).stale, true);
	assert.equal((await waitCause('DUMB1', 'system_silent')).stale, true);
	const text_ = text('CALM1', 'Errored', { error_code: 'disk_full', error_message: 'no space left' });
	hdms.set('CALM1', text_);
	await hdms.notify('nl-hdms.event.content.job_status', text_);
});

step('a worse state is told with the one before it, its cause and its reason', async () => {
	const worse = [['STALL1/pop', 'unknown', 'not_moving',
		'Job 1 stands still. Its system answers, but its progress does not grow.'],
		['OFF1/pop', 'unknown', 'system_offline', 'Job 1 stands still. Its system is offline.'],
		['CALM1/pop', 'on_time', 'disk',
		'Job 1 errored: disk_full. Its error is one of the disk: disk_full.']];
	for (const [list, previous, cause, reason] of worse) {
		const message = await waitTold(list, 'at_risk');
		checkWord(message, 'at_risk', previous);
		assert.deepEqual([message.params.cause, message.params.jobs], [cause, [1]]);
		assert.equal(message.params.reason, reason);
		await checkAgreed(list, null);
	}
	assert.equal(told('STALL1/rock').length, 1, 'job 1 is not of that list');
});

step('explain says of a system, and of a job, how its lists were judged', async () => {
	const chain = async (path) => (await daemon.get(`/api/v1/explain/${path}`)).json.sentences
		.filter(({ data }) => data.name === 'outlook').map(({ kind, text: words, data }) => [kind, words.replace(/ at .*Z/, ''), data]);
	for (const path of ['STALL1/1', 'STALL1']) {
		const [[kind, words, data], [, first]] = (await chain(path)).filter(([, , { params }]) => params.list_id === 'pop');
		assert.equal(kind, 'decided');
		assert.equal(words, 'List pop, to be activated, was judged at risk, and unknown before: Job 1 stands still. ' +
			'Its system answers, but its progress does not grow.');
		assert.match(first, /^List pop, to be activated, was judged unknown: /);
		assert.deepEqual(data.params, told('STALL1/pop').at(-1).params);
	}
	assert.equal((await chain('STALL1/1')).length, 2, 'job 1 is not of the other list');
	assert.equal((await chain('STALL1')).length, 3);
});

step('each word is in the stream and over SSE, the same and under the same id', async () => {
	await place.emptyOutbox();
	await listener.caughtUp();
	const words = listener.of('outlook').map(({ properties, params }) => ({ id: properties.messageId,
		previous: properties.headers.previous_state, params }));
	assert.equal(words.length, LISTS.length + 3);
	assert.equal(new Set(words.map(({ id }) => id)).size, words.length, 'each once');
	const stream = (await readStream(place.redis)).filter(({ name }) => name === 'outlook');
	assert.deepEqual(stream.map(({ id, params, previous_status: previous }) => (
		{ id, previous: previous || undefined, params: JSON.parse(params) })).sort(byId), words.sort(byId));

	const entries = await place.redis.xrange(`${APP}:events`, '-', '+');
	const wanted = entries.slice(1).filter(([, fields]) => member(fields, 'name') === 'outlook');
	assert.ok(wanted.length >= LISTS.length + 2, 'all but, perhaps, the one that it began at');
	const got = () => source.events.filter(({ event }) => event === 'outlook');
	await until('SSE has them all', () => got().length >= wanted.length);
	assert.deepEqual(got().map(({ id, data }) => [id, data]),
		wanted.map(([id, fields]) => [id, member(fields, 'params')]));
});

const member = (fields, name) => fields[fields.indexOf(name) + 1];
const byId = (a, b) => (a.id < b.id ? -1 : 1);

step('the next leader tells nothing of it again, and shows the same', async () => {
	const before_ = await shown();
	const count = listener.of('outlook').length;
	await source.close();
	assert.equal(await daemon.program.stop(), 0, 'a clean stop');
	await daemon.start();
	await until('it shows the same states, since when they were', async () => {
		const now = await shown();
		for (const [list, { state, since, jobs }] of before_) {
			const one = now.get(list);
			assert.deepEqual([one?.state, one?.since, one?.jobs], [state, since, jobs], list);
		}
		return true;
	}, 30000);
	await place.emptyOutbox();
	await listener.caughtUp();
	assert.equal(listener.of('outlook').length, count);
	assert.ok(seen.get('event.outlook jsonrpc') >= count, 'they were held against docs/asyncapi.json');
	assert.deepEqual(misfits, [], 'docs/asyncapi.json');
});
