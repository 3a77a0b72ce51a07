// SPDX-License-Identifier: MIT
// refused.test.mjs - rows 46 and 47: a broker that is up, and refuses
//
// A queue refuses our events; their exchange or that of the questions is gone, or our right to write
// there. What is refused is sent again ever more rarely, the rest goes on, no system is blamed, and
// /readyz and one line of the log say what it is.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { servers } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { change, daemon, grown, listener, nothingLost, place, ready, row, setting, told, until }
	from './rows.mjs';

const SYSTEMS = Array.from({ length: 20 }, (_, i) => `Q${i}`);
const QUESTIONS = 'theirs.questions';
const EVENTS = 'theirs.events';
const HDMS = 'nl-hdms.request';
const USER = 'cbx-refused';
const REFUSED = ['chatterbox_events_published_total', 'outcome="refused"'];
const ERRORS = ['chatterbox_rpc_requests_total', 'event="job_status",outcome="error"'];
const TIMEOUTS = ['chatterbox_rpc_requests_total', 'outcome="timeout"'];

let owner; // the connection of those to whom the exchanges belong
let channel;

/** Both at once: whatever finds the exchange finds its queue, too */
const makeQuestions = () => Promise.all([channel.assertExchange(QUESTIONS, 'topic'),
	channel.bindQueue(HDMS, QUESTIONS, HDMS)]);
const makeEvents = () => Promise.all([channel.assertExchange(EVENTS, 'topic'),
	channel.bindExchange('amq.topic', EVENTS, '#')]);

/** Our user may write to everything but @but, and make what is ours */
const rights = (but) => servers('rabbitmqctl', 'set_permissions', '-p', place.vhost, USER,
	`^${APP}|^amq\\.gen`, `^(?!${but}$).*`, '.*');

setting('refused', 4, [...SYSTEMS, 'GOOD', 'BAD'], async () => {
	const users = await servers('rabbitmqctl', 'list_users');
	if (users.includes(USER)) await servers('rabbitmqctl', 'delete_user', USER);
	await servers('rabbitmqctl', 'add_user', USER, 'refused');
	await rights('none');
	owner = await place.connect();
	channel = await owner.createChannel();
	await makeQuestions();
	await makeEvents();
	return { rmq: { user: USER, pass: 'refused' }, log: { level: 'info' },
		rmq_rpc: { poll_timeout: '10s', rpc_timeout: '10s', request_exchange: QUESTIONS, event_exchange: EVENTS } };
});
after(() => owner?.close());

/** The broker asks for a right when a channel uses it first, and remembers that for long */
async function takeAway(right) {
	await rights(right);
	await servers('rabbitmqctl', 'close_all_user_connections', USER, 'the test');
}

