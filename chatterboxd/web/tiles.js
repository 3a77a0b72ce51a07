// SPDX-License-Identifier: MIT
// tiles.js - the figures of the whole fleet
import { byId, setText } from './dom.js';
import { ago, clock, count, duration, NOTHING, plural, speed } from './text.js';

const REASONS = {
	cycle: 'a round took longer than that',
	timeouts: 'many questions timed out',
	queue: 'nl-hdms has a long queue',
	reply_time: 'answers are slow',
};

function tile(id, figure, detail = '') {
	setText(byId(`tile-${id}`), figure);
	setText(byId(`tile-${id}-detail`), detail);
}

function showInterval({ base, current, under_load: loaded, reason }) {
	tile('interval', duration(current), loaded || current > base
		? `stretched from ${duration(base)}${reason ? `: ${REASONS[reason] ?? reason}` : ''}` : 'as it is set');
}

function showRound(round) {
	if (!round?.finished_at)
		return tile('round', NOTHING, 'none yet');
	return tile('round', ago(round.finished_at), [`took ${duration(round.seconds)}`,
		plural(round.systems, 'system'), `${count(round.changed)} changed`,
		...(round.timeouts ? [plural(round.timeouts, 'timeout')] : [])].join(', '));
}

function showSystems({ online, offline, unknown, internal }) {
	tile('systems', count(online), [`${count(offline)} offline`, ...(unknown ? [`${count(unknown)} unknown`] : []),
		`${count(internal)} internal`].join(', '));
}

export function showSummary(summary) {
	const rest = summary.job_count - summary.activte_jobs;
	tile('live', count(summary.job_count));
	tile('running', count(summary.activte_jobs), `${count(rest)} paused or waiting`);
	tile('ocd', count(summary.active_ocd_jobs), `running, of ${count(summary.total_ocd_jobs)} live`);
	tile('speed', speed(summary.total_download_speed));
	showSystems(summary.systems);
	showInterval(summary.interval);
	showRound(summary.last_cycle);
	const until = summary.paused_until && `until ${clock(summary.paused_until)}`;
	setText(byId('pause-state'), summary.paused ? `The asking is paused ${until ?? ''}` : '');
	byId('pause').hidden = summary.paused;
	byId('resume').hidden = !summary.paused;
}

export function showTroubles({ errors, more, stalled }) {
	tile('errors', `${count(errors)}${more ? '+' : ''}`, 'of jobs, kept for a while');
	tile('stalled', count(stalled), 'run without progress');
}
