// SPDX-License-Identifier: MIT
// redis.test.mjs - rows 17 to 20 and 50: Redis is full, a replica, loading, wedged, frozen, empty, or
// a part of it is gone
//
// It is a cache: whatever it does, changes are recorded and told on the broker, reads go on, and
// when it serves again it is whole again by itself. The stream follows as soon as it can.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { sleep } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';
import { change, daemon, field, grown, hdms, job, nothingLost, place, readsGoOn, ready, row, setting, statusOf,
	told, until } from './rows.mjs';
import { OwnRedis } from './own_redis.mjs';

const SYSTEMS = Array.from({ length: 20 }, (_, i) => `C${i}`);
const ERRORS = ['chatterbox_server_errors_total', 'redis'];

let redis;
setting('redis', 0, SYSTEMS, {}, async () => {
	redis = await OwnRedis.open();
	return { redisPort: redis.port };
});
after(() => redis?.close());

let status = 'Running';

/** Every system's next word is recorded and told, whatever Redis does */
async function wordsGoOn() {
	status = status === 'Paused' ? 'Running' : 'Paused';
	const ids = [];
	for (const system of SYSTEMS) ids.push(await change(system, status));
	for (const id of ids) await told(id, 10000);
	// readers see it after Redis was tried
	await until('all is shown', async () =>
		(await daemon.get('/api/v1/jobs')).json.jobs.every((job) => job.status === status));
}

/** Redis shows what SQL holds, in the right fields, and whose it is */
const whole = () => until('Redis is whole again', async () => {
	for (const system of SYSTEMS) {
		const text = await field(system);
		if (!text || JSON.parse(text).system !== system) throw new Error(`${system}: ${text}`);
		assert.equal(JSON.parse(text).status, await statusOf(system));
	}
	// it says 0 until all is written
	return Number((await place.redis.get(`${APP}:state`))?.split(' ')[0]) > 0;
}, 20000);

/** /readyz says that Redis is down, and why */
const down = (why) => until(`/readyz says ${why}`, async () => {
	const { status: code, text } = await daemon.get('/readyz');
	return code === 503 && text.split('\n').some((line) => line.startsWith('redis') &&
		line.includes('DOWN') && line.includes(why));
}, 10000);

row('18: full, without eviction: the projection is stale, and everything else goes on', async () => {
	const before = await daemon.metric(...ERRORS);
	await place.redis.config('SET', 'maxmemory', '1');
	await wordsGoOn();
	await grown(...ERRORS, before);
	assert.notEqual(JSON.parse(await field('C1')).status, status, 'stale, not wrong');
	await place.redis.config('SET', 'maxmemory', '0');
	await whole();
	await ready();
	await nothingLost(); // the stream caught up
});

row('18: full, and evicting what it likes', async () => {
	await place.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
	await place.redis.config('SET', 'maxmemory', '1mb');
	for (let i = 0; i < 3; i++) await wordsGoOn();
	await place.redis.config('SET', 'maxmemory', '0');
	await place.redis.config('SET', 'maxmemory-policy', 'noeviction');
	await place.redis.flushall();
	await whole();
});

row('18: it may not write, since it cannot save (MISCONF)', async () => {
	const before = await daemon.metric(...ERRORS);
	await place.redis.config('SET', 'dbfilename', 'x'.repeat(300));
	await place.redis.bgsave();
	await until('the save has failed', async () =>
		(await place.redis.info('persistence')).includes('rdb_last_bgsave_status:err'));
	await wordsGoOn();
	await grown(...ERRORS, before);
	await place.redis.config('SET', 'dbfilename', 'dump.rdb');
	await place.redis.bgsave();
	await whole();
	await ready();
});

row('19: a replica after a failover: READONLY is down, never taken as written', async () => {
	await place.redis.call('REPLICAOF', '127.0.0.1', '1');
	await wordsGoOn();
	await down('READONLY');
	assert.notEqual(JSON.parse(await field('C1')).status, status);
	await place.redis.call('REPLICAOF', 'NO', 'ONE');
	await ready();
	await whole();
});

row('19: it is loading a large file', async () => {
	await place.redis.call('DEBUG', 'POPULATE', '8000', 'ballast');
	await place.redis.save();
	await redis.kill();
	await redis.start(['--key-load-delay', '500']);
	await down('LOADING');
	await wordsGoOn();
	await ready(20000);
	await whole();
});

