# 100 000 distinct keys, one event each, plain values and per-CPU ones. Back to back: all there,
# or the refused ones counted. Spread over a second: none refused.
. tests/lib.sh
own keys
trace_limit=50
want=$(few 100000)

check() { # WHAT MAY_REFUSE KEYS_OPTIONS
	trace -f json -e "uprobe:$own:key_event { $action }" -c "$own -n $want $3"
	there=$(grep '^{"type": "[a-z]*", "data": {"@": ' "$out" | grep -o '{"key": \[[0-9]*\], "value": '"$value" |
		sort -u | wc -l)
	gone=$(lost map_full no_memory map_busy)
	echo "$action, $1: $there there, $gone refused"
	expect_eq "$action, $1: there + refused" $((there + gone)) $want
	[ "$2" = yes ] || expect_eq "$action, $1: refused" "$gone" 0
}

while read -r value action; do
	check 'back to back' yes ''
	check 'over a second' no '-m 1000'
done <<E
[0-9]* @[arg0] = arg0
1} @[arg0]++
1} @[arg0] = count()
.{"min":.[0-9]*,."max":.[0-9]*,."count":.1} @[arg0] = hist(arg0)
{"count":.1, @[arg0] = stats(arg0)
E
