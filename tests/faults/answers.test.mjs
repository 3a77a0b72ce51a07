// SPDX-License-Identifier: MIT
// answers.test.mjs - rows 5 to 7, 9, 10 and 12 to 15: what nl-hdms answers is lost, late or wrong
//
// A wrong answer costs itself only: each row checks that its system keeps what was known of it,
// that another one is heard meanwhile, and that the first right answer afterwards counts.

import assert from 'node:assert/strict';
import { change, daemon, field, grown, hdms, job, listener, nothingLost, place, row, setting,
	statusOf, told, toldOf, until } from './rows.mjs';

const SYSTEMS = ['R5', 'R6', 'R7', 'R9', 'V9', 'R10', 'R12', 'R13', 'R14', 'R15', 'GOOD'];
const TIMEOUTS = ['chatterbox_rpc_requests_total', 'outcome="timeout"'];
const MALFORMED = ['chatterbox_rpc_requests_total', 'outcome="malformed"'];
const LATE = ['chatterbox_late_words_total', 'source="answer"'];
const rejects = (member) => ['chatterbox_decode_rejects_total', `member="${member}"`];

setting('answers', 11, SYSTEMS);

let good = 'Running';

/** Another system's next word is heard and told */
async function othersGoOn() {
	good = good === 'Running' ? 'Paused' : 'Running';
	await told(await change('GOOD', good));
}

/** Nothing became of the answers: the record, Redis, what was told, the system's state */
async function untouched(system, before, status = 'Running') {
	assert.equal(await statusOf(system), status);
	assert.equal(JSON.parse(await field(system)).status, status);
	assert.equal(toldOf(system), before);
	assert.equal((await daemon.get(`/api/v1/systems/${system}`)).json.status, 'online');
	assert.equal((await daemon.get('/api/v1/errors')).json.errors.length, 0);
}

/** It is asked at once, whatever it was silent for, and the right answer counts */
async function heardAgain(system, status = 'Paused') {
	hdms.twists.delete(system);
	const id = await change(system, status);
	await hdms.notify('nl-hdms.event.control.system_online', `"${system}"`);
	await told(id);
}

row('5: a lost reply is a timeout, and the status stays', async () => {
	const before = await daemon.metric(...TIMEOUTS);
	hdms.twists.set('R5', () => {});
	await grown(...TIMEOUTS, before, 2);
	await othersGoOn();
	await untouched('R5', 1);
	await heardAgain('R5');
});

row('6: a doubled reply counts once', async () => {
	const before = await daemon.metric(...LATE);
	hdms.twists.set('R6', (question, usual, send) => { send(usual); send(usual); });
	await told(await change('R6', 'Paused'));
	await grown(...LATE, before, 2);
	assert.equal(toldOf('R6'), 2);
	hdms.twists.delete('R6');
});

row('7: a reply that comes two rounds later is dropped, and one older than a push', async () => {
	const held = [];
	const before = await daemon.metric(...LATE);
	hdms.twists.set('R7', (question, usual, send) => held.push(() => send(usual)));
	await until('two questions held', () => held.length >= 2);
	await heardAgain('R7');
	for (const send of held.splice(0)) send(); // they say Running
	await grown(...LATE, before, 2);
	await untouched('R7', 2, 'Paused');
	// asked, then a push, then the answer of before the push: in time, and still older
	hdms.twists.set('R7', (question, usual, send) => held.push(() => send(usual)));
	await hdms.question('a question', (q) => q.system === 'R7', Date.now());
	await hdms.notify('nl-hdms.event.content.job_status', job('R7', 1, 'Verifying'));
	await told('R7/1/3');
	hdms.twists.delete('R7');
	hdms.set('R7', job('R7', 1, 'Verifying'));
	for (const send of held.splice(0)) send();
	await grown(...LATE, before, 3);
	await untouched('R7', 3, 'Verifying');
});

row('9: an answer about a system that was not asked, or to a question never sent', async () => {
	const before = await daemon.metric(...rejects('system'));
	const late = await daemon.metric(...LATE);
	let replyTo;
	hdms.twists.set('R9', (question, usual, send) => {
		({ replyTo } = question.properties);
		send(usual.replace(/"jobs":\[.*?\],"systems":\["R9"\]/,
			`"jobs":[${job('V9', 1, 'Killed')},${job('R9', 1)}],"systems":["R9","V9"]`));
	});
	await grown(...rejects('system'), before, 3);
	const forged = '{"verb":{"event_category":"request_system","event":"job_list"},'
		+ `"object":{"jobs":[${job('V9', 1, 'Killed')}],"systems":["V9"]}}`;
	for (const correlationId of ['1.forged.1', '', undefined, 'x'.repeat(255)])
		hdms.channel.sendToQueue(replyTo, Buffer.from(forged), { correlationId });
	await grown(...LATE, late, 4);
	await untouched('V9', 1);
	await untouched('R9', 1);
	await heardAgain('R9');
	await heardAgain('V9');
});

