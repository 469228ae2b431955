"use strict";
/* What every page has: its data unpacked, light and dark, colours. The page's own script calls start(). */
const $ = (id) => document.getElementById(id);

function fromBase64(text) {
	if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
	const bytes = atob(text), packed = new Uint8Array(bytes.length);
	for (let i = 0; i < bytes.length; i++) packed[i] = bytes.charCodeAt(i);
	return packed;
}
async function unpack() {
	const packed = fromBase64($("data").textContent.trim());
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

const dark = () => document.documentElement.classList.contains("dark");
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rgb = (c, f) => "rgb(" + c.map((v) => Math.round(v * f)).join(",") + ")";
const press = (id, on) => $(id).setAttribute("aria-pressed", on ? "true" : "false");
const setDark = (on) => { document.documentElement.classList.toggle("dark", on); press("dark", on); };

/* A share of the most, (0, 1]: palette_heat() of src/draw/palette.c. */
const INFERNO = [[0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10], [249, 201, 50], [252, 255, 164]];
function heat(share) {
	const at = (dark() ? 0.38 + 0.62 * share : 0.76 - 0.7 * share) * (INFERNO.length - 1), i = Math.min(Math.floor(at), INFERNO.length - 2);
	return rgb(INFERNO[i].map((v, k) => v + (INFERNO[i + 1][k] - v) * (at - i)), 1);
}

/* Marks when the page can be used: milliseconds since it was opened, or that it failed. */
function start(run) {
	if (matchMedia("(prefers-color-scheme: dark)").matches) setDark(true);
	run().then(() => { document.documentElement.dataset.ready = Math.round(performance.now()); })
		.catch((e) => { document.documentElement.dataset.failed = "1"; $("detail").textContent = "Cannot show this: " + e.message; });
}
