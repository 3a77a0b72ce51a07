// SPDX-License-Identifier: MIT
// troubles.mjs - what the soak does to the servers and to the way to them, and takes back again
//
// Each trouble begins, lasts a while, ends. Bytes are corrupted on their way to chatterboxd alone,
// from RabbitMQ and Redis: what it refuses costs nothing, while TCP's checksum (or TLS) keeps what
// it says itself.

import { servers, sleep, until } from '../servers/e2e/place.mjs';
import { APP } from '../servers/e2e/wire.mjs';

const SERVERS = ['redis', 'rmq', 'pg'];
const WAYS = ['up', 'down', 'both'];
const QUEUES = [`${APP}.default.event`, `${APP}.request`, 'nl-hdms.request'];

/** A fault of a proxy for some seconds: begin(proxy, dice) */
const onTheWay = (begin, among = SERVERS) => async ({ rig, dice, seconds }) => {
	const name = dice.of(among);
	await begin(rig.proxies[name], dice);
	await sleep(seconds * 1000);
	await rig.proxies[name].pass();
	return name;
};

/** Something is set in the broker, in Redis or SQL for some seconds */
const setting = (begin, end) => async (soak) => {
	await begin(soak);
	await sleep(soak.seconds * 1000);
	await end(soak);
};

const serverDies = async ({ dice }) => {
	const name = dice.of(SERVERS);
	await servers('kill', name);
	await sleep(dice.between(0, 4000));
	await servers('up', name);
	return name;
};

const serverFreezes = async ({ dice, seconds }) => {
	const name = dice.of(SERVERS);
	await servers('pause', name);
	await sleep(seconds * 1000);
	await servers('cont', name);
	return name;
};

const aTableIsLocked = async ({ rig, dice, seconds }) => {
	const client = await rig.place.sql.connect();
	try {
		const table = dice.of(['status_monitor', 'outbox', 'lease', 'completed_jobs']);
		await client.query(`begin; lock table ${table} in access exclusive mode`);
		await sleep(seconds * 1000);
		await client.query('rollback');
	} finally {
		client.release();
	}
};

const aQueueIsDeleted = async ({ rig, dice }) => {
	const connection = await until('the broker', () => rig.place.connect(), 30000);
	connection.on('error', () => {});
	const channel = await connection.createChannel();
	await channel.deleteQueue(dice.of(QUEUES));
	await connection.close();
};

const RIGHTS = [['insert', 'status_monitor'], ['update', 'status_monitor'], ['insert', 'errors'], ['insert', 'outbox'],
	['delete', 'outbox'], ['insert', 'job_history'], ['update', 'completed_jobs'], ['update', 'lease']];

/** A right is taken from our role, as by a careless hand, and given back */
const aRightIsRevoked = async ({ rig, dice, seconds }) => {
	const [right, table] = dice.of(RIGHTS);
	await rig.place.rows(`revoke ${right} on ${table} from ${rig.role}`);
	await sleep(seconds * 1000);
	await rig.place.rows(`grant ${right} on ${table} to ${rig.role}`);
};

/** One row of a job that moves is locked, as an operator's open psql does it */
const aRowIsLocked = async ({ rig, seconds }) => {
	const client = await rig.place.sql.connect();
	try {
		await client.query('begin');
		await client.query('select 1 from status_monitor order by updated_at desc nulls last limit 1 for update');
		await sleep(seconds * 1000);
		await client.query('rollback');
	} finally {
		client.release();
	}
};

/** A part of what we have in Redis goes away: a key, or a field of one */
const aKeyIsDeleted = async ({ rig, dice }) => {
	const { redis } = rig.place;
	const hash = `${APP}:jobs:{${dice.of(rig.sim.systems)}}`;
	const [job] = await redis.hkeys(hash);
	const key = dice.of([hash, hash, `${APP}:online_systems`, `${APP}:active_systems`, `${APP}:jobs_data`,
		`${APP}:rev`]);
	if (key === hash && job && dice.unit() < 0.5) await redis.hdel(hash, job);
	else await redis.del(key);
	return key;
};

/** @fn with a channel of its own, once the broker is there */
async function withChannel(rig, fn) {
	const connection = await until('the broker', () => rig.place.connect(), 30000);
	connection.on('error', () => {});
	try {
		const channel = await connection.createChannel();
		channel.on('error', () => {});
		await fn(channel);
	} finally {
		await connection.close().catch(() => {});
	}
}

