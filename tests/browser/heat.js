// A latency heat map: the value that stands alone at the top is seen, named under the pointer, and
// counted when it is selected; so are the two bands below. See page.js.
const r = {};
const text = (id) => page(`document.getElementById("${id}").textContent`);
// The middle of the fullest cell of a band, in pixels of the page; its colour, and the ground's.
const cell = (low) => page(`(() => { const p = data.panels[0], b = p.low.indexOf(${JSON.stringify(low)}), h = rowHeight(p), box = p.canvas.getBoundingClientRect();
	let c = 0;
	for (let i = 0; i < p.n; i++) if (count(p, i, b) > count(p, c, b)) c = i;
	const [from, to] = place(p, c), x = (from + to) / 2, y = TOP + (p.bands.length - b - 0.5) * h, ratio = window.devicePixelRatio || 1;
	const at = (px, py) => [...p.canvas.getContext("2d").getImageData(px * ratio, py * ratio, 1, 1).data].slice(0, 3).join();
	return { x: box.left + x, y: box.top + y, n: count(p, c, b),
		colour: at(x, y), heat: heat(share(count(p, c, b))).slice(4, -1), ground: at(p.canvas.clientWidth - 3, y) }; })()`);
r.title = await text("title");
r.ready = await page("+document.documentElement.dataset.ready") < 5000;
for (const [name, low] of [["quick", "16"], ["slow", "128"], ["outlier", "512K"]]) {
	const c = await cell(low);
	await act("hover", c.x, c.y);
	const said = await text("detail");
	r[name] = { painted: c.colour === c.heat && c.colour !== c.ground, named: said.includes(low + " to ") && said.includes(": " + c.n.toLocaleString("en") + " of ") };
	if (name === "outlier") {
		await act("drag", c.x, c.y, c.x + 1, c.y);
		const rows = await page("[...document.querySelectorAll('#rowsbody tr')].map((tr) => tr.innerText.split('\\t'))");
		r[name].selected = rows.length === 1 && rows[0][0].startsWith(low + " to ") && +rows[0][1] === c.n;
	}
}
await act("key", "Escape");
r.all = (await text("selected")).replace(/^.*: /, "");
await act("key", "l");
r.linear = await page("state.linear");
await act("key", "d");
r.dark = await page("dark()");
return r;
