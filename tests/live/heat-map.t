# Latency over time: operations of two kinds and a single slow one in between are all in the
# picture, as numbers in the SVG and, in a browser, as colour.
. tests/lib.sh

n=$(few 30000)
script="uprobe:$helpers/bimodal:operation { @start[tid] = nsecs; }
	uretprobe:$helpers/bimodal:operation /@start[tid]/ { @v = hist((nsecs - @start[tid]) / 1000); delete(@start, tid); }
	interval:ms:250 { print(@v); clear(@v); }"

trace -o "$TMPDIR/x.svg" -e "$script" -c "$helpers/bimodal $n"
# counts FROM TO: how many values are in bands that begin within
counts() {
	sed -n 's|.*<title>[0-9:]* to [0-9:]*, \([0-9]*\)\([KM]*\) to [0-9]*[KM]*: \([0-9]*\)</title>.*|\1 \2 \3|p' "$TMPDIR/x.svg" |
		awk -v from="$1" -v to="$2" '{ low = $1 * (NF < 3 ? 1 : $2 == "K" ? 1024 : 1048576) }
			low >= from && low < to { n += $NF } END { print n + 0 }'
}
expect_eq 'operations in the picture' "$(counts 0 1000000000)" "$n"
expect_eq 'operations of half a second and more' "$(counts 524288 1000000000)" "$(cat "$out")"
[ "$(cat "$out")" -ge 1 ] || fail 'no operation took a second'
[ "$(counts 16 32)" -ge $((n / 2)) ] || fail "only $(counts 16 32) of the quick ones"
[ "$(counts 128 256)" -ge $((n / 4)) ] || fail "only $(counts 128 256) of the slow ones"
grep -q 'prefers-color-scheme:dark' "$TMPDIR/x.svg" || fail 'the SVG has no dark form'
grep -q "$n values in [0-9]* columns, 0 lost, cost [0-9.]*% of a CPU" "$TMPDIR/x.svg" || fail 'no quality line'

# Printed without clear(): what came between two prints is drawn, nothing twice.
trace -f svg -o "$TMPDIR/x.svg" -e "$(echo "$script" | sed 's/clear(@v);//')" -c "$helpers/bimodal $n"
expect_eq 'operations without clear()' "$(counts 0 1000000000)" "$n"

command -v node >/dev/null && command -v "${CHROMIUM:-chromium}" >/dev/null || exit 0
trace -o "$TMPDIR/x.html" -e "$script" -c "$helpers/bimodal $n"
node tests/browser/page.js "$TMPDIR/x.html" tests/browser/heat.js >"$out" 2>"$err"
status=$?
[ $status -ne 77 ] || exit 0
[ $status -eq 0 ] || fail "the browser's script failed"
sed "s/$(echo "$n" | sed 's/\(.*\)\(...\)$/\1,\2/')/N/g" "$out" | diff -u tests/prof/heat.page - || fail "the page shows something else"
