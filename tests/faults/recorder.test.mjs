// SPDX-License-Identifier: MIT
// recorder.test.mjs - the recorder finds what never happened: its negative controls
//
// A table of zeros proves nothing unless the recorder says so of each thing that must never be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contradictions, pastOf } from './past.mjs';
import { Side, closingLine, inventedIn } from './recorder.mjs';

const JOB = 'S/1';
const RECORDED = (revision) => new Map([[JOB, { revision }]]);

/** A side that was told these statuses of the job, in this order */
function told(...statuses) {
	const side = new Side('broker', new Map());
	statuses.forEach((status, i) => side.take({ id: `${JOB}/${i + 1}`, job: JOB, status,
		previous: statuses[i - 1] }, status));
	return side;
}

const found = (side, revision, ...walk) => side.invented(RECORDED(revision), new Map([[JOB, walk]]));

test('what a job went through is not invented, nor what was missed of it', () => {
	const walk = ['Queued', 'Running', 'Paused', 'Running', 'Paused', 'Completed'];
	assert.deepEqual(found(told(...walk), 6, ...walk), []);
	assert.deepEqual(found(told('Running', 'Paused', 'Completed'), 3, ...walk), []);
	assert.deepEqual(found(told('Running', 'Killed'), 2, 'Running', null), []);
	assert.deepEqual(found(told('Running', 'Completed'), 2, 'Running', null), []);
});

test('control: a transition that no system went through', () => {
	// an old push is taken for a new one: the job goes back and forth once more than it did
	assert.equal(found(told('Running', 'Paused', 'Running', 'Paused', 'Running'), 5,
		'Running', 'Paused', 'Running').length, 2);
	assert.equal(found(told('Running', 'Killed'), 2, 'Running').length, 1);
	assert.equal(found(told('Running'), 1).length, 1);
	assert.deepEqual(inventedIn(['Paused', 'Running'], ['Running', 'Paused']), ['Running']);
});

test('control: an event of a change that is not recorded', () => {
	assert.equal(found(told('Running', 'Paused'), 1, 'Running', 'Paused').length, 1);
	assert.equal(told('Running').invented(new Map(), undefined).length, 1);
	assert.deepEqual(told('Running', 'Paused').invented(RECORDED(2), undefined), []);
});

/** Rows of job_history of one job; [revision, status, previous status] */
const rows = (...changes) => changes.map(([revision, status, previous = null]) =>
	({ system: 'S', job_id: 1, revision, status, previous_status: previous }));

test('a history that says what was told, also of a job that is older than it', () => {
	const whole = pastOf(rows([1, 'Running'], [2, 'Paused', 'Running'], [3, 'Running', 'Paused']));
	const heard = told('Running', 'Paused', 'Running');
	assert.deepEqual([whole.reordered, whole.lost(RECORDED(3)), contradictions(whole, heard)], [[], [], []]);
	const younger = pastOf(rows([2, 'Paused', 'Running'], [3, 'Running', 'Paused']));
	assert.deepEqual([younger.reordered, younger.lost(RECORDED(3)), contradictions(younger, heard)], [[], [], []]);
});

test('control: a history with a gap, a change twice, another status, one that lacks the end', () => {
	const gap = pastOf(rows([1, 'Running'], [3, 'Running', 'Paused']));
	assert.equal(gap.lost(RECORDED(3)).length, 1);
	const twice = pastOf(rows([1, 'Running'], [2, 'Paused', 'Running'], [2, 'Paused', 'Running']));
	assert.equal(contradictions(twice, told('Running', 'Paused')).length, 1);
	const other = pastOf(rows([1, 'Running'], [2, 'Killed', 'Running']));
	assert.equal(contradictions(other, told('Running', 'Paused')).length, 1);
	assert.equal(pastOf(rows([1, 'Running'])).lost(RECORDED(2)).length, 1);
});

test('the closing line has a column for it', () => {
	assert.match(closingLine({ transitions: 2, duplicates: 0, lost: 0, reordered: 0, differing: 0,
		invented: 1 }), /, 1 invented$/);
});
