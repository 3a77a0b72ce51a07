// SPDX-License-Identifier: MIT
// charts.js - speed and jobs over the last hour, kept by the server: a fresh page has a past
//
// The hour is read once; then only its last minute, which is put in its place.
/* global uPlot */
import { get } from './api.js';
import { byId, el, setText } from './dom.js';
import { clock, count, NOTHING, plural, speed } from './text.js';

const MIB = 1048576;
const MOST = 360;
const charts = [
	{ id: 'chart-speed', title: 'Download speed', read: (s) => [s.download_speed.map((v) => (v === null ? null : v / MIB))],
		colours: ['--accent'], fill: true, text: ([v]) => speed(v * MIB), unit: (v) => `${v} MiB/s` },
	{ id: 'chart-jobs', title: 'Jobs', read: (s) => [s.live_jobs, s.active_jobs],
		colours: ['--quiet', '--good'], text: ([live, running]) => `${count(running)} running of ${plural(live, 'live job')}`,
		unit: (v) => count(v) },
];
let times = [];
let values = {};

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(chart, width) {
	const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false },
		font: '11px system-ui, sans-serif' };
	return {
		width, height: 150, padding: [8, 8, 0, 0], legend: { show: false }, cursor: { y: false, points: { size: 6 } },
		scales: { y: { range: (_, low, high) => [0, Math.max(1, (high || 1) * 1.15)] } },
		series: [{}, ...chart.colours.map((name) => ({ stroke: colour(name), width: 1.5, points: { show: false },
			fill: chart.fill ? colour('--accent-wash') : undefined }))],
		axes: [{ ...axis, size: 26, space: 70, values: (_, ticks) => ticks.map((t) => clock(t * 1000).slice(-8, -3)) },
			{ ...axis, size: 64, space: 34, values: (_, ticks) => ticks.map(chart.unit) }],
		hooks: { setCursor: [(plot) => describe(chart, plot.cursor.idx)] },
	};
}

// The figures at that place, or the last ones
function describe(chart, index) {
	const data = chart.plot.data;
	let at = index ?? data[0].length - 1;
	while (index == null && at > 0 && data[1][at] === null)
		at--;
	const figures = data.slice(1).map((column) => column[at]);
	const known = at >= 0 && figures.every((figure) => figure !== null && figure !== undefined);
	setText(byId(`${chart.id}-now`), known ? `${chart.text(figures)} at ${clock(data[0][at] * 1000)}` : NOTHING);
}

function draw(chart) {
	const place = byId(chart.id);
	const data = [times, ...chart.read(values)];
	if (chart.plot) {
		chart.plot.setData(data);
	} else {
		place.replaceChildren();
		chart.plot = new uPlot(options(chart, place.clientWidth), data, place);
	}
	describe(chart, chart.plot.cursor.idx);
	const summary = `${chart.title} over the last hour; ${byId(`${chart.id}-now`).textContent}`;
	place.setAttribute('aria-label', summary);
}

// What came is newer; what it holds of the same times replaces what was there
function join({ from, step, series }) {
	const start = Math.round(Date.parse(from) / 1000 / step) * step;
	const kept = times.filter((time) => time < start).length;
	const added = Object.values(series)[0].map((_, index) => start + index * step);
	times = [...times.slice(0, kept), ...added].slice(-MOST);
	for (const [name, column] of Object.entries(series))
		values[name] = [...(values[name] ?? []).slice(0, kept), ...column].slice(-MOST);
}

// After a pause of the page the last minute does not reach what is there
const isFar = () => !times.length || Date.now() / 1000 - times.at(-1) > 50;

export async function askSeries() {
	join(await get(`api/v1/series?minutes=${isFar() ? 60 : 1}`));
	charts.forEach(draw);
}

function drawAnew() {
	for (const chart of charts) {
		chart.plot?.destroy();
		chart.plot = null;
		if (times.length)
			draw(chart);
	}
}

export function startCharts() {
	for (const chart of charts) {
		byId(chart.id).append(el('p', { class: 'quiet' }, 'waiting for figures'));
		new ResizeObserver(([entry]) => chart.plot?.setSize({ width: entry.contentRect.width, height: 150 }))
			.observe(byId(chart.id));
	}
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAnew);
}
