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
chain='.*main;.*chain_1;chain_2'
"$sonde" --info | grep -q '^ *unwind tables *yes' || chain= # by frame pointers there is none
grep -q "^$comm;$chain" "$TMPDIR/times.folded" || fail 'the text has not the chain'
samples=$(grep -c "^$comm " "$TMPDIR/x.perf")
[ "$samples" -ge "$(few 20)" ] || fail "only $samples samples"
# from the second in which the first sample is, which is not when it began
parts=0
for range in 0..1 1..4; do
	"$sonde" convert -q --time $range "$TMPDIR/x.perf" "$TMPDIR/part.folded" 2>"$TMPDIR/why" ||
		grep -q 'no sample is left' "$TMPDIR/why" || fail "no part of the time: $(cat "$TMPDIR/why")"
	[ ! -s "$TMPDIR/part.folded" ] || parts=$((parts + $(awk '{ n += $NF } END { print n + 0 }' "$TMPDIR/part.folded")))
	rm -f "$TMPDIR/part.folded"
done
expect_eq 'samples of both parts of the time' "$parts" "$samples"

# A script's own samples: records with their time.
trace -f perf -o "$TMPDIR/own.perf" -e "uprobe:$own:frameless_point {
	print((time=nsecs, comm=comm, pid=pid, tid=tid, cpu=cpu, ustack=ustack(2))) }" -c "$own calls $calls"
expect_eq 'records as samples' "$(grep -c "^$comm " "$TMPDIR/own.perf")" "$calls"

# Nothing seen: said, and the exit status is that of the run.
trace -f svg -e 'begin { exit() }'
grep -q 'no stack and no histogram was seen' "$err" || fail 'an empty picture is not mentioned'