/** A queue on our events that is full and refuses what comes */
const aQueueRefuses = ({ rig, seconds }) => withChannel(rig, async (channel) => {
	const { queue } = await channel.assertQueue('', { exclusive: true,
		arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } });
	await channel.bindQueue(queue, 'amq.topic', `${APP}.event.#`);
	await sleep(seconds * 1000);
});

/** The exchange of the questions goes, and comes again */
const anExchangeIsDeleted = ({ rig, seconds }) => withChannel(rig, async (channel) => {
	await channel.deleteExchange(rig.questions);
	await sleep(seconds * 1000);
	await rig.makeQuestions(channel);
});

/** The exchange of the events goes; we make it again, and if not its owner does */
const theEventsExchangeIsDeleted = ({ rig, seconds }) => withChannel(rig, async (channel) => {
	await channel.deleteExchange(rig.events);
	await sleep(seconds * 1000);
	await rig.makeEvents(channel);
});

/** A stranger takes requests from our queue, and gives them back when it goes */
const aStrangerConsumes = ({ rig, seconds }) => withChannel(rig, async (channel) => {
	await channel.consume(`${APP}.request`, () => {});
	await sleep(seconds * 1000);
});

/** What was not acknowledged is delivered again */
const connectionsAreClosed = ({ rig }) =>
	servers('rabbitmqctl', 'close_all_connections', '-p', rig.place.vhost, 'the soak');

/** weight, name, what is needed for itself alone, what happens */
export const TROUBLES = [
	[4, 'delayed', 'way', onTheWay((proxy, dice) => proxy.delay(dice.between(20, 400), 20))],
	[3, 'slow', 'way', onTheWay((proxy, dice) => proxy.slow(dice.between(5000, 50000)))],
	[4, 'cut', 'way', onTheWay((proxy) => proxy.cut())],
	[4, 'cut after bytes', 'way', onTheWay((proxy, dice) =>
		proxy.cut(dice.between(1, 40000), dice.of(['up', 'down'])))],
	[4, 'half-open', 'way', onTheWay((proxy, dice) => proxy.swallow(dice.of(WAYS)))],
	[3, 'stalled', 'way', onTheWay((proxy, dice) => proxy.stall(dice.of(WAYS)))],
	[3, 'corrupt', 'way', onTheWay((proxy, dice) =>
		proxy.corrupt(dice.between(0, 20000), 'down'), ['rmq', 'redis'])],
	[3, 'refused', 'way', onTheWay((proxy) => proxy.refuse())],
	[3, 'killed', 'server', serverDies],
	[3, 'frozen', 'server', serverFreezes],
	[3, 'flushed', 'server', ({ rig }) => rig.recorder.flush('flushall')],
	[2, 'redis paused', 'server', ({ rig }) => rig.place.redis.client('pause', 3000)],
	[2, 'redis full', 'server', setting(({ rig }) => rig.place.redis.config('set', 'maxmemory', '1mb'),
		({ rig }) => rig.place.redis.config('set', 'maxmemory', '0'))],
	[2, 'memory alarm', 'server', setting(
		() => servers('rabbitmqctl', 'set_vm_memory_high_watermark', '0'),
		() => servers('rabbitmqctl', 'set_vm_memory_high_watermark', '0.4'))],
	[2, 'queue deleted', 'server', aQueueIsDeleted],
	[2, 'sessions ended', 'server', ({ rig }) => rig.place.rows('select pg_terminate_backend(pid) '
		+ 'from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
	[rig.place.database])],
	[2, 'table locked', 'server', aTableIsLocked],
	[2, 'row locked', 'server', aRowIsLocked],
	[3, 'key deleted', 'server', aKeyIsDeleted],
	[2, 'queue refuses', 'server', aQueueRefuses],
	[2, 'exchange deleted', 'server', anExchangeIsDeleted],
	[2, 'events exchange deleted', 'server', theEventsExchangeIsDeleted],
	[2, 'right revoked', 'server', aRightIsRevoked],
	[2, 'stranger consumes', 'server', aStrangerConsumes],
	[3, 'connections closed', 'server', connectionsAreClosed],
];
