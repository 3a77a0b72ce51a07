// SPDX-License-Identifier: MIT
// place.mjs - where a test takes place: a vhost, a Redis database and an SQL database of its own
//
// So tests share the servers without seeing each other: each gets its three places empty. The
// servers are those of tests/kit/servers/servers.sh; a missing variable is a failure.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import amqp from 'amqplib';
import Redis from 'ioredis';
import pg from 'pg';

const exec = promisify(execFile);

function env(name) {
	const value = process.env[`CBX_TEST_${name}`];
	if (!value)
		throw new Error(`CBX_TEST_${name} is not set: run this by meson test or ./dev test`);
	return value;
}

/** Runs tests/kit/servers/servers.sh on our servers: servers('kill', 'redis') */
export async function servers(verb, ...args) {
	const { stdout } = await exec(env('SERVERS_SH'), [verb, env('DIR'), ...args]);
	return stdout;
}

export class Place {
	/**
	 * @param name of the place; @param redisDb its Redis database, 1..31;
	 * @param more redisPort, rmqPort, pgPort: of another server, or of a proxy before one; for another broker
	 * also rabbitmqctl(...args), and queueArguments: how others declare their queues there; redisOptions of
	 * ioredis, for Sentinels; redisNodes, of a cluster; sqlOptions of pg
	 */
	static async open(name, redisDb, more = {}) {
		const place = new Place();
		Object.assign(place, {
			vhost: `cbx-${name}`, redisDb, database: `cbx_${name}`,
			redisPort: Number(env('REDIS_PORT')), rmqPort: Number(env('RMQ_PORT')),
			pgPort: Number(env('PG_PORT')), pgUser: env('PG_USER'),
			rabbitmqctl: (...args) => servers('rabbitmqctl', ...args), ...more,
		});
		await place.#emptyBroker();
		await place.#emptyDatabase(place.database);
		place.redis = place.#redisClient();
		await place.#emptyRedis();
		place.sql = place.#sqlPool(place.database);
		return place;
	}

	/** A connection of amqplib to our vhost */
	connect(more = {}) {
		return amqp.connect({ protocol: 'amqp', hostname: '127.0.0.1', port: this.rmqPort,
			username: 'guest', password: 'guest', vhost: this.vhost, heartbeat: 10, ...more });
	}

	async rows(query, values) {
		return (await this.sql.query(query, values)).rows;
	}

	/** The table that others maintain: which systems are online */
	async online(systems) {
		await this.rows('create table if not exists connections(actor_id text, since timestamptz)');
		await this.rows('insert into connections(actor_id) select unnest($1::text[])', [systems]);
	}

	/** Waits until everything is told, and says which events are not */
	emptyOutbox(ms = 30000) {
		return until('an empty outbox', async () => {
			const rows = await this.rows(`select id, name, message_id, confirmed_at, streamed_at, count(*) over ()
				from outbox order by id limit 3`);
			if (rows.length) throw new Error(`not told: ${JSON.stringify(rows)}`);
			return true;
		}, ms);
	}

	/** A second database, empty: for what is not beside the rest */
	async beside(name) {
		const other = Object.assign(new Place(), { pgPort: this.pgPort, pgUser: this.pgUser,
			database: `${this.database}_${name}` });
		await this.#emptyDatabase(other.database);
		other.sql = this.#sqlPool(other.database);
		return other;
	}

	async close() {
		this.redis?.disconnect();
		await this.sql.end();
	}

	#redisClient() {
		const redis = this.redisNodes ? new Redis.Cluster(this.redisNodes, { clusterRetryStrategy: () => 200 })
			: new Redis({ host: '127.0.0.1', port: this.redisPort, db: this.redisDb,
				retryStrategy: () => 200, maxRetriesPerRequest: null, ...this.redisOptions });
		redis.on('error', () => {}); // tests kill it; the retries say what matters
		return redis;
	}

	/** From now on the database is at @host, which another one was copied to */
	async turnTo(host) {
		const { sql } = this;
		this.sql = this.#sqlPool(this.database, host);
		await sql.end();
	}

	#sqlPool(database, host = '127.0.0.1') {
		const pool = new pg.Pool({ host, port: this.pgPort, user: this.pgUser, database,
			max: 2, ...this.sqlOptions });
		pool.on('error', () => {}); // as above
		return pool;
	}

	async #emptyRedis() {
		const { redis } = this;
		if (!this.redisNodes) return redis.flushdb();
		await redis.ping(); // by then it knows them
		return Promise.all(redis.nodes('master').map((node) => node.flushdb()));
	}

	async #emptyBroker() {
		const names = (await this.rabbitmqctl('list_vhosts', 'name')).split('\n');
		if (names.includes(this.vhost))
			await this.rabbitmqctl('delete_vhost', this.vhost);
		await this.rabbitmqctl('add_vhost', this.vhost);
		await this.rabbitmqctl('set_permissions', '-p', this.vhost, 'guest', '.*', '.*', '.*');
	}

	async #emptyDatabase(name) {
		const admin = this.#sqlPool(env('PG_DATABASE'));
		await admin.query(`drop database if exists ${name} with (force)`);
		await admin.query(`create database ${name}`);
		await admin.end();
	}
}

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Every deadline is for a quiet machine, and so many times as long for one that does much else */
export const patience = Number(process.env.CBX_TEST_PATIENCE || 4);

/** Waits until @fn returns something true, which it returns. @what says what was waited for. */
export async function until(what, fn, ms = 15000) {
	const end = performance.now() + ms * patience;
	let trouble = '';
	for (;;) {
		try {
			const value = await fn();
			if (value) return value;
			trouble = '';
		} catch (error) {
			trouble = ` (${error.message})`;
		}
		if (performance.now() > end) throw new Error(`not within ${ms * patience} ms: ${what}${trouble}`);
		await sleep(50);
	}
}
