# --format term: histograms as blocks, stacks as a flame graph, both as wide as the window; colour on a
# terminal only, and not with NO_COLOR.
. tests/lib.sh
own frameless

command -v python3 >/dev/null || skip "no python3"
unset NO_COLOR COLUMNS
export TERM=xterm
calls=$(few 500)
script="begin { printf(\"first\n\"); @h = hist(5); @h = hist(6); @h = hist(6); @h = hist(300); print(@h, 0); clear(@h); }
	uprobe:$own:frameless_point { @[comm, ustack(fp, 3)] = count() }"
on_terminal() {
	python3 tests/lib/on_terminal.py "$1" "$sonde" -q -f term -e "$script" -c "$own calls $calls" >"$out" || fail "on a terminal"
	sed 's/\x1b\[[0-9;]*m//g' "$out" >"$TMPDIR/plain"
}
for columns in 70 130; do
	on_terminal $columns
	grep -q '^first$' "$TMPDIR/plain" || fail "what is printed is missing"
	grep -Eq '^\[4, 8\) +3 (█)+ +75\.0 %$' "$TMPDIR/plain" || fail "no bar"
	grep -Eq '^\[256, 512\) +1 (█)+[^ ]* +25\.0 %$' "$TMPDIR/plain" || fail "no second bar"
	grep -q "^▏frameless_point " "$TMPDIR/plain" || fail "no flame graph"
	grep -q "^$calls samples" "$TMPDIR/plain" || fail "other than $calls samples"
	python3 - "$TMPDIR/plain" $columns <<'END' || fail "not $columns wide"
import sys
bars = [line.rstrip('\n') for line in open(sys.argv[1]) if line[0] in '[▏']
sys.exit(any(len(line) != int(sys.argv[2]) for line in bars) or not bars)
END
	grep -q "$(printf '\033')\[34m" "$out" || fail "bars without colour"
done
export NO_COLOR=1
on_terminal 80
grep -q "$(printf '\033')" "$out" && fail "colour with NO_COLOR"
unset NO_COLOR
trace -f term -e "$script" -c "$own calls $calls"
grep -q "$(printf '\033')" "$out" && fail "colour where there is no terminal"
exit 0
