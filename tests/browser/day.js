// A day of samples: 20 ms that differ from all others are found by search, zoomed in on and selected;
// what comes every 0.7 s by a phase of that period; two hours compared. See page.js.
const r = {};
const text = (id) => page(`document.getElementById("${id}").textContent`);
const box = () => page("(() => { const b = $('map').getBoundingClientRect(); return { left: b.left, top: b.top, cell: map.cell, h: map.height / map.rows, height: map.height }; })()");
const labels = () => page("[...Array(view.n).keys()].slice(1).map((i) => view.keys.list[view.key[i]].label + ' ' + view.total[i])");
r.ready = await page("+document.documentElement.dataset.ready") < 10000;
r.samples = await page("data.nsamples");
r.hours = await page("(map.last - map.first + 1) * map.period / 3600");
r.counted = await page("map.counts.reduce((s, n) => s + n, 0)");
await act("key", "/"); await act("type", "burst"); await act("wait", 200);
r.found = await page("[...map.counts].filter((n) => n)");
// the pointer finds it, a drag selects its seconds, z shows them as wide as the map
const at = await page("(() => { const i = map.counts.findIndex((n) => n); return [Math.floor(i / map.rows), i % map.rows]; })()");
await act("key", "Escape");
let b = await box();
await act("drag", b.left + (at[0] + 0.5) * b.cell, b.top + 5, b.left + (at[0] + 0.6) * b.cell, b.top + 6);
await act("key", "z"); await act("wait", 100);
r.zoomed = await page("[map.group, map.columns < 200, [...map.counts].filter((n) => n)]");
const fine = await page("(() => { const i = map.counts.findIndex((n) => n); return [Math.floor(i / map.rows), i % map.rows]; })()");
b = await box();
const x = b.left + (fine[0] + 0.5) * b.cell, y = b.top + b.height - (fine[1] + 0.5) * b.h;
await act("hover", x, y);
r.under = await text("detail");
await act("drag", x, y, x, y);
r.selected = [await text("heattext"), await labels()];
await page("setSearch('')");
await page("$('all').click()");
// every 0.7 s
await page("$('period').value = '0.7', $('period').onchange(), $('mode').value = 'phase'");
b = await box();
await act("drag", b.left + 5, b.top + b.height - 3.5 * b.h, b.left + 6, b.top + b.height - 3.5 * b.h);
r.phase = [await text("heattext"), (await labels()).filter((l) => /^tick/.test(l))];
await page("$('all').click()");
// an hour without the other one's function
await page("choose({ from: 0, to: 3600 }, true)");
await page("choose({ from: 72000, to: 75600 }, false)");
r.compared = await page("[...Array(view.n).keys()].slice(1).map((i) => [view.keys.list[view.key[i]].label, (d => (Math.abs(d) > 10 ? Math.sign(d) : 0))(view.totalB[i] - view.total[i])])");
return r;
