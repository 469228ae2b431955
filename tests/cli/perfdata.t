# perf.data as `perf record` writes it: files and pipes, names by build-id or inode, forks, execs, jitdump;
# what is another file today is not named; what makes no sense is refused.
. tests/lib.sh

for tool in python3 nm readelf; do
	command -v $tool >/dev/null || skip "no $tool"
done
program=$BUILD/helpers/perfdata-work
[ -x "$program" ] || skip "no $program"
python3 tests/prof/perfdata.py "$program" "$TMPDIR" 2>"$err" || fail "the recordings cannot be made"

folded() { "$sonde" convert -q "$TMPDIR/$1" --to folded >"$out" 2>"$err" || fail "$1 is refused"; }
cat >"$TMPDIR/expected" <<'END'
engine;[unknown] 320
engine;work 50
engine;work;work 20
jit;compiled 160
other;[unknown] 80
END
for form in file pipe; do
	folded $form.data
	diff -u "$TMPDIR/expected" "$out" || fail "$form.data"
	"$sonde" convert "$TMPDIR/$form.data" --to folded --event faults >"$out" 2>"$err" || fail "$form.data, faults"
	expect_eq "the other event" "$(cat "$out")" "engine;[unknown] 5"
	grep -q '33 lost' "$err" || fail "what was lost is not said"
done
folded other.data
grep -q ';work[; ]' "$out" && fail "another build of the file is named"
expect_line 'engine;\[perfdata-work\] 50'
folded inode.data
expect_eq "another file of that name" "$(cat "$out")" "engine;[perfdata-work] 1"
folded late.data
expect_eq "out of order" "$(cat "$out")" "engine;work 1"
folded ended.data
expect_eq "without features" "$(cat "$out")" "engine;work 1"
"$sonde" convert -q "$TMPDIR/file.data" --to folded --time 0..0.25 >"$out" || fail "--time"
awk '{ n += $NF } END { exit n != 30 }' "$out" || fail "--time does not count"
for bad in cut swapped packed; do
	"$sonde" convert "$TMPDIR/$bad.data" --to folded >"$out" 2>"$err" && fail "$bad.data is read"
	grep -q "perf.data\|compressed records" "$err" || fail "$bad.data: no reason"
done
exit 0
