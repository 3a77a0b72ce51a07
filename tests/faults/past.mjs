// SPDX-License-Identifier: MIT
// past.mjs - job_history as one more side of the record: each change once, without a gap, as it was told

import { Side } from './recorder.mjs';

/** The changes in job_history, in their order; a clean-up repeats what was there before */
export function historyOf(place) {
	return place.rows(`select system, job_id, revision::int, status, previous_status from job_history
		where job_id is not null and source <> 'clean_up' order by id`);
}

/** @rows: of historyOf(). A job that was there before the history begins with its first row. */
export function pastOf(rows) {
	const past = new Side('history', new Map());
	for (const { system, job_id: id, revision, status, previous_status: previous } of rows) {
		const job = `${system}/${id}`;
		if (!past.last.has(job) && revision > 1)
			past.last.set(job, { revision: revision - 1, status: previous });
		past.take({ id: `${job}/${revision}`, job, status, previous: previous ?? undefined }, `${status} ${previous}`);
	}
	return past;
}

/** What the history says otherwise than @told (a Side), as texts */
export function contradictions(past, told) {
	const found = past.duplicates ? [`history: ${past.duplicates} changes are there twice`] : [];
	for (const [job, walk] of past.walks) {
		const heard = told.walks.get(job);
		// a job that was there before has a shorter history than walk
		if (heard && heard.slice(-walk.length).join() !== walk.join())
			found.push(`history: ${job} ${walk.join(' ')}; told ${heard.join(' ')}`);
	}
	return found;
}
