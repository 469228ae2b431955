// page.js FILE.html SCRIPT.js [SHOT.png]: opens the file in headless Chromium and runs SCRIPT in
// it, an async function body: what it returns is printed as JSON. Keys and clicks are real ones:
// in the script, `await act("click", x, y)`, "hover", "drag" x y to, "key" name, wait for the browser.
//
// Speaks Chrome's DevTools protocol over the pipe, so no package is needed.
"use strict";
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");
const [file, script, shot] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-"));
const browser = spawn(process.env.CHROMIUM || "chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1300,800",
	"--user-data-dir=" + profile, "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map(), events = [];
let last = 0, session, buffered = "";
const end = (status, text) => { if (text) console.log(text); browser.kill("SIGKILL"); try { fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } catch { } process.exit(status); };
browser.on("error", () => end(77, "no chromium"));
setTimeout(() => end(1, "the browser took too long"), 50000);
browser.stdio[4].on("data", (chunk) => {
	buffered += chunk;
	for (let at; (at = buffered.indexOf("\0")) >= 0;) {
		const m = JSON.parse(buffered.slice(0, at));
		buffered = buffered.slice(at + 1);
		if (m.id) { const [ok, bad] = waiting.get(m.id); waiting.delete(m.id); m.error ? bad(new Error(m.error.message)) : ok(m.result); } else events.push(m);
	}
});
const send = (method, params = {}) => new Promise((ok, bad) => {
	waiting.set(++last, [ok, bad]);
	browser.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId: session }) + "\0");
});
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const mouse = (type, x, y, modifiers = 0) => send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons: 1, clickCount: 1, modifiers });
const acts = {
	async click(x, y) { await mouse("mousePressed", x, y); await mouse("mouseReleased", x, y); },
	async hover(x, y) { await send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y }); },
	async drag(x, y, tx, ty, control) { const m = control ? 2 : 0; await mouse("mousePressed", x, y, m); await mouse("mouseMoved", tx, ty, m); await mouse("mouseReleased", tx, ty, m); },
	async key(key) { await send("Input.dispatchKeyEvent", { type: "keyDown", key, text: key.length === 1 ? key : undefined }); await send("Input.dispatchKeyEvent", { type: "keyUp", key }); },
	async type(text) { await send("Input.insertText", { text }); },
	async wait(ms) { await pause(ms); },
};
const evaluate = async (expression) => {
	const r = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
	if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description || r.exceptionDetails.text);
	return r.result.value;
};
(async () => {
	const { targetInfos } = await send("Target.getTargets");
	session = (await send("Target.attachToTarget", { targetId: targetInfos.find((t) => t.type === "page").targetId, flatten: true })).sessionId;
	await send("Page.enable"); await send("Log.enable"); await send("Runtime.enable"); await send("Network.enable");
	await send("Page.navigate", { url: "file://" + path.resolve(file) });
	for (let i = 0; i < 300; i++) { if (await evaluate("document.documentElement?.dataset.ready || document.documentElement?.dataset.failed || ''")) break; await pause(50); }
	const run = new (Object.getPrototypeOf(async () => {}).constructor)("act", "page", fs.readFileSync(script, "utf8"));
	const result = await run((what, ...args) => acts[what](...args), evaluate);
	if (shot) fs.writeFileSync(shot, Buffer.from((await send("Page.captureScreenshot")).data, "base64"));
	const bad = events.filter((e) => e.method === "Runtime.exceptionThrown" || (e.method === "Log.entryAdded" && e.params.entry.level === "error"));
	const fetched = events.filter((e) => e.method === "Network.requestWillBeSent" && !/^(file|data):/.test(e.params.request.url));
	result.errors = bad.map((e) => e.params.entry?.text || e.params.exceptionDetails.exception?.description);
	result.fetched = fetched.map((e) => e.params.request.url);
	end(0, JSON.stringify(result, null, 1));
})().catch((e) => end(1, String(e.stack)));
