"use strict";
/*
 * The time line: samples in the order of time, a lane for each thread or CPU, the outermost frame on
 * top. What two samples in a row have in common is one frame. A sample stands for the time until the
 * next one of its lane, data.period at most. The window is the selected range.
 */
const laneCache = {};
function lanes() {
	const kind = state.lanes;
	if (laneCache[kind]) return laneCache[kind];
	const of = data.laneOf[kind], labels = data.lanes[kind], start = new Int32Array(labels.length + 1);
	for (let i = 0; i < data.nsamples; i++) if (of[i] >= 0) start[of[i] + 1]++;
	for (let i = 0; i < labels.length; i++) start[i + 1] += start[i];
	const at = start.slice(), samples = new Int32Array(start[labels.length]), depth = new Int32Array(labels.length).fill(1);
	for (let i = 0; i < data.nsamples; i++) {
		if (of[i] < 0) continue;
		samples[at[of[i]]++] = i;
		depth[of[i]] = Math.max(depth[of[i]], data.depth[data.sampleNode[i]] - rootsAbove(data.sampleNode[i]));
	}
	let row = 0;
	return (laneCache[kind] = labels.map((label, i) => {
		const lane = { label, samples: samples.subarray(start[i], start[i + 1]), row, rows: depth[i] + 2 };
		row += lane.rows;
		return lane;
	}).filter((lane) => lane.samples.length));
}
/* The lane's heading has the thread already: its node is no frame. */
function rootsAbove(node) { return data.rooted[node]; }
function timeWindow() {
	const whole = data.nsamples ? [data.time[0], data.duration + data.period] : [0, 1];
	return state.range && !state.range.phase ? [state.range.from, state.range.to] : whole;
}
function firstAfter(samples, t) {
	let low = 0, high = samples.length;
	while (low < high) { const middle = (low + high) >> 1; if (data.time[samples[middle]] < t) low = middle + 1; else high = middle; }
	return low;
}
/* Calls back with each frame of a lane within the window: (node, depth, from, to). */
function eachFrame(lane, from, to, pixels, back) {
	const samples = lane.samples, step = (to - from) / pixels, last = firstAfter(samples, to), open = [], begun = [];
	let until = -1, i = firstAfter(samples, from - data.period);
	const close = (depth, t) => {
		let stop = false;
		for (let d = open.length - 1; d >= depth; d--) stop = back(open[d], d, Math.max(begun[d], from), Math.min(t, to)) || stop;
		open.length = begun.length = Math.min(open.length, depth);
		return stop;
	};
	const crowded = last - i > 2 * pixels;
	while (i < last) {
		const t = data.time[samples[i]], node = data.sampleNode[samples[i]], above = rootsAbove(node), depth = data.depth[node] - above;
		const path = new Array(depth);
		for (let d = depth - 1, up = node; d >= 0; d--, up = data.parent[up]) path[d] = up;
		let same = 0;
		if (t <= until + step / 2) while (same < open.length && same < depth && open[same] === path[same]) same++;
		if (close(same, Math.min(t, until))) return;
		for (let d = same; d < depth; d++) { open.push(path[d]); begun.push(t); }
		/* of samples that fall on one pixel the first is shown */
		const next = crowded ? Math.max(firstAfter(samples, t + step), i + 1) : i + 1;
		const before = data.time[samples[next - 1]];
		until = Math.min(before + data.period, next < samples.length ? data.time[samples[next]] : Infinity);
		i = next;
	}
	close(0, until);
}
function timelineRows() { const list = lanes(); return list.length ? list[list.length - 1].row + list[list.length - 1].rows : 1; }
function drawTimeline(ink, g) {
	const [from, to] = timeWindow(), scale = g.width / (to - from), mark = css("--match");
	for (const lane of lanes()) {
		const y = lane.row * ROW - g.top;
		if (y > g.height || y + lane.rows * ROW < 0) continue;
		ink.fillStyle = css("--fg");
		ink.fillText(lane.label + " (" + lane.samples.length.toLocaleString("en") + " samples)", 3, y + ROW / 2);
		eachFrame(lane, from, to, g.width, (node, depth, t0, t1) => {
			const k = view.keys.of[data.key[node]], x = (t0 - from) * scale, w = (t1 - t0) * scale, top = y + (depth + 1) * ROW;
			state.drawn++;
			const hit = matches && matches[k];
			ink.fillStyle = hit ? mark : colourOf(view.keys.list[k]);
			ink.fillRect(x, top, Math.max(w - 0.4, 0.4), ROW - 1);
			if (w > 24) putLabel(ink, view.keys.list[k].label, x, top, w, hit ? (dark() ? "#000" : "#fff") : "#111");
			return false;
		});
	}
}
/* The frame under the pointer: its lane, node and time. */
function timelineHit(event) {
	const g = geometry(), box = $("graph").getBoundingClientRect(), [from, to] = timeWindow();
	const row = Math.floor((event.clientY - box.top + g.top) / ROW), t = from + ((event.clientX - box.left) / g.width) * (to - from);
	const lane = lanes().find((l) => row >= l.row && row < l.row + l.rows);
	let found = null;
	if (lane) eachFrame(lane, from, to, g.width, (node, depth, t0, t1) => {
		if (depth + 1 === row - lane.row && t >= t0 && t < t1) found = { lane, node, from: t0, to: t1 };
		return !!found;
	});
	return found;
}
function sayFrame(f) {
	const k = view.keys.list[view.keys.of[data.key[f.node]]];
	$("detail").textContent = k.label + ": " + ((f.to - f.from) * 1000).toFixed(1) + " ms from " + f.from.toFixed(4) + " s, " + f.lane.label + (k.module ? "   " + k.module : "");
}
function showLanes(kind) { state.lanes = kind; $("lanes").value = kind; $("graph").setAttribute("aria-label", kind ? "Time line" : "Flame graph; the table has the same as text"); layout(); if (kind) $("scroll").scrollTop = 0; }
function nextLanes() {
	const options = [...$("lanes").options].filter((o) => !o.hidden);
	showLanes(options[(options.findIndex((o) => o.value === state.lanes) + 1) % options.length].value);
}
