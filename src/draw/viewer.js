"use strict";
/*
 * The page: data (deflate, base64) -> base tree -> weights of what is selected -> view tree ->
 * canvas. Only frames that are at least half a pixel wide, in rows that are in sight, are drawn.
 */
const KIND = { USER: 0, KERNEL: 1, INLINED: 2, JIT: 3, INTERPRETED: 4, ROOT: 5 };
const SAFE = [[124, 196, 238], [240, 169, 58], [185, 223, 245], [79, 195, 161], [243, 228, 90], [200, 200, 200]];
const NONAME = [217, 184, 208];
const ROW = 18, FONT = "12px system-ui, 'DejaVu Sans', sans-serif";
const state = { icicle: false, callers: false, heavy: false, merge: "name", sandwich: -1, hidden: new Set(), search: null, zoom: 0, focus: 0,
	range: null, base: null, sort: "self", drawn: 0, lanes: "" };
let data, view, lower, drawnOf = null, matches = null, matchedShare = 0;

/* ---- reading ---- */
function readData(bytes) {
	let at = 0;
	const varint = () => {
		let b = bytes[at++];
		if (b < 128) return b;
		let v = b & 127, scale = 128;
		do { b = bytes[at++]; v += (b & 127) * scale; scale *= 128; } while (b & 128);
		return v;
	};
	const size = varint();
	const d = JSON.parse(new TextDecoder().decode(bytes.subarray(at, at + size)));
	at += size;
	d.keys = [];
	for (let i = 0; i < d.nkeys; i++)
		d.keys.push({ name: varint(), module: varint(), file: varint(), line: varint(), kind: varint() });
	const n = d.nnodes;
	d.parent = new Int32Array(n); d.key = new Int32Array(n); d.depth = new Int32Array(n); d.rooted = new Uint8Array(n);
	d.self = new Float64Array(n); d.selfB = d.compare ? new Float64Array(n) : null;
	const path = [0];
	for (let i = 0, depth = 0; i < n; i++) {
		if (i) { depth = depth + 1 - varint(); d.parent[i] = path[depth - 1]; d.depth[i] = depth; }
		path[depth] = i;
		d.key[i] = varint(); d.self[i] = varint();
		if (d.compare) d.selfB[i] = varint();
		d.rooted[i] = depth === 1 ? d.keys[d.key[i]].kind === KIND.ROOT : depth ? d.rooted[d.parent[i]] : 0;
	}
	const block = (array, of) => { for (let i = 0; i < array.length; i++) array[i] = of(i); return array; };
	let ticks = 0;
	d.time = block(new Float64Array(d.nsamples), () => (ticks += varint()) * d.tick);
	d.sampleNode = block(new Int32Array(d.nsamples), varint);
	d.weight = block(new Float64Array(d.nsamples), d.sameWeight ? () => d.sameWeight : varint);
	d.laneOf = {};
	for (const kind in d.lanes) d.laneOf[kind] = block(new Int32Array(d.nsamples), () => varint() - 1);
	if (at !== bytes.length) throw new Error("the data is damaged");
	return d;
}

