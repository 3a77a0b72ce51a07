// SPDX-License-Identifier: MIT
// settings.ts - what this client needs of OCD's configuration object, by the rules of contract 8.1
//
// The sections of `chatterbox` win member by member. What is wrong beyond the few keys read here is
// for chatterboxd --check-config to say.

import { readFile } from 'node:fs/promises';
import type { OcdConfig } from '../../ocd-addon/index.js';
import { ChatterboxError } from './error.js';

type Section = Record<string, unknown>;

export interface Settings {
	app: string;
	redis: { host: string; port: number; db: number; username?: string; password?: string; tls?: object };
	rmq: { protocol: string; hostname: string; port: number; vhost: string; username: string; password: string };
	exchange: string;
	bare: boolean;
	timeout: number; // of an RPC, ms
	http: string; // where chatterboxd's HTTP is
	token?: string; // for reads
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60000, h: 3600000 };

function milliseconds(value: unknown): number {
	const match = /^([0-9.]+)(ms|s|m|h)$/.exec(String(value));
	if (match) return Number(match[1]) * UNITS[match[2]];
	return Number(value);
}

async function read(config: string | OcdConfig): Promise<OcdConfig> {
	if (typeof config !== 'string') return config;
	try {
		return JSON.parse(await readFile(config, 'utf8')) as OcdConfig;
	} catch (error) {
		throw new ChatterboxError(`${config}: ${(error as Error).message}`, 'CHATTERBOX_E_CONFIG');
	}
}

/** Where a server that listens at @host is reached: an address for all is none to go to */
function reached(host: string): string {
	if (host === '' || host === '0.0.0.0') return '127.0.0.1';
	if (host === '::') return '[::1]';
	return host.includes(':') ? `[${host}]` : host;
}

export async function readSettings(source: string | OcdConfig): Promise<Settings> {
	const config = await read(source);
	const ours = config.chatterbox ?? {};
	const section = (name: string): Section =>
		({ ...config[name] as Section | undefined, ...ours[name] as Section | undefined });
	const redis = section('redis');
	const rmq = section('rmq');
	const rpc = section('rmq_rpc');
	const http = section('http_server');
	const host = (value: unknown) => String(value ?? '127.0.0.1').split(',')[0];
	return {
		app: String(ours.app_name ?? 'nl-ocd-chatterbox'),
		redis: { host: host(redis.host), port: Number(redis.port ?? 6379), db: Number(redis.db ?? 0),
			username: redis.username as string | undefined, password: redis.password as string | undefined,
			tls: redis.tls ? {} : undefined },
		rmq: { protocol: rmq.tls ? 'amqps' : 'amqp', hostname: host(rmq.host), port: Number(rmq.port ?? 5672),
			vhost: String(rmq.vhost ?? '/'), username: String(rmq.user ?? 'guest'),
			password: String(rmq.pass ?? 'guest') },
		exchange: String(rpc.event_exchange ?? 'amq.topic'),
		bare: rpc.envelope === 'bare',
		timeout: milliseconds(rpc.rpc_timeout ?? '5m'),
		http: `${http.tls ? 'https' : 'http'}://${reached(host(http.host))}:${http.port ?? 3041}`,
		token: (http.read_token ?? http.token) as string | undefined,
	};
}
