"use strict";
/*
 * Distributions over time: a canvas a panel, time across, the value up. A selection is a rectangle
 * of columns and bands of one panel; the table has its counts, band by band.
 */
const LEFT = 90, TOP = 24, BOTTOM = 22;
const state = { linear: false, panel: 0, at: [0, 0], from: null, most: 1 };
let data;

function readPanels(json) {
	for (const p of json.panels) {
		p.n = p.columns.length / 2;
		p.counts = new Map();
		let column = 0;
		for (let i = 0; i < p.cells.length; i += 3) {
			column += p.cells[i];
			p.counts.set(column * p.bands.length + p.cells[i + 1], p.cells[i + 2]);
		}
		p.begin = p.columns[0]; p.end = p.columns[2 * p.n - 1];
	}
	return json;
}
const clock = (ms) => {
	const t = Math.floor(data.start + ms), two = (v) => String(Math.floor(v) % 60).padStart(2, "0");
	return String(Math.floor(t / 3600000) % 24).padStart(2, "0") + ":" + two(t / 60000) + ":" + two(t / 1000) + "." + String(t % 1000).padStart(3, "0");
};
const count = (p, c, b) => p.counts.get(c * p.bands.length + b) || 0;
const share = (n) => (state.linear ? n / state.most : state.most > 1 ? Math.log(n) / Math.log(state.most) : 1);

/* ---- drawing ---- */
const rowHeight = (p) => Math.min(Math.max(Math.floor(300 / p.bands.length), 3), 22);
/* Where a column begins and ends, in pixels; more columns than pixels fall on one another, the most of them on top. */
function place(p, c) {
	const width = p.canvas.clientWidth - LEFT - 10, scale = width / Math.max(p.end - p.begin, 1e-3);
	return [LEFT + (p.columns[2 * c] - p.begin) * scale, LEFT + (p.columns[2 * c + 1] - p.begin) * scale];
}
function selection(p) {
	if (data.panels[state.panel] !== p || !state.from) return null;
	const [a, b] = [state.from, state.at];
	return { c: [Math.min(a[0], b[0]), Math.max(a[0], b[0])], b: [Math.min(a[1], b[1]), Math.max(a[1], b[1])] };
}
function drawPanel(p) {
	const ratio = window.devicePixelRatio || 1, h = rowHeight(p), width = p.canvas.clientWidth, plot = p.bands.length * h, ink = p.canvas.getContext("2d");
	p.canvas.style.height = TOP + plot + BOTTOM + "px";
	p.canvas.width = width * ratio; p.canvas.height = (TOP + plot + BOTTOM) * ratio;
	ink.setTransform(ratio, 0, 0, ratio, 0, 0);
	ink.fillStyle = css("--bg"); ink.fillRect(0, 0, width, TOP + plot + BOTTOM);
	ink.fillStyle = css("--panel"); ink.fillRect(LEFT, TOP, width - LEFT - 10, plot);
	const y = (b) => TOP + plot - (b + 1) * h, pixels = new Map();
	for (const [at, n] of p.counts) {
		const b = at % p.bands.length, c = (at - b) / p.bands.length, [x, end] = place(p, c);
		if (end - x < 1) { const px = Math.floor(x) * p.bands.length + b; pixels.set(px, (pixels.get(px) || 0) + n); continue; }
		ink.fillStyle = heat(share(n));
		ink.fillRect(x, y(b), end - x > 3 ? end - x - 0.5 : end - x, h - 0.5);
	}
	for (const [px, n] of pixels) { ink.fillStyle = heat(Math.min(share(n), 1)); ink.fillRect(Math.floor(px / p.bands.length), y(px % p.bands.length), 1, h - 0.5); }
	drawAxes(p, ink, y, h, width, plot);
	const s = selection(p);
	ink.strokeStyle = css("--select"); ink.lineWidth = 2;
	if (s) ink.strokeRect(place(p, s.c[0])[0], y(s.b[1]), Math.max(place(p, s.c[1])[1] - place(p, s.c[0])[0], 2), (s.b[1] - s.b[0] + 1) * h);
	else if (data.panels[state.panel] === p) ink.strokeRect(place(p, state.at[0])[0], y(state.at[1]), Math.max(place(p, state.at[0])[1] - place(p, state.at[0])[0], 2), h);
}
function drawAxes(p, ink, y, h, width, plot) {
	ink.font = "12px system-ui, 'DejaVu Sans', sans-serif"; ink.fillStyle = css("--fg"); ink.textBaseline = "middle";
	ink.textAlign = "left"; ink.fillText(p.title + ": " + p.total.toLocaleString("en") + " values", LEFT, TOP / 2);
	ink.textAlign = "right";
	for (let b = 0; b < p.bands.length; b += Math.ceil(15 / h)) ink.fillText(p.low[b], LEFT - 6, y(b) + h);
	const last = Math.max(Math.floor((width - LEFT) / 220), 1);
	for (let i = 0; i <= last; i++) {
		ink.textAlign = i === 0 ? "left" : i === last ? "right" : "center";
		ink.fillText(clock(p.begin + ((p.end - p.begin) * i) / last).slice(0, 8), LEFT + ((width - LEFT - 10) * i) / last, TOP + plot + BOTTOM / 2);
	}
}
function drawScale() {
	const scale = $("scale");
	scale.textContent = "1 ";
	for (let i = 0; i < 16; i++) { const box = document.createElement("i"); box.style.background = heat(i / 15); scale.append(box); }
	scale.append(" " + state.most.toLocaleString("en") + " in one cell");
}
function draw() { drawScale(); data.panels.forEach(drawPanel); }