row('20: CLIENT PAUSE, a busy script, SIGSTOP: all else goes on, and no reply is shifted', async () => {
	const other = place.redis.duplicate();
	const wedges = [
		[() => place.redis.call('CLIENT', 'PAUSE', '6000', 'ALL'), () => sleep(6000)],
		[() => { other.eval('while true do end', 0).catch(() => {}); return sleep(400); },
			() => place.redis.script('KILL')],
		[() => redis.pause(), () => redis.cont()],
	];
	for (const [wedge, free] of wedges) {
		const before = await daemon.metric(...ERRORS);
		await wedge();
		await wordsGoOn();
		await readsGoOn('/api/v1/summary');
		await grown(...ERRORS, before);
		await free();
		await ready();
		await whole();
	}
	other.disconnect();
});

/** What we have in Redis, as text: statuses, and systems and their states */
async function shared() {
	const online = await place.redis.hgetall(`${APP}:online_systems`);
	const there = { jobs: {}, active: (await place.redis.zrange(`${APP}:active_systems`, 0, -1)).sort(),
		online: Object.entries(online).filter(([system]) => system !== 'OTHERS').sort()
			.map(([system, text]) => `${system} ${JSON.parse(text).status}`) };
	for (const system of [...SYSTEMS, 'THREE'])
		there.jobs[system] = Object.entries(await place.redis.hgetall(`${APP}:jobs:{${system}}`)).sort()
			.map(([id, text]) => `${id} ${JSON.parse(text).status}`);
	there.figures = await place.redis.exists(`${APP}:jobs_data`);
	there.epoch = await place.redis.get(`${APP}:rev`);
	return JSON.stringify(there);
}

const GONE = [['del', 'jobs:{THREE}'], ['hdel', 'jobs:{THREE}', '2'], ['del', 'online_systems'],
	['hdel', 'online_systems', 'C3'], ['del', 'active_systems'], ['zrem', 'active_systems', 'C4'],
	['del', 'jobs_data'], ['del', 'rev'], ['set', 'jobs:{C5}', 'of another type'], ['del', 'rev:{C6}']];

row('50: a key or a field is deleted, and is there again after a round', async () => {
	const three = (status) => hdms.set('THREE', job('THREE', 1, status), job('THREE', 2), job('THREE', 3));
	three('Running');
	await place.redis.hset(`${APP}:online_systems`, 'OTHERS', '{"status":"theirs"}');
	await hdms.notify('nl-hdms.event.content.job_status',
		`[${[1, 2, 3].map((id) => job('THREE', id)).join(',')}]`);
	await until('the jobs are shared', async () =>
		await place.redis.hlen(`${APP}:jobs:{THREE}`) === 3 && await place.redis.exists(`${APP}:jobs_data`),
	90000);
	await whole();
	for (const [command, key, ...fields] of GONE) {
		const before = await shared();
		await place.redis[command](`${APP}:${key}`, ...fields);
		await until(`${command} ${key} ${fields} is mended`, async () => {
			const now = await shared();
			if (now !== before) throw new Error(now);
			return true;
		});
	}
	// one of three moves, and the others with it
	await place.redis.del(`${APP}:jobs:{THREE}`);
	three('Paused');
	await until('all three are there', async () => {
		const texts = Object.values(await place.redis.hgetall(`${APP}:jobs:{THREE}`)).map(JSON.parse);
		return texts.length === 3 && texts.some(({ status }) => status === 'Paused');
	});
	await place.redis.hdel(`${APP}:online_systems`, 'OTHERS');
	hdms.set('THREE', ...[1, 2, 3].map((id) => job('THREE', id, 'Completed')));
	await until('they have ended', async () => !await place.redis.exists(`${APP}:jobs:{THREE}`));
	await nothingLost({ stream: false }); // it was flushed before
});

row('17: flushed again and again, and started anew empty', async () => {
	for (let i = 0; i < 10; i++) {
		await place.redis.flushall();
		if (i % 2) await wordsGoOn();
		await whole();
	}
	await redis.kill();
	await wordsGoOn();
	await redis.start();
	await place.redis.flushall();
	await ready();
	await whole();
	await wordsGoOn();
	await nothingLost({ stream: false });
	assert.equal(hdms.questions.some(({ system }) => ![...SYSTEMS, 'THREE'].includes(system)), false);
});
