# 24 hours in one page, each 20 ms of them to be found and selected.
. tests/lib.sh

command -v node >/dev/null || skip "no node"
command -v "${CHROMIUM:-chromium}" >/dev/null || skip "no chromium"
# work four times a second, tick every 0.7 s, late from the 20th hour on, burst in one 20 ms
awk 'function sample(t, name) { printf "app 1/1 [000] %.6f: cpu-clock:\n\t1 %s (/bin/app)\n\t1 main (/bin/app)\n\n", t, name }
	BEGIN {
		for (t = 0; t < 86400; t += 0.25) sample(1000 + t, t < 72000 ? "work" : "late")
		for (k = 0; k * 0.7 < 86399; k++) sample(1000.05 + k * 0.7, "tick")
		for (k = 0; k < 3; k++) sample(1000 + 46800.501 + k * 0.005, "burst")
	}' | "$sonde" convert -q --from perf - "$TMPDIR/day.html" || fail "no page"
[ "$(wc -c <"$TMPDIR/day.html")" -lt 4000000 ] || fail "the page is too big: $(wc -c <"$TMPDIR/day.html")"
node tests/browser/page.js "$TMPDIR/day.html" tests/browser/day.js >"$out" 2>"$err"
status=$?
[ $status -ne 77 ] || skip "no chromium"
[ $status -eq 0 ] || fail "the browser's script failed"
diff -u tests/prof/day.page "$out" || fail "the page does other things"
