// SPDX-License-Identifier: MIT
// change.test.mjs - what foreign clients see when something changes
//
// Answers, pushes and events change jobs and systems in turn; at the end every status that was published
// is compared with the record (contract 1, 3, 5).

import assert from 'node:assert/strict';
import { until } from './place.mjs';
import { A17, A18, B5, daemon, field, hdms, listener, place, setting, shows, step, told, withStatus }
	from './story.mjs';
import { APP, checkChain, checkEnvelope, checkOutbox, readStream, wordsOf, wordsOfStream }
	from './wire.mjs';

setting('change', 2);

step('the first words', async () => {
	await daemon.start();
	for (const id of ['E2E1/17/1', 'E2E1/18/1', 'E2E2/5/1']) await told(id);
});

step('a changed status is the next revision; progress alone tells nothing', async () => {
	const progress = A17.replace('"42.5"', '"43"').replace('"downloaded":3', '"downloaded":4');
	hdms.set('E2E1', progress, A18);
	await shows('E2E1', 17, progress);
	assert.equal(listener.of('update_job_status').length, 3);
	hdms.set('E2E1', withStatus(progress, 'Paused'), A18);
	const message = await told('E2E1/17/2');
	assert.equal(message.properties.headers.previous_status, 'Running');
	assert.equal(message.params.status, 'Paused');
	await shows('E2E1', 17, withStatus(progress, 'Paused'));
	assert.equal(listener.of('status').length, 0, 'one job of the group still runs');
	hdms.set('E2E1', withStatus(progress, 'Paused'), withStatus(A18, 'Paused'));
	await told('E2E1/18/2');
	const group = await until('the status event', () => listener.of('status')[0]);
	checkEnvelope(group);
	checkOutbox(group);
	assert.deepEqual(group.params, { system_id: 'E2E1', paused: true, job_type: 'lists' });
	assert.match(group.properties.messageId, /^E2E1\/status\/\d+$/);
});

step('pushes are merged like answers, in either envelope, one or many', async () => {
	const b5 = withStatus(B5, 'Paused');
	hdms.set('E2E2', b5);
	await hdms.emit('nl-hdms.event.content.job_status', b5);
	assert.equal((await told('E2E2/5/2')).properties.headers.previous_status, 'Running');
	const b6 = '{"system":"E2E2","job_id":6,"status":"Queued","job_type":"top-up"}';
	hdms.set('E2E2', B5, b6);
	await hdms.notify('nl-hdms.event.content.job_status', `[${B5},${b6}]`);
	await told('E2E2/5/3');
	assert.equal((await told('E2E2/6/1')).properties.headers.previous_status, undefined);
	await shows('E2E2', 6, b6);
});

step('a bad member is dropped, a bad status rejected, its neighbours stay', async () => {
	const rejects = await daemon.metric('chatterbox_decode_rejects_total');
	const good = withStatus(B5, 'Verifying');
	hdms.set('E2E2', hdms.spoil(good.replace('"downloaded":12', '"downloaded":1e400')),
		'{"system":"E2E2","job_id":6,"status":"Queued","job_type":"top-up"}');
	await hdms.notify('nl-hdms.event.content.job_status',
		`[{"system":"E2E2","job_id":7},{"system":"E2E2","job_id":-1,"status":"Running"},${
			good.replace('"downloaded":12', '"downloaded":1e400')}]`, true);
	const message = await told('E2E2/5/4');
	assert.equal(message.params.downloaded, undefined);
	assert.equal(message.params.total_files, 20);
	assert.equal(await field('E2E2', 7), null);
	await until('rejects are counted',
		async () => await daemon.metric('chatterbox_decode_rejects_total') >= rejects + 3);
});

step('ends: completed, killed and errored jobs go where contract 1.7 sends them', async () => {
	const c18 = withStatus(A18, 'Finished');
	const e17 = withStatus(A17, 'Failed').replace('"started_by"',
		'"error_code":"disk_full","error_message":"no space","started_by"');
	hdms.set('E2E1', e17, c18);
	assert.equal((await told('E2E1/18/3')).params.status, 'Finished');
	assert.equal((await told('E2E1/17/3')).properties.headers.previous_status, 'Paused');
	await until('E2E1 is gone from Redis', async () => !await place.redis.exists(`${APP}:jobs:{E2E1}`));
	await until('it is no active system', async () => await place.redis.zscore(`${APP}:active_systems`, 'E2E1') === null);
	const done = await place.rows(`select status, origin, revision::int, completed_at is not null as at
		from completed_jobs where system = 'E2E1' and job_id = 18`);
	assert.deepEqual(done, [{ status: 'Finished', origin: 'ocd', revision: 3, at: true }]);
	const stays = await place.rows(`select job_id::int, status, revision::int from status_monitor
		where system = 'E2E1'`);
	assert.deepEqual(stays, [{ job_id: 17, status: 'Failed', revision: 3 }]);
	const errors = await place.rows(`select job_id::int, job_type, code, message, origin, occurrences,
		first_seen = last_seen as once from errors where system = 'E2E1'`);
	assert.deepEqual(errors, [{ job_id: 17, job_type: 'lists', code: 'disk_full', message: 'no space',
		origin: 'user', occurrences: 1, once: true }]);
	const message = await until('user_job_errors', () => listener.of('user_job_errors')[0]);
	checkEnvelope(message);
	checkOutbox(message);
	assert.match(message.properties.messageId, /^E2E1\/errors\/\d+$/);
	const [error] = message.params;
	assert.deepEqual(Object.keys(error), ['system', 'job_id', 'job_type', 'code', 'message', 'time']);
	assert.equal(new Date(error.time).toISOString(), error.time);
	assert.deepEqual({ ...error, time: 0 }, { system: 'E2E1', job_id: 17, job_type: 'lists',
		code: 'disk_full', message: 'no space', time: 0 });
});