/* ---- numbers ---- */
function say() {
	const p = data.panels[state.panel], [c, b] = state.at, n = count(p, c, b);
	let inColumn = 0;
	for (let i = 0; i < p.bands.length; i++) inColumn += count(p, c, i);
	$("detail").textContent = clock(p.columns[2 * c]) + " to " + clock(p.columns[2 * c + 1]) + ", " + p.bands[b] + ": " + n.toLocaleString("en") +
		(inColumn ? " of " + inColumn.toLocaleString("en") + " (" + ((100 * n) / inColumn).toFixed(2) + " %)" : "");
}
function fillTable() {
	const p = data.panels[state.panel], s = selection(p) || { c: [0, p.n - 1], b: [0, p.bands.length - 1] }, sums = new Float64Array(p.bands.length);
	for (const [at, n] of p.counts) {
		const b = at % p.bands.length, c = (at - b) / p.bands.length;
		if (c >= s.c[0] && c <= s.c[1] && b >= s.b[0] && b <= s.b[1]) sums[b] += n;
	}
	const all = sums.reduce((x, y) => x + y, 0), body = $("rowsbody");
	$("selected").textContent = p.title + ", " + clock(p.columns[2 * s.c[0]]) + " to " + clock(p.columns[2 * s.c[1] + 1]) + ": " + all.toLocaleString("en") + " of " + p.total.toLocaleString("en");
	body.textContent = "";
	for (let b = s.b[1], above = 0; b >= s.b[0]; b--) {
		if (sums[b]) {
			const tr = document.createElement("tr");
			for (const text of [p.bands[b], sums[b].toLocaleString("en"), ((100 * sums[b]) / all).toFixed(3), ((100 * (all - above)) / all).toFixed(3)]) {
				const td = document.createElement("td"); td.textContent = text; tr.append(td);
			}
			body.append(tr);
		}
		above += sums[b];
	}
}
function select(panel, from, at) { state.panel = panel; state.from = from; state.at = at; say(); fillTable(); draw(); }

/* ---- what people do ---- */
function cellOf(p, event) {
	const box = p.canvas.getBoundingClientRect(), x = event.clientX - box.left;
	let low = 0, high = p.n - 1;
	while (low < high) { const middle = (low + high + 1) >> 1; if (place(p, middle)[0] <= x) low = middle; else high = middle - 1; }
	const b = p.bands.length - 1 - Math.floor((event.clientY - box.top - TOP) / rowHeight(p));
	return [low, Math.min(Math.max(b, 0), p.bands.length - 1)];
}
function onKey(e) {
	if (e.ctrlKey || e.altKey || e.metaKey) return;
	const p = data.panels[state.panel], step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
	if (step) {
		const to = [Math.min(Math.max(state.at[0] + step[0], 0), p.n - 1), Math.min(Math.max(state.at[1] + step[1], 0), p.bands.length - 1)];
		select(state.panel, e.shiftKey ? state.from || state.at : null, to);
		e.preventDefault();
	}
	const does = { Escape: () => $("reset").onclick(), l: () => $("linear").onclick(), d: () => $("dark").onclick(), "?": () => $("helpbutton").onclick() }[e.key];
	if (does) does();
}
function listen(p, i) {
	let from = null;
	p.canvas.onmousedown = (e) => { from = cellOf(p, e); p.canvas.focus(); e.preventDefault(); };
	p.canvas.onmousemove = (e) => { if (from) select(i, from, cellOf(p, e)); else { state.panel = i; state.at = cellOf(p, e); say(); p.canvas.title = $("detail").textContent; } };
	p.canvas.onmouseup = (e) => { if (from) { const at = cellOf(p, e); select(i, from, at); } from = null; };
	p.canvas.onfocus = () => { if (state.panel !== i) select(i, null, [0, 0]); };
}
start(async () => {
	data = readPanels(JSON.parse(new TextDecoder().decode(await unpack())));
	$("title").textContent = document.title = data.title;
	$("quality").textContent = data.quality;
	data.panels.forEach((p, i) => {
		p.canvas = document.createElement("canvas");
		p.canvas.tabIndex = 0; p.canvas.setAttribute("role", "img"); p.canvas.setAttribute("aria-label", p.title + ": the table has the same as text");
		$("panels").append(p.canvas);
		for (const n of p.counts.values()) state.most = Math.max(state.most, n);
		listen(p, i);
	});
	$("linear").onclick = () => { state.linear = !state.linear; press("linear", state.linear); draw(); };
	$("reset").onclick = () => select(state.panel, null, state.at);
	$("dark").onclick = () => { setDark(!dark()); draw(); };
	$("helpbutton").onclick = $("closehelp").onclick = () => { $("help").hidden = !$("help").hidden; };
	document.onkeydown = onKey;
	select(0, null, [0, 0]);
	new ResizeObserver(draw).observe($("panels"));
});
