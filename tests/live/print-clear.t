# print(@); clear(@) in one interval: the sum of all prints is the number of events, however
# the map is kept; and zero() keeps the keys.
. tests/lib.sh
need_root
n=$(few 400000)
trace -e '
tracepoint:syscalls:sys_enter_write /comm == "dd"/ {
	@total = count(); @sum = count(); @key[comm] = count(); @plus++; @hash[comm]++;
	@read[comm]++; if (@read[comm] < 0) { printf("never\n"); }
	@hist[comm] = hist(args.count); @min = min(args.count); @max[comm] = max(args.count);
}
interval:ms:15 {
	print(@sum); clear(@sum); print(@key); clear(@key); print(@plus); clear(@plus);
	print(@hash); clear(@hash); print(@read); clear(@read); print(@hist); clear(@hist);
	print(@min); clear(@min); print(@max); clear(@max);
}' -c "dd if=/dev/zero of=/dev/null bs=1 count=$n status=none"
total=$(map_value total)
[ $((total + $(skipped))) -ge $n ] || fail "@total is $total"
for map in sum key plus hash read; do
	sum=$(awk -v want="@$map" '{ name = $1; sub(/[[].*/, "", name); sub(/:.*/, "", name) } name == want { n += $NF }
		END { print n + 0 }' "$out")
	expect_eq "sum of the prints of @$map" "$sum" "$total"
done
prints=$(grep -c '^@sum: [1-9]' "$out")
[ "$prints" -ge 3 ] || fail "only $prints prints of @sum had something to show"
# the rows of all histograms together
sum=$(awk '/^@/ { inside = /^@hist/ } inside && /^[[(]/ { n += $(NF > 3 ? 3 : 2) } END { print n + 0 }' "$out")
expect_eq "sum of the rows of @hist" "$sum" "$total"
expect_nothing_lost

trace -e 'begin { @a[1] = count(); @b[2]++; @c = 7; @d[3] = hist(5); zero(@a); zero(@b); zero(@c); zero(@d) }'
expect_line '@a\[1\]: 0'
expect_line '@b\[2\]: 0'
expect_line '@c: 0'
expect_line '@d\[3\]:'
