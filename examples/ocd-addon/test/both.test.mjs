// SPDX-License-Identifier: MIT
// both.test.mjs - the suite of both clients, over the addon
import { Chatterbox } from '../lib/index.mjs';
import { both } from './both.mjs';

both('native', (config) => Chatterbox.open(config), { redisDb: 11 });
