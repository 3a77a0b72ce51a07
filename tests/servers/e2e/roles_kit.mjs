// SPDX-License-Identifier: MIT
// roles_kit.mjs - one leader, one standby, one observer, each asked over HTTP and from C, and AMQP
//
// A way is a role and a wire: ask(call) gives { code, result, reason }, in AMQP's codes. What a call
// is on each wire is said in the table of the test.

import { createInterface } from 'node:readline';
import { Daemon, Program } from './daemon.mjs';
import { patience, until } from './place.mjs';
import { Rpc } from './rpc.mjs';

const OF_HTTP = { 200: 0, 202: 0, 400: -32602, 404: -32001, 409: -32005, 502: -32004, 503: -32003, 504: -32002 };
const OF_C = { [-22]: -32602, [-1002]: -32003, [-1003]: -32002, [-1005]: -32001, [-1006]: -32004, [-1008]: -32005 };
const WRITER = { authorization: 'Bearer e2e', 'content-type': 'application/json' };

/** chatterboxd, asked over HTTP */
class HttpBox {
	wire = 'HTTP';

	static async open(place, more) {
		const box = new HttpBox();
		box.daemon = await Daemon.prepare(place, more);
		return box;
	}

	get program() { return this.daemon.program; }

	async start() { await this.daemon.start(); }

	async role() { return (await this.daemon.get('/api/v1/summary')).json.role; }

	async ask({ http: [method, path, body] }) {
		const { status, json } = await this.daemon.get(path, { method, headers: WRITER,
			body: body && JSON.stringify(body), signal: AbortSignal.timeout(20000 * patience) });
		const code = OF_HTTP[status] ?? status;
		return code ? { code, reason: json?.code, text: json?.detail } : { code, result: json };
	}

	async stop() { await this.daemon.stop(); }
}

/** A program that embeds the library (tests/servers/caller.c) */
class CBox {
	wire = 'C';

	static async open(place, more) {
		const box = new CBox();
		box.config = await Daemon.prepare(place, { ...more, log: { level: 'error' } });
		box.waiting = [];
		return box;
	}

	async start() {
		const program = new Program(process.env.CBX_E2E_HOST, [this.config.file], {}, 'pipe');
		this.program = program;
		createInterface({ input: program.child.stdout }).on('line', (line) => {
			if (line.startsWith('{"result"') || line.startsWith('{"ready"')) this.waiting.shift()?.(JSON.parse(line));
		});
		await this.#next();
	}

	/** Answers come in the order of the questions: one at a time is asked */
	#next(line, ms = 20000) {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(reject, ms * patience, new Error(`no answer to ${line}\n${this.program.tail()}`));
			this.waiting.push((answer) => { clearTimeout(timer); resolve(answer); });
			if (line) this.program.child.stdin.write(`${line}\n`);
		});
	}

	async role() { return (await this.#next('{"call":"role"}')).ready; }

	async ask({ c: [call, params] }) {
		const { result, json, reason, error } = await this.#next(JSON.stringify({ call, ...params }));
		return result < 0 ? { code: OF_C[result] ?? result, reason: reason || undefined, text: error }
			: { code: 0, result: json };
	}

	async stop() {
		if (this.program?.runs) {
			this.program.child.stdin.end();
			await this.program.stop();
		}
		await this.config.stop();
	}
}

/** Whoever leads, asked over AMQP */
class AmqpBox {
	static async open(place, envelope) {
		const box = new AmqpBox();
		box.rpc = await Rpc.open(place, envelope);
		box.wire = `AMQP (${envelope})`;
		return box;
	}

	async start() {}

	async role() { return 'leader'; }

	async ask({ amqp: [method, params], spoilt }) {
		const { result, error } = await this.rpc.call(method, params, spoilt);
		return error ? { code: error.code, reason: error.data, text: error.message } : { code: 0, result };
	}

	async stop() { await this.rpc.close(); }
}

const has = async (box, role) => until(`${box.wire}: a ${role}`, async () => await box.role() === role, 20000);

/** The six ways, with a leader of the kind @first: [{ name, box }] */
export async function openWays(place, first, more) {
	const observer = { ...more, chatterbox: { role: 'observer' } };
	const kinds = { HTTP: HttpBox, C: CBox };
	const boxes = [['leader', await kinds[first].open(place, more)],
		['standby', await HttpBox.open(place, more)], ['standby', await CBox.open(place, more)],
		['observer', await HttpBox.open(place, observer)], ['observer', await CBox.open(place, observer)],
		['leader', await AmqpBox.open(place, 'jsonrpc')], ['leader', await AmqpBox.open(place, 'bare')]];
	for (const [role, box] of boxes) {
		await box.start();
		await has(box, role);
	}
	return boxes.map(([role, box]) => ({ name: `${box.wire}, ${role}`, role, box }));
}
