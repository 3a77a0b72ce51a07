// SPDX-License-Identifier: MIT
// exits.mjs HOW - a process that ends while an engine is open
import { Chatterbox } from '../../lib/index.mjs';
import { World, embedded } from '../kit.mjs';

const [how] = process.argv.slice(2);
const world = await World.open();
process.on('exit', () => world.remove());
await world.set('ABC1', { job_id: 1, status: 'Running' });
switch (how) {
case 'unref': // nothing else keeps it
	world.box.unref();
	break;
case 'opening': // another one is on its way, in a thread of Node's pool
	Chatterbox.open(embedded(world.dir, { sqlite_path: `${world.dir}/other.sqlite` }));
	process.exit(9);
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
