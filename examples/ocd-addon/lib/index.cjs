// SPDX-License-Identifier: MIT
// index.cjs - the package, for require()

'use strict';

const { Peer } = require('./load.cjs');
const { Chatterbox, ChatterboxError } = require('./chatterbox.cjs');
const { Task, TaskScheduler } = require('./tasks.cjs');

module.exports = { Chatterbox, ChatterboxError, Peer, Task, TaskScheduler };