row('10: a reply that is no JSON, or a part of it', async () => {
	const before = await daemon.metric(...MALFORMED);
	const spoils = [(text) => text.slice(0, -1), (text) => text.slice(0, text.length / 2),
		() => '', () => '{', (text) => `${text}}`, (text) => text.replace('":', '"'),
		() => '['.repeat(5000), () => '"jobs"'];
	let n = 0;
	hdms.twists.set('R10', (question, usual, send) => { send(spoils[n % spoils.length](usual)); n += 1; });
	await grown(...MALFORMED, before, spoils.length, 60000);
	await othersGoOn();
	await untouched('R10', 1);
	await heardAgain('R10');
});

row('12: bytes that are no UTF-8, a NUL, a BOM', async () => {
	const before = await daemon.metric(...MALFORMED);
	const bytes = (text, ...raw) => (usual) => {
		const [head, tail] = usual.split('Running');
		return Buffer.concat([Buffer.from(head), Buffer.from(raw), Buffer.from(text + tail)]);
	};
	const spoils = [bytes('x', 0xff), bytes('x', 0xc0, 0x80), bytes('x', 0xed, 0xa0, 0x80),
		bytes('x', 0xe2, 0x82), bytes('x', 0), (usual) => `\ufeff${usual}`];
	let n = 0;
	hdms.twists.set('R12', (question, usual, send) => { send(spoils[n % spoils.length](usual)); n += 1; });
	await grown(...MALFORMED, before, spoils.length, 60000);
	await othersGoOn();
	await untouched('R12', 1);
	// escaped, they are JSON: the status alone is refused
	const status = await daemon.metric(...rejects('status'));
	hdms.twists.set('R12', (question, usual, send) => send(usual.replace('Running', 'Run\\u0000')));
	await hdms.notify('nl-hdms.event.control.system_online', '"R12"');
	await grown(...rejects('status'), status);
	await untouched('R12', 1);
	const { text } = await daemon.get('/metrics');
	assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
	await heardAgain('R12');
});

row('13: a job twice in one reply: the later counts, and it is one word', async () => {
	const before = await daemon.metric(...rejects('duplicate'));
	hdms.twists.set('R13', (question, usual, send) => send(usual.replace(/"jobs":\[.*?\]/,
		`"jobs":[${job('R13', 1, 'Queued')},${job('R13', 1, 'Paused')}]`)));
	assert.equal((await told('R13/1/2')).params.status, 'Paused');
	await grown(...rejects('duplicate'), before, 2);
	assert.equal(toldOf('R13'), 2);
	hdms.twists.delete('R13');
	hdms.set('R13', job('R13', 1, 'Paused'));
});

row('14: absurd numbers cost their member; a bare NaN costs the reply', async () => {
	const absurd = [['percent_completed', '"NaN"'], ['percent_completed', '-5'],
		['percent_completed', '1e9'], ['downloaded', '9223372036854775808'],
		['downloaded', '1e400'], ['total_files', '-1'], ['downloaded', '"0x10"']];
	for (const [member, value] of absurd) {
		const before = await daemon.metric(...rejects(member));
		const text = job('R14', 1, 'Running', `,"${member}":${value},"n":${value}`);
		hdms.twists.set('R14', (question, usual, send) =>
			send(usual.replace(/"jobs":\[.*?\]/, `"jobs":[${text}]`)));
		await grown(...rejects(member), before);
		await until('the rest is kept', async () =>
			await field('R14') === job('R14', 1, 'Running', `,"n":${value}`));
	}
	const before = await daemon.metric(...MALFORMED);
	hdms.twists.set('R14', (question, usual, send) =>
		send(usual.replace('"Running"', '"Gone","percent_completed":NaN')));
	await grown(...MALFORMED, before);
	await untouched('R14', 1);
	const [{ percent_completed: percent, downloaded }] = await place.rows(
		"select percent_completed, downloaded from status_monitor where system = 'R14'");
	assert.deepEqual([percent, downloaded], [null, null]);
	assert.doesNotMatch((await daemon.get('/metrics')).text, /NaN|Inf\b(?!"\})/);
	await heardAgain('R14');
});

row('15: a status word that nobody knows is kept, told and live', async () => {
	const other = ['chatterbox_jobs', 'status="other"'];
	const before = await daemon.metric(...other);
	const id = await change('R15', 'Defragmenting');
	assert.equal((await told(id)).params.status, 'Defragmenting');
	await grown(...other, before);
	await hdms.question('it is asked about', (q) => q.system === 'R15', Date.now());
	assert.equal(await statusOf('R15'), 'Defragmenting');
	await heardAgain('R15', 'Running');
});

row('5, 6, 7, 9, 10, 12, 13, 14, 15: afterwards nothing is lost', async () => {
	await nothingLost();
	assert.equal(listener.of('user_job_errors').length, 0);
});
