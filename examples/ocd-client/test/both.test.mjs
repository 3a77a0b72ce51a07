// SPDX-License-Identifier: MIT
// both.test.mjs - the suite of both clients, over the one without native code

import { both } from '../../ocd-addon/test/both.mjs';
import { Chatterbox } from '../lib/index.js';

both('client', (config) => Chatterbox.open(config), { redisDb: 17 });
