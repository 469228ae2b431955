# The stacks of a run as each of the forms there are: what is read back from them is what was counted.
. tests/lib.sh
own frameless
calls=$(few 500)
script="uprobe:$own:frameless_point { @[comm, ustack(fp, 3)] = count() }"

trace -f folded -e "$script" -c "$own calls $calls"
grep ';' "$out" | sort >"$TMPDIR/folded"
expect_eq 'folded: calls' "$(awk '{ n += $NF } END { print n + 0 }' "$TMPDIR/folded")" "$calls"

for form in pb.gz:pprof speedscope.json:speedscope; do
	file=$TMPDIR/x.${form%:*}
	trace -o "$file" -e "$script" -c "$own calls $calls"
	"$sonde" convert -q --to folded "$file" "$TMPDIR/back.folded" || fail "$form cannot be read back"
	expect_eq "$form: calls" "$(awk '{ n += $NF } END { print n + 0 }' "$TMPDIR/back.folded")" "$calls"
	grep -q 'frameless_point' "$TMPDIR/back.folded" || fail "$form has not the function"
done

trace -o "$TMPDIR/x.svg" -e "$script" -c "$own calls $calls"
head -n 1 "$TMPDIR/x.svg" | grep -q '<?xml\|<svg' || fail 'no SVG'
grep -q "<title>frameless_point ($calls samples" "$TMPDIR/x.svg" || fail 'the SVG has not the function with its calls'
trace -f html -o "$TMPDIR/x" -e "$script" -c "$own calls $calls"
grep -q '<!doctype html>' "$TMPDIR/x" || fail 'no page'

# With their times: the tool's samples, one by one, and `perf script`'s text of them.
trace profile --stream -F 499 --comm "$comm" --format perf -o "$TMPDIR/x.perf" --cmd "$own spin 1"
"$sonde" convert -q "$TMPDIR/x.perf" "$TMPDIR/times.folded" || fail 'the text cannot be read back'
grep -q "^$comm;.*main;.*chain_1;chain_2" "$TMPDIR/times.folded" || fail 'the text has not the chain'
samples=$(grep -c "^$comm " "$TMPDIR/x.perf")
[ "$samples" -ge "$(few 20)" ] || fail "only $samples samples"
"$sonde" convert -q --time 0.2..0.4 "$TMPDIR/x.perf" "$TMPDIR/part.folded" || fail 'no part of the time'
part=$(awk '{ n += $NF } END { print n + 0 }' "$TMPDIR/part.folded")
[ "$part" -gt 0 ] && [ "$part" -lt "$samples" ] || fail "$part samples in a fifth of the time, $samples in all"

# Nothing seen: said, and the exit status is that of the run.
trace -f svg -e 'begin { exit() }'
grep -q 'no stack was seen' "$err" || fail 'an empty picture is not mentioned'
