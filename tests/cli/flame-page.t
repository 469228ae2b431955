# The page with flame graph and heat map in a browser: clicks, keys, search, selection; and that
# it asks the network for nothing.
. tests/lib.sh

command -v node >/dev/null || skip "no node"
command -v "${CHROMIUM:-chromium}" >/dev/null || skip "no chromium"
"$sonde" convert tests/prof/small.perf "$TMPDIR/small.html" --title small || fail "no page"
node tests/browser/page.js "$TMPDIR/small.html" tests/browser/flame.js >"$out" 2>"$err"
status=$?
[ $status -ne 77 ] || skip "no chromium"
[ $status -eq 0 ] || fail "the browser's script failed"
diff -u tests/prof/small.page "$out" || fail "the page does other things"
