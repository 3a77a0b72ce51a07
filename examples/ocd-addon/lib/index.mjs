// SPDX-License-Identifier: MIT
// index.mjs - the package, for import

import chatterbox from './index.cjs';

export const { Chatterbox, ChatterboxError, Peer, Task, TaskScheduler } = chatterbox;
