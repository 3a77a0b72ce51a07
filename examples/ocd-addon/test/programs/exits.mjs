// SPDX-License-Identifier: MIT
// exits.mjs HOW - a process that ends while an engine is open
import { World } from '../kit.mjs';

const [how] = process.argv.slice(2);
const world = await World.open();
process.on('exit', () => world.remove());
await world.set('ABC1', { job_id: 1, status: 'Running' });
switch (how) {
case 'unref': // nothing else keeps it
	world.box.unref();
	break;
case 'exit':
	process.exit(7);
	break;
case 'listener': // inside the engine's own turn
	world.box.on('update_job_status', () => process.exit(8));
	break;
case 'throw':
	setImmediate(() => { throw new Error('on purpose'); });
	break;
case 'ref': // it keeps the process running until it is closed
	world.box.unref().ref();
	setTimeout(() => world.box.close().then(() => console.log('closed')), 300).unref();
	break;
default:
	throw new Error(how);
}