/* ---- trees: arrays; children are linked, sorted by name or weight ---- */
class Tree {
	constructor(capacity) {
		this.n = 0;
		this.cap = Math.max(capacity, 16);
		this.parent = new Int32Array(this.cap); this.key = new Int32Array(this.cap);
		this.self = new Float64Array(this.cap); this.selfB = new Float64Array(this.cap);
		let slots = 64;
		while (slots < this.cap * 2) slots *= 2;
		this.slots = new Int32Array(slots); this.mask = slots - 1;
		this.add(-1, -1);
	}
	add(parent, key) {
		if (this.n === this.cap) this.grow();
		this.parent[this.n] = parent; this.key[this.n] = key;
		return this.n++;
	}
	hash(parent, key) {
		let h = Math.imul(parent ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b);
		return (h ^ (h >>> 15)) & this.mask;
	}
	grow() {
		this.cap *= 2;
		for (const [name, type] of [["parent", Int32Array], ["key", Int32Array], ["self", Float64Array], ["selfB", Float64Array]]) {
			const more = new type(this.cap);
			more.set(this[name]);
			this[name] = more;
		}
		this.slots = new Int32Array(this.slots.length * 2); this.mask = this.slots.length - 1;
		for (let i = 1; i < this.n; i++) {
			let at = this.hash(this.parent[i], this.key[i]);
			while (this.slots[at]) at = (at + 1) & this.mask;
			this.slots[at] = i;
		}
	}
	child(parent, key) {
		let at = this.hash(parent, key);
		for (let id; (id = this.slots[at]); at = (at + 1) & this.mask)
			if (this.parent[id] === parent && this.key[id] === key) return id;
		if (this.n === this.cap) { this.grow(); at = this.hash(parent, key); while (this.slots[at]) at = (at + 1) & this.mask; }
		return (this.slots[at] = this.add(parent, key));
	}
	/* Totals, depths, sorted links. `names`: rank of each key. */
	finish(rank, heavy) {
		const n = this.n;
		this.total = this.self.slice(0, n); this.totalB = this.selfB.slice(0, n);
		this.depth = new Int32Array(n); this.maxDepth = 0;
		for (let i = n - 1; i > 0; i--) {
			this.total[this.parent[i]] += this.total[i];
			this.totalB[this.parent[i]] += this.totalB[i];
		}
		const end = new Int32Array(n + 1), of = new Int32Array(n);
		for (let i = 1; i < n; i++) end[this.parent[i] + 1]++;
		for (let i = 0; i < n; i++) end[i + 1] += end[i];
		for (let i = 1; i < n; i++) of[end[this.parent[i]]++] = i;
		this.first = new Int32Array(n).fill(-1); this.next = new Int32Array(n).fill(-1);
		const order = heavy ? (a, b) => this.width(b) - this.width(a) || rank[this.key[a]] - rank[this.key[b]] : (a, b) => rank[this.key[a]] - rank[this.key[b]];
		for (let i = 0, from = 0; i < n; from = end[i++]) {
			const to = end[i];
			for (let k = from + 1; k < to; k++)
				if (order(of[k - 1], of[k]) > 0) { of.subarray(from, to).sort(order); break; } /* mostly they come sorted */
			for (let k = from; k < to; k++) {
				this.depth[of[k]] = this.depth[i] + 1;
				this.maxDepth = Math.max(this.maxDepth, this.depth[of[k]]);
				this.next[of[k]] = k + 1 < to ? of[k + 1] : -1;
			}
			this.first[i] = from < to ? of[from] : -1;
		}
		this.slots = null;
		return this;
	}
	width(i) { return data.differs ? this.totalB[i] : this.total[i]; }
}

/*
 * The tree as it is in the data, where it can stand for the view: it comes sorted by name, so if no two
 * siblings fall together and every node has weight, nothing is to be made but its links. null: it cannot.
 */
function wholeTree(keys, self) {
	const n = data.nnodes, { of, rank } = keys, parent = data.parent.slice();
	const key = new Int32Array(n), first = new Int32Array(n).fill(-1), next = new Int32Array(n).fill(-1);
	const total = self.slice(0, n), depth = data.depth;
	let maxDepth = 0;
	for (let i = 0; i < n; i++) key[i] = of[data.key[i]];
	parent[0] = key[0] = -1;
	for (let i = n - 1; i > 0; i--) {
		const up = parent[i], after = first[up];
		if (!total[i] || (after >= 0 && rank[key[i]] >= rank[key[after]])) return null;
		next[i] = after; first[up] = i;
		total[up] += total[i];
		if (depth[i] > maxDepth) maxDepth = depth[i];
	}
	const none = new Float64Array(n), width = (i) => total[i];
	return { n, parent, key, self, selfB: none, total, totalB: none, depth, maxDepth, first, next, width };
}

