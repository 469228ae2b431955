"use strict";
/*
 * The heat map of time: a column a period, a row a part of it, the begin at the bottom. Shown is a
 * window of its columns; where they are more than pixels, `group` of them are drawn as one. Only that
 * is counted, so neither a day nor a period of a millisecond is too much.
 */
let map = null;
const mapView = { from: 0, to: Infinity }; /* seconds */

function buildMap(width) {
	const rows = +$("rows").value, period = Math.max(+$("period").value || 1, 0.001);
	const first = Math.floor(Math.max(mapView.from, data.time[0]) / period + 1e-9), last = Math.floor(Math.min(mapView.to, data.duration) / period - (mapView.to < data.duration ? 1e-9 : 0));
	const group = Math.max(Math.ceil((last - first + 1) / width), 1), columns = Math.ceil((last - first + 1) / group);
	map = { rows, period, first, last, group, columns, counts: new Uint32Array(columns * rows), max: 0, cell: Math.min(width / columns, 40), height: Math.max(rows * Math.min(Math.floor(160 / rows), 8), 100) };
	const under = state.search && matches ? sampleMatches() : null;
	for (let i = firstSampleAt(first * period); i < data.nsamples; i++) {
		const node = data.sampleNode[i];
		if (data.idle[node] || (under && !under[node])) continue;
		const column = Math.floor(data.time[i] / period);
		if (column > last) break;
		const row = Math.min(Math.floor((data.time[i] / period - column) * rows), rows - 1), at = Math.floor((column - first) / group) * rows + row;
		if (column >= first && ++map.counts[at] > map.max) map.max = map.counts[at];
	}
}
function firstSampleAt(t) {
	let low = 0, high = data.nsamples;
	while (low < high) { const middle = (low + high) >> 1; if (data.time[middle] < t) low = middle + 1; else high = middle; }
	return low;
}
function sampleMatches() {
	const under = new Uint8Array(data.nnodes);
	for (let i = 1; i < data.nnodes; i++)
		under[i] = under[data.parent[i]] || matches[view.keys.of[data.key[i]]] ? 1 : 0;
	return under;
}
const columnX = (c) => Math.floor((c - map.first) / map.group) * map.cell;
function drawMap() {
	if (!data.nsamples) return;
	const canvas = $("map"), ratio = window.devicePixelRatio || 1, width = Math.max(canvas.clientWidth, 50);
	buildMap(width);
	canvas.style.height = map.height + "px";
	canvas.width = width * ratio; canvas.height = map.height * ratio;
	const ink = canvas.getContext("2d"), h = map.height / map.rows;
	ink.setTransform(ratio, 0, 0, ratio, 0, 0);
	ink.fillStyle = css("--panel"); ink.fillRect(0, 0, width, map.height);
	for (let c = 0; c < map.columns; c++)
		for (let r = 0; r < map.rows; r++) {
			if (!map.counts[c * map.rows + r]) continue;
			ink.fillStyle = heat(map.counts[c * map.rows + r] / map.max);
			ink.fillRect(c * map.cell, map.height - (r + 1) * h, Math.max(map.cell - (map.cell > 3 ? 0.5 : 0), 0.5), h - (h > 2 ? 0.5 : 0));
		}
	outline(ink, state.base, "#009e73", h);
	outline(ink, state.range, css("--select"), h);
}
function outline(ink, r, stroke, h) {
	if (!r) return;
	ink.strokeStyle = stroke; ink.lineWidth = 2;
	if (r.phase) {
		if (r.period !== map.period) return;
		const y0 = map.height * (1 - r.to / r.period), y1 = map.height * (1 - r.from / r.period);
		ink.strokeRect(1, y0, map.columns * map.cell - 2, Math.max(y1 - y0, 1));
		return;
	}
	const from = cellOf(r.from), to = cellOf(Math.max(r.to - 1e-9, r.from));
	if (map.group > 1) { ink.strokeRect(columnX(from[0]), 1, columnX(to[0]) - columnX(from[0]) + map.cell, map.height - 2); return; }
	for (let c = Math.max(from[0], map.first); c <= Math.min(to[0], map.last); c++) {
		const low = c === from[0] ? from[1] : 0, high = c === to[0] ? to[1] : map.rows - 1;
		ink.strokeRect(columnX(c) + 1, map.height - (high + 1) * h, Math.max(map.cell - 2, 1), (high - low + 1) * h);
	}
}
function cellOf(t) {
	const c = Math.floor(t / map.period + 1e-9);
	return [c, Math.min(Math.max(Math.floor(((t - c * map.period) / map.period) * map.rows + 1e-6), 0), map.rows - 1)];
}
/* The first of the columns under the pointer, and the row. */
function mapCell(event) {
	const box = $("map").getBoundingClientRect();
	const c = Math.min(Math.max(Math.floor((event.clientX - box.left) / map.cell), 0), map.columns - 1);
	const r = Math.min(Math.max(Math.floor((1 - (event.clientY - box.top) / map.height) * map.rows), 0), map.rows - 1);
	return [map.first + c * map.group, r];
}
function rangeOf(a, b) {
	if ($("mode").value === "phase") {
		const low = Math.min(a[1], b[1]), high = Math.max(a[1], b[1]) + 1;
		return { phase: true, period: map.period, from: (low * map.period) / map.rows, to: (high * map.period) / map.rows };
	}
	if (map.group > 1) return { from: Math.min(a[0], b[0]) * map.period, to: (Math.max(a[0], b[0]) + map.group) * map.period };
	const ta = a[0] * map.rows + a[1], tb = b[0] * map.rows + b[1], step = map.period / map.rows;
	return { from: Math.min(ta, tb) * step, to: (Math.max(ta, tb) + 1) * step };
}
function choose(range, base) {
	if (base) { if (!data.compare) state.base = range; } else state.range = range;
	let text = "";
	const say = (r) => (r.phase ? "phase " : "") + r.from.toFixed(3) + " to " + r.to.toFixed(3) + " s" + (r.phase ? " of every " + r.period + " s" : "");
	if (state.range) text = say(state.range);
	if (state.base) text += (text || "whole time") + ", compared with " + say(state.base);
	build();
	$("heattext").textContent = text ? text + ": " + format(view.width(0)) : "";
}
function moveRange(e) {
	const step = { ArrowLeft: -map.period, ArrowRight: map.period, ArrowUp: map.period / map.rows, ArrowDown: -map.period / map.rows }[e.key];
	const r = state.range || { from: 0, to: map.period };
	const next = { ...r, from: e.shiftKey ? r.from : r.from + step, to: r.to + step };
	if (next.from > -1e-9 && next.to > next.from + 1e-9 && next.from < data.duration) choose(next, false);
}
function showMap(from, to) {
	mapView.from = Math.max(from, 0);
	mapView.to = to >= data.duration && from <= 0 ? Infinity : to;
	drawMap();
}
/* The selected range as wide as the map; again: all of it. */
function zoomMap() {
	if (!data.nsamples) return;
	if (state.range && !state.range.phase && mapView.to === Infinity && mapView.from <= 0) showMap(state.range.from, state.range.to); else showMap(0, Infinity);
}
function wheel(e) {
	const [c] = mapCell(e), at = c * map.period, factor = e.deltaY < 0 ? 0.7 : 1 / 0.7, to = Math.min(mapView.to, data.duration);
	const from = at - (at - mapView.from) * factor;
	if ((to - mapView.from) * factor >= map.period) showMap(from, at + (to - at) * factor);
	e.preventDefault();
}
function listenMap() {
	$("rows").onchange = $("period").onchange = drawMap;
	$("all").onclick = () => { state.base = null; choose(null, false); };
	$("zoommap").onclick = zoomMap;
	let from = null;
	$("map").onmousedown = (e) => { from = mapCell(e); e.preventDefault(); $("map").focus(); };
	$("map").onmouseup = (e) => { if (from) choose(rangeOf(from, mapCell(e)), e.ctrlKey || e.metaKey); from = null; };
	$("map").onmousemove = (e) => {
		const [c, r] = mapCell(e), at = c * map.period + (r * map.period) / map.rows, n = map.counts[((c - map.first) / map.group) * map.rows + r];
		$("detail").textContent = $("map").title = at.toFixed(3) + " s: " + n.toLocaleString("en") + " samples" + (map.group > 1 ? " in " + map.group + " periods" : "");
	};
	$("map").addEventListener("wheel", wheel, { passive: false });
}
