// SPDX-License-Identifier: MIT
// tls.mjs - gives the test servers TLS: PostgreSQL by its settings, RabbitMQ by one more listener
//
// For servers that must be wrong in a way that a real one can't be, there is a front: it speaks TLS
// as it is told, and passes on to a plain port.

import { spawn } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer } from 'node:tls';
import { freePort } from '../../kit/servers/ports.mjs';
import { servers } from './place.mjs';

function listen(server) {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => resolve(server.address().port));
	});
}

/** One more port of the broker, for TLS with @pair; its number. @asks: it wants a certificate of @ca */
export async function brokerListens({ cert, key }, ca, asks = false) {
	const verify = asks ? '{verify, verify_peer}, {fail_if_no_peer_cert, true}' : '{verify, verify_none}';
	const port = await freePort();
	await servers('rabbitmqctl', 'eval', `rabbit_networking:ensure_ssl(),
		rabbit_networking:start_ssl_listener({"127.0.0.1", ${port}}, [{cacertfile, "${ca}"},
		{certfile, "${cert}"}, {keyfile, "${key}"}, ${verify}], 1).`);
	return port;
}

/** PostgreSQL asks by its own settings; @more: "ssl_max_protocol_version" … */
export async function postgresShows(place, { cert, key }, more = {}) {
	const { uid } = await stat(join(process.env.CBX_TEST_DIR, 'pg'));
	await chmod(dirname(key), 0o711);
	for (const file of [cert, key]) await chown(file, uid, uid);
	await chmod(key, 0o600);
	const settings = { ssl_cert_file: cert, ssl_key_file: key, ssl: 'on', ...more };
	for (const [name, value] of Object.entries(settings))
		await place.rows(`alter system set ${name} = '${value}'`);
	await place.rows('select pg_reload_conf()');
}

export async function postgresShowsNothing(place) {
	for (const name of ['ssl', 'ssl_ca_file', 'ssl_cert_file', 'ssl_key_file', 'ssl_min_protocol_version',
		'ssl_max_protocol_version'])
		await place.rows(`alter system reset ${name}`);
	await place.rows('select pg_reload_conf()');
}

/** A Redis of its own that speaks TLS alone, with its data in @dir; { port, process } */
export async function redisListens({ cert, key }, ca, dir) {
	const port = await freePort();
	const process = spawn('redis-server', ['--port', '0', '--bind', '127.0.0.1', '--tls-port', String(port),
		'--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no',
		'--save', '', '--dir', dir], { stdio: 'ignore' });
	return { port, process };
}

export class Front {
	/** Before the server at @port, with @pair and other options of node:tls */
	static async open(port, { cert, key }, more = {}) {
		const front = new Front();
		front.sockets = new Set();
		front.server = createServer({ cert: readFileSync(cert), key: readFileSync(key), ...more }, (socket) => {
			const behind = connect(port, '127.0.0.1');
			socket.pipe(behind).pipe(socket);
			for (const one of [socket, behind]) {
				front.sockets.add(one);
				one.on('error', () => {});
				one.on('close', () => { socket.destroy(); behind.destroy(); });
			}
		});
		front.server.on('tlsClientError', () => {});
		front.port = await listen(front.server);
		return front;
	}

	close() {
		for (const socket of this.sockets) socket.destroy();
		return new Promise((done) => { this.server.close(done); });
	}
}