/** A queue with room for one message, which refuses all others, bound to @key; frees it */
async function fullQueue(key) {
	const { queue } = await channel.assertQueue('theirs.full', { durable: false,
		arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
	await channel.bindQueue(queue, EVENTS, key);
	channel.sendToQueue(queue, Buffer.from('{}'));
	await until('it is full', async () => (await channel.checkQueue(queue)).messageCount === 1);
	return () => channel.deleteQueue(queue);
}

const copies = (id) => listener.messages.filter(({ properties }) => properties.messageId === id).length;

/** The warnings since line @from of the log */
const warnings = (from) => daemon.program.lines.slice(from)
	.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40).map(({ msg }) => msg);

/** The one warning since line @from with these words; a line may be on its way when what it says has happened */
async function warnedOnce(from, words) {
	const said = () => warnings(from).filter((text) => text.includes(words));
	await until(`a warning: ${words}`, () => said().length);
	assert.equal(said().length, 1, said().join('\n'));
	return said()[0];
}

const lines = () => daemon.program.lines.length;

/** /readyz is 503 and has a line of RabbitMQ with all of @parts */
const notReady = (...parts) => until(`/readyz says ${parts}`, async () => {
	const { status, text } = await daemon.get('/readyz');
	if (status !== 503) throw new Error(text);
	return text.split('\n').some((line) => line.startsWith('rmq') && line.includes('DOWN')
		&& parts.every((part) => line.includes(part)));
}, 120000);

async function nobodyIsBlamed(timeouts) {
	assert.equal(await daemon.metric(...TIMEOUTS), timeouts);
	const { json } = await daemon.get('/api/v1/systems?limit=1000');
	assert.deepEqual(json.systems.filter(({ status }) => status !== 'online'), []);
}

row('46: a full queue refuses our events, and a good one gets few copies of them', async () => {
	const free = await fullQueue('#');
	const from = lines();
	const before = await daemon.metric(...REFUSED);
	const start = Date.now();
	const id = await change('BAD', 'Verifying');
	await told(id);
	await grown(...REFUSED, before, 4, 60000);
	assert.ok(Date.now() - start >= 6900, 'after 1, 2 and 4 s');
	assert.ok(copies(id) <= 5, `${copies(id)} copies`);
	const said = await warnedOnce(from, '');
	for (const part of [id, EVENTS, 'reject-publish']) assert.ok(said.includes(part), said);
	await ready();
	await free();
	await until('it is taken', () =>
		daemon.program.lines.slice(from).some((line) => line.includes('no event is refused any more')),
	60000);
	await told(await change('BAD', 'Running'));
	await nothingLost();
});

row('46: what another queue refuses holds up its own key only', async () => {
	const before = await daemon.metric(...REFUSED);
	const free = await fullQueue(`${APP}.event.status`);
	await told(await change('BAD', 'Paused'));
	await grown(...REFUSED, before);
	for (const status of ['Verifying', 'Running', 'Paused', 'Running', 'Verifying'])
		await told(await change('GOOD', status));
	await told(await change('BAD', 'Running'));
	assert.ok((await place.rows('select 1 from outbox where confirmed_at is null')).length > 0);
	await free();
	await nothingLost();
});

row('46: the exchange of the events is deleted, and made again by others', async () => {
	const from = lines();
	const before = await daemon.metric(...REFUSED);
	await channel.deleteExchange(EVENTS);
	const ids = [await change('GOOD', 'Running'), await change('BAD', 'Verifying')];
	await notReady(EVENTS, 'deleted');
	await grown(...REFUSED, before, 5, 60000);
	await warnedOnce(from, 'takes no event');
	assert.equal((await daemon.get('/api/v1/jobs')).status, 200);
	await makeEvents();
	for (const id of ids) await told(id, 60000);
	await ready();
	await nothingLost();
});

row('46: the right to write to it is taken away, and given back', async () => {
	const from = lines();
	await takeAway(EVENTS);
	const id = await change('GOOD', 'Verifying');
	await notReady(EVENTS, 'right to write');
	await warnedOnce(from, 'takes no event');
	await rights('none');
	await told(id, 120000);
	await ready();
	await nothingLost();
});

/** The questions fail for @why, until @end; nobody is blamed, and orders fail at once */
async function questionsFail(why, end) {
	const from = lines();
	const timeouts = await daemon.metric(...TIMEOUTS);
	await notReady(QUESTIONS, why);
	const before = await daemon.metric(...ERRORS);
	await grown(...ERRORS, before, 3, 60000);
	const { status } = await daemon.get('/api/v1/jobs/Q1/1/pause', { method: 'POST',
		headers: { authorization: 'Bearer e2e' } });
	assert.ok([503, 504].includes(status), `an order: ${status}`);
	await nobodyIsBlamed(timeouts);
	await warnedOnce(from, 'takes no questions');
	await end();
	for (const system of ['Q1', 'Q19']) await told(await change(system, 'Verifying'), 30000);
	for (const system of ['Q1', 'Q19']) await told(await change(system, 'Running'), 30000);
	await ready();
	await nobodyIsBlamed(timeouts);
	await nothingLost();
}

row('47: the exchange of the questions is deleted, and made again', async () => {
	await channel.deleteExchange(QUESTIONS);
	await questionsFail('deleted', makeQuestions);
});

row('47: the right to write to it is taken away, and given back', async () => {
	await takeAway(QUESTIONS);
	await questionsFail('right to write', () => rights('none'));
});

row('47: it leads the questions to no queue', async () => {
	const from = lines();
	const timeouts = await daemon.metric(...TIMEOUTS);
	const before = await daemon.metric(...ERRORS);
	await channel.unbindQueue(HDMS, QUESTIONS, HDMS);
	await grown(...ERRORS, before, 3 * SYSTEMS.length, 60000);
	await ready();
	await warnedOnce(from, 'does nl-hdms run?');
	await makeQuestions();
	await told(await change('Q2', 'Verifying'), 30000);
	await nobodyIsBlamed(timeouts);
});
