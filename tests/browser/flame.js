// What a person does with a flame graph that has times: zooms, searches, merges, turns it round,
// looks at one function, selects a part of the heat map. See page.js.
const r = {};
const text = (id) => page(`document.getElementById("${id}").textContent`);
const width = () => page("view.width(state.zoom)");
r.title = await text("title");
r.ready = await page("+document.documentElement.dataset.ready") < 5000;
r.total = await width();
// the tree as it comes in the data is the one that would be made of it
const shape = "(t) => { const list = []; for (let stack = [0]; stack.length;) { const i = stack.pop(); list.push([t.parent[i] < 0, t.key[i], t.depth[i], t.self[i], t.width(i)].join()); for (let c = t.first[i]; c >= 0; c = t.next[c]) stack.push(c); } return list.join(' ') + t.n + t.maxDepth; }";
r.asItIs = await page(`(() => { const shape = ${shape}, whole = wholeTree(view.keys, data.self); return whole !== null && shape(whole) === shape(makeTree(view.keys, data.self, null)); })()`);
// the middle of a frame, in pixels of the page, by its label
const middle = (label) => page(`(() => { let f = null; const g = geometry(), box = $("graph").getBoundingClientRect();
	eachShown(g, (t, i, x, w, row) => { if (i > 0 && t.keys.list[t.key[i]].label === ${JSON.stringify(label)}) { f = [box.left + x + w / 2, box.top + row * ROW - g.top + ROW / 2]; return true; } return false; });
	return f; })()`);
await act("click", ...(await middle("compute")));
r.zoomed = [await width(), await text("detail")];
await act("key", "Escape");
r.reset = await width();
await act("key", "/"); await act("type", "^par"); await act("wait", 100);
r.matched = await text("matched");
await act("key", "Escape");
await page("setSearch('')");
await act("key", "r");
r.callers = await page("[...Array(view.n).keys()].filter((i) => view.parent[i] === 0).map((i) => view.keys.list[view.key[i]].label + ' ' + view.width(i)).sort()");
await act("key", "r");
await act("click", ...(await middle("shared"))); await act("key", "s");
r.sandwich = await page("({ callers: view.n, callees: lower.n, total: lower.width(0), callees_of: [...Array(lower.n).keys()].slice(1).map((i) => lower.keys.list[lower.key[i]].label).sort() })");
await act("key", "Escape"); await act("key", "i");
r.icicle = await page("state.icicle && rowOf(view, 0)");
await act("key", "i");
await page("$('merge').value = 'module', $('merge').onchange()");
r.modules = await page("view.keys.list.map((k) => k.label).filter((l) => l).sort()");
await page("$('merge').value = 'name', $('merge').onchange()");
// the first second only, then its first half in every second
const box = await page("(() => { const b = $('map').getBoundingClientRect(); return { left: b.left, top: b.top, cell: map.cell, height: map.height }; })()");
await act("drag", box.left + box.cell / 2, box.top + box.height - 1, box.left + box.cell / 2, box.top + 1);
r.range = [await width(), await text("heattext")];
await act("drag", box.left + box.cell * 1.5, box.top + box.height - 1, box.left + box.cell * 1.5, box.top + 1, true);
r.compared = await page("data.differs && [view.total[0], view.totalB[0]]");
await page("$('all').click()");
await page("$('mode').value = 'phase'");
await act("drag", box.left + box.cell / 2, box.top + box.height - 1, box.left + box.cell / 2, box.top + box.height / 2 + 1);
r.phase = [await width(), await text("heattext")];
await page("$('all').click()");
// the time line: each thread's frames; a click on one shows its time alone, in the flame graph too
await act("key", "l");
const frames = () => page(`lanes().map((lane) => { const list = []; eachFrame(lane, ...timeWindow(), 1000, (node, depth, from, to) => { list.push([depth, view.keys.list[view.keys.of[data.key[node]]].label, +(to - from).toFixed(2)]); }); return [lane.label, list.length, list.filter((f) => f[0] === 0)]; })`);
r.threads = await frames();
const graph = await page("(() => { const b = $('graph').getBoundingClientRect(); return { left: b.left, top: b.top, width: b.width }; })()");
await act("hover", graph.left + 2, graph.top + 18 * 1.5);
r.frame = await text("detail");
await act("click", graph.left + 2, graph.top + 18 * 2.5);
r.window = [await text("heattext"), await width()];
await act("key", "Escape");
await act("key", "l");
r.cpus = (await frames()).map((lane) => lane[0]);
await act("key", "l");
r.back = [await page("state.lanes"), await width()];
await act("key", "t");
const table = () => page("[...document.querySelectorAll('#rowsbody tr')].map((tr) => tr.innerText.split('\\t').slice(0, 3))");
r.table = (await table()).slice(0, 3);
// what functions take is the same however the stacks are turned
await act("key", "r");
r.same = [JSON.stringify((await table()).slice(0, 3)) === JSON.stringify(r.table)];
await act("key", "r");
await page("sandwich(view.keys.list.findIndex((k) => k.label === 'shared'))");
r.same.push(JSON.stringify((await table()).slice(0, 3)) === JSON.stringify(r.table));
return r;
