# print and clear every 10 ms under full load: what was printed adds up to what happened.
. tests/lib.sh
own writers
trace_limit=50
want=$(few 500000) # each of two

sum_of() { # NAME: of all its prints, the one at exit too
	awk -v m="@$1" '{ key = $1; sub(/\[.*/, "", key); sub(/:$/, "", key) }
		key == m && !/:$/ { n += $NF } END { print n + 0 }' "$out"
}

trace -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	@count = count(); @plus++; @by[pid] = count(); @byplus[pid]++; @sum[comm] = sum(args.count) }
interval:ms:10 {
	print(@count); clear(@count); print(@plus); clear(@plus); print(@by); clear(@by);
	print(@byplus); clear(@byplus); print(@sum); clear(@sum) }' \
	"$comm" -o "$TMPDIR/prints" -c "$own -p 2 -n $want -c 0,1"
mv "$TMPDIR/prints" "$out"
expect_nothing_lost
for name in count plus by byplus sum; do
	expect_all "sum of the prints of @$name" "$(sum_of $name)" $((2 * want))
done
prints=$(grep -c '^@count: ' "$out")
[ "$prints" -ge 5 ] || fail "only $prints prints"
