// SPDX-License-Identifier: MIT
// delay.mjs MS PORT... - a proxy before each port that makes a question and its answer MS later, for delay.py
//
// Prints the ports of the proxies, in their order, on one line; ends when its input does.
import { Proxy } from '../faults/proxy.mjs';

const [ms, ...ports] = process.argv.slice(2).map(Number);
const proxies = [];
for (const port of ports) {
	const proxy = await Proxy.open(port);
	proxy.high = 64 * 1024 * 1024; // a long line, not a narrow one
	proxy.delay(ms / 2);
	proxies.push(proxy);
}
console.log(proxies.map(({ port }) => port).join(' '));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