step('an ended job is still found', async () => {
	const json = await until('its end', async () => {
		const answer = await daemon.get('/api/v1/jobs/E2E1/18');
		return answer.json.job.status === 'Finished' && answer.json;
	});
	assert.equal(json.revision, 3);
});

step('OCD inserts a job: it is noticed, asked and told as first heard of', async () => {
	const job = '{"system":"E2E1","job_id":99,"status":"Running"}';
	hdms.set('E2E1', job);
	await place.rows(`insert into status_monitor(system, job_id, status) values ('E2E1', 99, 'Running')
		on conflict (system, job_id) do update set origin = 'ocd'`);
	const message = await told('E2E1/99/1');
	assert.equal(message.properties.headers.origin, 'ocd');
	assert.ok(!('previous_status' in message.properties.headers), 'even though the text is equal');
	assert.ok(hdms.questions.some((q) => q.event === 'job_status' && q.asked[0].jobs.includes(99)));
});

step('systems go offline and come back by events', async () => {
	const state = async (system) => JSON.parse(
		await place.redis.hget(`${APP}:online_systems`, system)).status;
	await hdms.notify('nl-hdms.event.control.system_offline', '"E2E2"');
	await until('E2E2 is offline', async () => await state('E2E2') === 'offline');
	hdms.offline.delete('E2E3');
	hdms.set('E2E3', '{"system":"E2E3","job_id":1,"status":"Running"}');
	const since = Date.now();
	await hdms.notify('nl-hdms.event.control.system_online', '{"object":{"actor_id":" E2E3 "}}');
	await hdms.question('job_list of E2E3 at once',
		(q) => q.event === 'job_list' && q.system === 'E2E3', since, 5000);
	await told('E2E3/1/1');
	await until('E2E3 is online', async () => await state('E2E3') === 'online');
	const from = Date.now();
	await hdms.question('a later round', (q) => q.system === 'E2E3' && q.at > from + 1500, from);
	assert.ok(!hdms.questions.some((q) => q.system === 'E2E2' && q.at > from), 'offline is not asked');
	await hdms.emit('nl-hdms.event.control.system_online', '["E2E2"]');
	await hdms.question('job_list of E2E2', (q) => q.event === 'job_list' && q.system === 'E2E2', from);
});

step('garbage is rejected and counted, and what follows is heard', async () => {
	const count = () => daemon.metric('chatterbox_events_consumed_total', 'reject');
	const earlier = await count();
	await hdms.emit('nl-hdms.event.content.job_status', '{"system":', true);
	await hdms.emit('nl-hdms.event.content.job_status', '['.repeat(100), true);
	await hdms.emit('nl-hdms.event.control.system_offline', '{"no":"system"}', true);
	await hdms.notify('nl-hdms.event.content.job_status', '{"system":"E2E3","job_id":1,"status":"Paused"}');
	hdms.set('E2E3', '{"system":"E2E3","job_id":1,"status":"Paused"}');
	await told('E2E3/1/2');
	await until('three are counted', async () => await count() >= earlier + 3);
	const queue = await hdms.channel.checkQueue(`${APP}.default.event`);
	assert.equal(queue.messageCount, 0);
});

step('in the end every word was told once and in order, the same in both places', async () => {
	await place.emptyOutbox();
	await listener.caughtUp();
	const told1 = wordsOf(listener);
	const told2 = wordsOfStream(await readStream(place.redis));
	const last1 = checkChain(told1, 'broker');
	const last2 = checkChain(told2, 'stream');
	assert.deepEqual([...last1].sort(), [...last2].sort());
	const rows = await place.rows(`select system, job_id, status, revision::int from status_monitor
		where revision > 0 union all select system, job_id, status, revision::int from completed_jobs`);
	for (const row of rows)
		assert.deepEqual(last1.get(`${row.system}/${row.job_id}`),
			{ revision: row.revision, status: row.status }, `${row.system}/${row.job_id}`);
	assert.equal(rows.length, last1.size);
});
