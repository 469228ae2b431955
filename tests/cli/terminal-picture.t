# The flame graph on a terminal: as wide as the window, coloured there and nowhere else, NO_COLOR obeyed.
. tests/lib.sh

command -v python3 >/dev/null || skip "no python3"
unset NO_COLOR COLUMNS
export TERM=xterm
plain() { sed 's/\x1b\[[0-9;]*m//g'; }
# width FILE: of its longest line, in characters
width() { plain <"$1" | python3 -c 'import sys; print(max(len(line.rstrip("\n")) for line in sys.stdin if "lost" not in line))'; }
for columns in 61 120; do
	python3 tests/lib/on_terminal.py $columns "$sonde" convert tests/prof/small.perf >"$out" || fail "on a terminal"
	expect_eq "width at $columns" "$(width "$out")" $columns
	grep -q "$(printf '\033')\[30;48;2;" "$out" || fail "no colour on a terminal"
	COLUMNS=$columns "$sonde" convert tests/prof/small.perf --to term >"$TMPDIR/pipe"
	plain <"$out" | diff - "$TMPDIR/pipe" || fail "a terminal's picture is another one"
done
grep -q "$(printf '\033')" "$TMPDIR/pipe" && fail "colour in a pipe"
for no in 'NO_COLOR=1' 'TERM=dumb'; do
	env $no python3 tests/lib/on_terminal.py 80 "$sonde" convert tests/prof/small.perf >"$out" || fail "on a terminal with $no"
	grep -q "$(printf '\033')" "$out" && fail "colour with $no"
done
NO_COLOR= python3 tests/lib/on_terminal.py 80 "$sonde" convert tests/prof/small.perf >"$out"
grep -q "$(printf '\033')" "$out" || fail "an empty NO_COLOR says nothing"
# Diagnostics: coloured on a terminal, not on a dumb one.
python3 tests/lib/on_terminal.py 80 "$sonde" --dump=bpf -e 'begin { print(pdi) }' >"$out"
grep -q "$(printf '\033')" "$out" || fail "diagnostics have no colour on a terminal"
TERM=dumb python3 tests/lib/on_terminal.py 80 "$sonde" --dump=bpf -e 'begin { print(pdi) }' >"$out"
grep -q 'did you mean' "$out" || fail "no diagnostic"
grep -q "$(printf '\033')" "$out" && fail "diagnostics have colour on a dumb terminal"
exit 0
