# Four threads on one CPU and a slow uprobe: with a preemptible kernel one thread's program is
# interrupted by another's.
. tests/lib.sh
own uprobe_target
trace_limit=50
calls=$(few 200000)

trace -e 'uprobe:'"$own"':target_fast {
	@count = count(); @plus++; @by[comm] = count(); @byplus[pid]++; @h = hist(1);
	@text["some text that is put together", comm] = count(); @s = stats(arg0); }
uretprobe:'"$own"':target_fast { @returned = count(); @right += retval > 0; }
uprobe:'"$own"':target_slow { @slow = count(); @slowly[str("slow"), tid] = count(); }' \
	-c "$own -t 4 -n $((calls / 4)) -s 100 -u 2000 -c 0"
expect_nothing_lost
for name in count plus returned right; do
	expect_eq "@$name" "$(map_value $name)" $calls
done
expect_eq '@by' "$(map_value by "$comm")" $calls
expect_eq '@byplus' "$(awk '/^@byplus\[/ { print $2 }' "$out")" $calls
expect_eq '@text' "$(map_value text "some text that is put together, $comm")" $calls
expect_eq '@h' "$(awk '$1 == "[1]" { print $2; exit }' "$out")" $calls
per=$((calls / 4))
expect_line "@s: .*total = $((2 * per * (per - 1))) .*"
expect_eq '@slow' "$(map_value slow)" 400
expect_eq 'threads' "$(grep -c '^@slowly\[slow, [0-9]*\]: 100$' "$out")" 4
