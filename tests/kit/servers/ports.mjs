// SPDX-License-Identifier: MIT
// ports.mjs - a port for a program that has to be told one before it starts
//
// It lies below those that servers.sh takes, and below the range from which the kernel gives ports to
// whoever connects: between our look and the program's start nobody else gets it but by the same dice.

import { createServer } from 'node:net';

const FIRST = 10000;
const LAST = 20000;

const isFree = (port) => new Promise((resolve) => {
	const server = createServer();
	server.once('error', () => resolve(false));
	server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

export async function freePort() {
	for (let tries = 0; tries < 100; tries++) {
		const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
		if (await isFree(port)) return port;
	}
	throw new Error(`no free port between ${FIRST} and ${LAST}`);
}