/* What counts as one function, by how frames are merged. */
function mergeKeys() {
	const ids = new Map(), of = new Int32Array(data.keys.length), list = [], users = [];
	data.keys.forEach((k, i) => {
		const module = data.names[k.module], file = data.names[k.file], root = k.kind === KIND.ROOT;
		let label = data.names[k.name];
		if (!root && state.merge === "module") label = module || (k.kind === KIND.KERNEL ? "[kernel]" : "[no module]");
		if (!root && state.merge === "place" && file) label += " " + file.replace(/.*\//, "") + ":" + k.line;
		else if (!root && state.merge === "place" && module) label += " (" + module.replace(/.*\//, "") + ")";
		const id = (root ? "r" : "f") + label;
		if (!ids.has(id)) { ids.set(id, list.length); list.push({ label, module, file, line: k.line, kind: k.kind }); users.push(0); }
		of[i] = ids.get(id);
		users[of[i]]++;
	});
	const sorted = list.map((_, i) => i).sort((a, b) => (list[a].label < list[b].label ? -1 : list[a].label > list[b].label ? 1 : a - b));
	const rank = new Int32Array(list.length);
	sorted.forEach((k, i) => { rank[k] = i; });
	return { of, list, rank, users };
}

/* ---- weights of what is selected ---- */
function inRange(t, r) {
	if (!r) return true;
	if (r.phase) { const p = t % r.period; return p >= r.from && p < r.to; }
	return t >= r.from && t < r.to;
}
function selectedWeights() {
	data.differs = data.compare || !!state.base;
	if (!state.range && !state.base) return [data.self, data.compare ? data.selfB : null];
	const a = new Float64Array(data.nnodes), b = state.base ? new Float64Array(data.nnodes) : null;
	let sumA = 0, sumB = 0;
	for (let i = 0; i < data.nsamples; i++) {
		const t = data.time[i];
		if (!state.base) { if (inRange(t, state.range)) a[data.sampleNode[i]] += data.weight[i]; continue; }
		if (inRange(t, state.base)) { a[data.sampleNode[i]] += data.weight[i]; sumA += data.weight[i]; }
		if (inRange(t, state.range)) { b[data.sampleNode[i]] += data.weight[i]; sumB += data.weight[i]; }
	}
	if (b && sumA) for (let i = 0; i < a.length; i++) a[i] *= sumB / sumA; /* ranges differ in length: compared as shares */
	return [a, b];
}

/* ---- the view: a tree, or two for a sandwich ---- */
function build() {
	const [a, b] = selectedWeights(), keys = view && view.merge === state.merge ? view.keys : mergeKeys();
	const asIs = !b && !state.hidden.size && state.sandwich < 0 && !state.callers && !state.heavy;
	lower = null;
	view = (asIs && wholeTree(keys, a)) || makeTree(keys, a, b);
	view.keys = keys; view.merge = state.merge; view.weights = [a, b, weightScale()];
	if (lower) lower.keys = keys;
	state.zoom = 0; state.focus = 0;
	view.change = 1e-9;
	if (data.differs) for (let i = 1; i < view.n; i++) view.change = Math.max(view.change, Math.abs(view.totalB[i] - view.total[i]));
	search();
	fillTable();
	layout();
}
const weightScale = () => (data.compare && data.normalize ? data.totals[1] / (data.totals[0] || 1) : 1);
/* Nodes that fall together, turned, cut or sorted as is asked for; of a sandwich the callers, and `lower`. */
function makeTree(keys, a, b) {
	const n = data.nnodes, parent = data.parent, of = keys.of;
	const used = new Float64Array(n);
	for (let i = n - 1; i >= 0; i--) {
		used[i] += a[i] + (b ? b[i] : 0);
		if (i) used[parent[i]] += used[i];
	}
	const scale = weightScale();
	const put = (t, at, i) => { t.self[at] += a[i] * scale; if (b) t.selfB[at] += b[i]; };
	const hiddenKeys = Uint8Array.from(keys.list, (k) => (state.hidden.has((k.kind === KIND.ROOT ? "r" : "f") + k.label) ? 1 : 0));
	const hidden = (k) => hiddenKeys[k];
	let t;
	if (state.sandwich >= 0) {
		t = callersOf(keys, state.sandwich, put, used);
		lower = calleesOf(keys, state.sandwich, put, used).finish(keys.rank, true);
	} else if (state.callers) {
		t = new Tree(n);
		for (let i = 1; i < n; i++) {
			if (!a[i] && !(b && b[i])) continue;
			let at = 0;
			for (let up = i; up > 0; up = parent[up]) if (!hidden(of[data.key[up]])) at = t.child(at, of[data.key[up]]);
			put(t, at, i);
		}
	} else {
		t = new Tree(n);
		/* Below keys that are no others' a node falls together with none: it needs no look-up. */
		const map = new Int32Array(n), alone = new Uint8Array(n);
		alone[0] = state.hidden.size ? 0 : 1;
		put(t, 0, 0);
		for (let i = 1; i < n; i++) {
			if (!used[i]) continue;
			const k = of[data.key[i]], up = map[parent[i]];
			alone[i] = alone[parent[i]] && keys.users[k] === 1 ? 1 : 0;
			map[i] = hidden(k) ? up : alone[i] ? t.add(up, k) : t.child(up, k);
			put(t, map[i], i);
		}
	}
	return t.finish(keys.rank, state.heavy || state.sandwich >= 0);
}

/* Under a node of the function itself: who called it. Recursion counts once, at the outermost. */
function outermost(keys, k, each) {
	const n = data.nnodes, inside = new Uint8Array(n);
	for (let i = 1; i < n; i++) {
		const mine = keys.of[data.key[i]] === k;
		inside[i] = inside[data.parent[i]] || mine ? 1 : 0;
		each(i, mine && !inside[data.parent[i]], inside[i]);
	}
}
function callersOf(keys, k, put, used) {
	const t = new Tree(1024), map = new Int32Array(data.nnodes).fill(-1);
	outermost(keys, k, (i, first, inside) => {
		if (!inside || !used[i]) return;
		if (!first) map[i] = map[data.parent[i]];
		else {
			let at = t.child(0, k);
			for (let up = data.parent[i]; up > 0; up = data.parent[up]) at = t.child(at, keys.of[data.key[up]]);
			map[i] = at;
		}
		put(t, map[i], i);
	});
	return t;
}
function calleesOf(keys, k, put, used) {
	const t = new Tree(1024), map = new Int32Array(data.nnodes).fill(-1);
	outermost(keys, k, (i, first, inside) => {
		if (!inside || !used[i]) return;
		map[i] = first ? t.child(0, k) : t.child(map[data.parent[i]], keys.of[data.key[i]]);
		put(t, map[i], i);
	});
	return t;
}

/* ---- search ---- */
function search() {
	matches = null;
	$("matched").textContent = "";
	if (state.search) {
		const list = view.keys.list;
		matches = new Uint8Array(list.length);
		list.forEach((k, i) => { matches[i] = state.search.test(k.label) ? 1 : 0; });
		const under = new Uint8Array(view.n);
		let sum = 0, n = 0;
		for (let i = 1; i < view.n; i++) {
			const m = matches[view.key[i]];
			if (m) n++;
			if (m && !under[view.parent[i]]) sum += view.width(i);
			under[i] = m || under[view.parent[i]] ? 1 : 0;
		}
		matchedShare = view.width(0) ? (100 * sum) / view.width(0) : 0;
		$("matched").textContent = "Matched: " + matchedShare.toFixed(2) + " % (" + n + ")";
	}
	drawMap();
}

/* ---- drawing ---- */
function spread(label) {
	let h = 0;
	for (let i = 0; i < Math.min(label.length, 6); i++) h = (h * 31 + label.charCodeAt(i)) & 0xffff;
	return 0.86 + 0.14 * ((h * 40503 & 0xffff) / 0xffff);
}
const dim = () => (dark() ? 0.82 : 1);
function colourOf(k) {
	const shade = dim();
	if (k.shade !== shade) { k.shade = shade; k.colour = rgb(k.label[0] === "[" ? NONAME : SAFE[k.kind] || SAFE[0], spread(k.label) * shade); }
	return k.colour;
}
function colour(t, i) {
	if (data.differs) {
		const d = (t.totalB[i] - t.total[i]) / view.change, a = Math.min(Math.abs(d), 1), end = d < 0 ? [43, 123, 186] : [224, 112, 15];
		return rgb([0, 1, 2].map((c) => 245 + a * (end[c] - 245)), dim());
	}
	return colourOf(t.keys.list[t.key[i]]);
}
function geometry() {
	const box = $("scroll"), width = Math.max(box.clientWidth, 50), height = Math.max(box.clientHeight, ROW * 4);
	return { width, height, top: box.scrollTop };
}
/* Whether something else is in sight than what was drawn last: the browser tells of our own moves, too. */
function isMoved() {
	const g = geometry();
	return !drawnOf || g.width !== drawnOf.width || g.height !== drawnOf.height || g.top !== drawnOf.top;
}
function rows() {
	return lower ? view.maxDepth + lower.maxDepth + 1 : view.maxDepth + 1;
}
/* The root is in sight; of a sandwich, its function. */
function layout() {
	const box = $("scroll");
	$("space").style.height = (state.lanes ? timelineRows() : rows()) * ROW + 4 + "px";
	if (!state.lanes) box.scrollTop = lower ? Math.max(view.maxDepth * ROW - box.clientHeight / 2, 0) : state.icicle ? 0 : rows() * ROW;
	draw();
}
/* Row of a depth from the top. In a sandwich callers stand above the function, callees below. */
function rowOf(t, depth) {
	if (lower) return t === lower ? view.maxDepth + depth - 1 : view.maxDepth - depth;
	return state.icicle ? depth : view.maxDepth - depth;
}
/* Calls back with each frame that is to be seen: (tree, node, x, width, row). */
function eachShown(g, back) {
	const first = Math.floor(g.top / ROW) - 1, last = Math.ceil((g.top + g.height) / ROW) + 1;
	const walk = (t, node, x, scale, top) => {
		const stack = [[node, x]];
		while (stack.length) {
			const [at, left] = stack.pop(), w = t.width(at) * scale, row = rowOf(t, t.depth[at]);
			if (!(lower && at === 0) && row >= first && row <= last && back(t, at, left, w, row, false)) return true;
			let cx = left;
			for (let c = t.first[at]; c >= 0; c = t.next[c]) {
				const cw = t.width(c) * scale;
				if (cw >= 0.5) stack.push([c, cx]);
				cx += cw;
			}
		}
		return false;
	};
	if (lower) {
		if (walk(view, 0, 0, g.width / (view.width(0) || 1))) return;
		walk(lower, 0, 0, g.width / (lower.width(0) || 1));
		return;
	}
	for (let up = state.zoom; up > 0;) {
		up = view.parent[up];
		if (back(view, up, 0, g.width, rowOf(view, view.depth[up]), true)) return;
	}
	walk(view, state.zoom, 0, g.width / (view.width(state.zoom) || 1));
}
function label(t, i) { return i === 0 && !lower ? "all" : t.keys.list[t.key[i]].label; }
function putLabel(ink, text, x, y, w, style) {
	const fit = Math.floor((w - 6) / 6.6);
	ink.fillStyle = style;
	if (text.length > fit) text = fit > 2 ? text.slice(0, fit - 1) + "…" : "";
	ink.fillText(text, x + 3, y + ROW / 2, w - 4);
}
function draw() {
	const canvas = $("graph"), g = drawnOf = geometry(), ratio = window.devicePixelRatio || 1, ink = canvas.getContext("2d");
	canvas.style.width = g.width + "px"; canvas.style.height = g.height + "px";
	canvas.width = g.width * ratio; canvas.height = g.height * ratio;
	ink.setTransform(ratio, 0, 0, ratio, 0, 0);
	ink.fillStyle = css("--bg"); ink.fillRect(0, 0, g.width, g.height);
	ink.font = FONT; ink.textBaseline = "middle";
	const mark = css("--match");
	state.drawn = 0;
	if (state.lanes) { drawTimeline(ink, g); return; }
	eachShown(g, (t, i, x, w, row, faded) => {
		const y = row * ROW - g.top;
		state.drawn++;
		ink.globalAlpha = faded ? 0.5 : 1;
		const hit = matches && i > 0 && matches[t.key[i]];
		ink.fillStyle = hit ? mark : i === 0 ? css("--line") : colour(t, i);
		ink.fillRect(x, y, Math.max(w - 0.6, 0.5), ROW - 1);
		if (w > 24) putLabel(ink, label(t, i), x, y, w, hit ? (dark() ? "#000" : "#fff") : i === 0 ? css("--fg") : "#111");
		if (t === view && i === state.focus && i > 0) { ink.strokeStyle = css("--select"); ink.lineWidth = 2; ink.strokeRect(x + 1, y + 1, Math.max(w - 3, 1), ROW - 3); }
		ink.globalAlpha = 1;
		return false;
	});
}
function hit(event) {
	const g = geometry(), box = $("graph").getBoundingClientRect(), px = event.clientX - box.left, row = Math.floor((event.clientY - box.top + g.top) / ROW);
	let found = null;
	eachShown(g, (t, i, x, w, r) => {
		if (r === row && px >= x && px < x + Math.max(w, 1)) { found = [t, i]; return true; }
		return false;
	});
	return found;
}
const format = (v) => (data.unit === "ns" ? (v / 1e6).toLocaleString("en") + " ms" : v.toLocaleString("en", { maximumFractionDigits: 0 }) + " " + data.unit);
function detail(t, i) {
	const all = view.width(0) || 1, k = i > 0 ? t.keys.list[t.key[i]] : null, w = t.width(i);
	let text = label(t, i) + ": " + format(w) + ", " + ((100 * w) / all).toFixed(2) + " %";
	const self = data.differs ? t.selfB[i] : t.self[i];
	if (self) text += ", self " + ((100 * self) / all).toFixed(2) + " %";
	if (data.differs) text += ", change " + ((100 * (t.totalB[i] - t.total[i])) / all).toFixed(2) + " %";
	if (k && k.module) text += "   " + k.module;
	if (k && k.file) text += "   " + k.file + ":" + k.line;
	$("detail").textContent = text;
}
function zoom(i) { if (lower) { const k = i > 0 ? view.key[i] : -1; if (k >= 0) sandwich(k); return; } state.zoom = i; state.focus = i; detail(view, i); draw(); }
function sandwich(k) { state.sandwich = k; press("sandwich", k >= 0); build(); if (k >= 0) detail(view, view.first[0] >= 0 ? view.first[0] : 0); }

/* ---- table ---- */
function fillTable() {
	if ($("side").hidden) return; /* when it is opened */
	/* Of the stacks as they are: how the view turns or cuts them does not change what functions take. */
	const list = view.keys.list, [a, b, scale] = view.weights, n = data.nnodes, before = new Float64Array(n), after = b ? new Float64Array(n) : before;
	const self = new Float64Array(list.length), total = new Float64Array(list.length), change = new Float64Array(list.length);
	const seen = new Int32Array(list.length), path = [];
	for (let i = n - 1; i >= 0; i--) {
		before[i] += a[i] * scale;
		if (b) after[i] += b[i];
		if (i) { before[data.parent[i]] += before[i]; if (b) after[data.parent[i]] += after[i]; }
	}
	for (let i = 1; i < n; i++) {
		while (path.length >= data.depth[i]) seen[path.pop()]--;
		const k = view.keys.of[data.key[i]];
		self[k] += b ? b[i] : a[i] * scale;
		/* recursion counts once, where the function is entered first */
		if (!seen[k]++) { total[k] += after[i]; change[k] += after[i] - before[i]; }
		path.push(k);
	}
	const all = after[0] || 1, by = { self, total, change }[state.sort];
	const order = list.map((_, k) => k).filter((k) => total[k] > 0 || change[k]).sort((a, b) =>
		by ? Math.abs(by[b]) - Math.abs(by[a]) || view.keys.rank[a] - view.keys.rank[b] : view.keys.rank[a] - view.keys.rank[b]);
	$("changehead").hidden = !data.differs;
	const body = $("rowsbody");
	body.textContent = "";
	for (const k of order.slice(0, 200)) {
		const tr = document.createElement("tr"), cells = [list[k].label, ((100 * self[k]) / all).toFixed(2), ((100 * total[k]) / all).toFixed(2)];
		if (data.differs) cells.push(((100 * change[k]) / all).toFixed(2));
		tr.tabIndex = 0;
		for (const text of cells) { const td = document.createElement("td"); td.textContent = text; tr.append(td); }
		tr.onclick = () => sandwich(k);
		tr.onkeydown = (e) => { if (e.key === "Enter") sandwich(k); };
		body.append(tr);
	}
}

/* ---- what people do ---- */
function toggle(name) { state[name] = !state[name]; press(name, state[name]); if (name === "icicle") layout(); else build(); }
function setSearch(text) {
	$("search").setCustomValidity("");
	try { state.search = text ? new RegExp(text, text === text.toLowerCase() ? "i" : "") : null; } catch (e) { state.search = null; $("search").setCustomValidity("no regular expression"); }
	search(); draw();
}
function nextMatch() {
	if (!matches) return;
	for (let step = 1; step <= view.n; step++) {
		const i = (state.focus + step) % view.n;
		if (i > 0 && matches[view.key[i]]) { state.focus = i; detail(view, i); intoSight(i); draw(); return; }
	}
}
function intoSight(i) {
	for (let up = i; up !== state.zoom && up >= 0; up = view.parent[up]) if (up === 0) state.zoom = 0;
	const y = rowOf(view, view.depth[i]) * ROW, box = $("scroll");
	if (y < box.scrollTop) box.scrollTop = y; else if (y + ROW > box.scrollTop + box.clientHeight) box.scrollTop = y + ROW - box.clientHeight;
}
function move(key) {
	const at = state.focus, up = (key === "ArrowUp") !== state.icicle;
	let to = at;
	if (key === "ArrowUp" || key === "ArrowDown") {
		to = up ? view.first[at] : view.parent[at];
		if (up) for (let c = view.first[at]; c >= 0; c = view.next[c]) if (view.width(c) > view.width(to)) to = c;
	} else if (at > 0) {
		let before = -1;
		for (let c = view.first[view.parent[at]]; c >= 0; c = view.next[c]) {
			if (c === at) { to = key === "ArrowLeft" ? before : view.next[c]; break; }
			before = c;
		}
	}
	if (to >= 0) { state.focus = to; detail(view, to); intoSight(to); draw(); }
}
const switchDark = () => { setDark(!dark()); drawMap(); draw(); };
function reset() { if (state.lanes) { choose(null, false); return; } if (state.sandwich >= 0) { sandwich(-1); return; } if (state.hidden.size) { state.hidden.clear(); build(); return; } zoom(0); }
function hideFunction() {
	if (state.focus <= 0 || lower) return;
	const k = view.keys.list[view.key[state.focus]];
	state.hidden.add((k.kind === KIND.ROOT ? "r" : "f") + k.label);
	build();
}
const keys = {
	"/": () => $("search").focus(), n: nextMatch, Escape: reset, i: () => toggle("icicle"), r: () => toggle("callers"), w: () => toggle("heavy"),
	m: () => { const s = $("merge"); s.selectedIndex = (s.selectedIndex + 1) % s.options.length; s.onchange(); },
	s: () => sandwich(state.sandwich >= 0 ? -1 : state.focus > 0 ? view.key[state.focus] : -1),
	x: hideFunction, z: zoomMap, l: () => { if (data.nsamples) nextLanes(); }, t: () => $("table").onclick(), d: switchDark, "?": () => { $("help").hidden = !$("help").hidden; },
	Enter: () => zoom(state.focus), Backspace: () => zoom(view.parent[state.zoom] < 0 ? 0 : view.parent[state.zoom]),
};
function onKey(e) {
	if (e.ctrlKey && e.key === "f") { $("search").focus(); e.preventDefault(); return; }
	if (e.ctrlKey || e.altKey || e.metaKey) return;
	if (e.target.tagName === "INPUT" || e.target.tagName === "SELECT") { if (e.key === "Escape") { e.target.blur(); $("graph").focus(); } return; }
	if (e.target.tagName === "BUTTON" && (e.key === "Enter" || e.key === " ")) return;
	if (e.target === $("map") && e.key.startsWith("Arrow")) { moveRange(e); e.preventDefault(); return; }
	if (e.key.startsWith("Arrow")) { move(e.key); e.preventDefault(); return; }
	if (e.target.tagName === "TR" && e.key === "Enter") return;
	if (keys[e.key]) { keys[e.key](); e.preventDefault(); }
}
function listen() {
	for (const name of ["icicle", "callers", "heavy"]) $(name).onclick = () => toggle(name);
	$("reset").onclick = () => { state.sandwich = -1; press("sandwich", false); state.hidden.clear(); build(); };
	$("sandwich").onclick = keys.s; $("hide").onclick = hideFunction;
	$("table").onclick = () => { $("side").hidden = !$("side").hidden; press("table", !$("side").hidden); fillTable(); layout(); };
	$("dark").onclick = switchDark;
	$("helpbutton").onclick = $("closehelp").onclick = keys["?"];
	$("merge").onchange = () => { state.merge = $("merge").value; state.sandwich = -1; press("sandwich", false); build(); };
	$("lanes").onchange = () => showLanes($("lanes").value);
	$("search").oninput = () => setSearch($("search").value);
	$("search").onkeydown = (e) => { if (e.key === "Enter") { nextMatch(); $("graph").focus(); } };
	for (const th of document.querySelectorAll("th")) th.onclick = () => { state.sort = th.dataset.by; fillTable(); };
	$("graph").onclick = (e) => {
		if (state.lanes) { const f = timelineHit(e); if (f) choose({ from: f.from, to: f.to }, false); return; }
		const f = hit(e); if (!f) return; if (f[0] === lower) sandwich(lower.key[f[1]]); else zoom(f[1]); };
	$("graph").onmousemove = (e) => {
		if (state.lanes) { const f = timelineHit(e); if (f) sayFrame(f); return; }
		const f = hit(e); if (f) { detail(f[0], f[1]); $("graph").title = label(f[0], f[1]); } };
	$("scroll").onscroll = () => { if (isMoved()) draw(); };
	new ResizeObserver(() => { if (isMoved()) { drawMap(); layout(); } }).observe($("scroll"));
	document.onkeydown = onKey;
	listenMap();
}
function legend() {
	const used = new Set(data.keys.map((k) => k.kind)), names = ["user", "kernel", "inlined", "JIT", "interpreted", "process"];
	const add = (c, text) => { const s = document.createElement("span"), i = document.createElement("i"); i.style.background = rgb(c, 1); s.append(i, text); $("legend").append(s); };
	if (data.compare) { add([43, 123, 186], "less"); add([224, 112, 15], "more"); return; }
	names.forEach((name, kind) => { if (used.has(kind)) add(SAFE[kind], name); });
	add(NONAME, "no name");
}
/* Samples of an idle CPU say nothing of when there was work. */
function findIdle() {
	const idle = /cpuidle|cpu_idle|native_safe_halt|default_idle|intel_idle|acpi_idle|^do_idle$|xen_hypercall_(sched_op|vcpu_op)|cpu_bringup_and_idle/;
	const is = data.keys.map((k) => (k.kind === KIND.KERNEL || k.kind === KIND.USER) && idle.test(data.names[k.name]));
	const swapper = data.keys.map((k) => k.kind === KIND.ROOT && data.names[k.name].startsWith("swapper"));
	data.idle = new Uint8Array(data.nnodes);
	const under = new Uint8Array(data.nnodes);
	for (let i = 1; i < data.nnodes; i++) {
		under[i] = under[data.parent[i]] || swapper[data.key[i]] ? 1 : 0;
		data.idle[i] = data.idle[data.parent[i]] || (under[i] && is[data.key[i]]) ? 1 : 0;
	}
}
start(async () => {
	data = readData(await unpack());
	$("title").textContent = document.title = data.title;
	$("subtitle").textContent = data.subtitle;
	$("quality").textContent = data.quality;
	data.duration = data.nsamples ? data.time[data.nsamples - 1] : 0;
	$("heat").hidden = $("lanesbox").hidden = !data.nsamples;
	for (const option of $("lanes").options) option.hidden = option.value && !(option.value in data.lanes);
	if (data.nsamples) findIdle();
	state.icicle = data.inverted; press("icicle", state.icicle);
	listen(); legend();
	build();
});
