# 100 000 distinct keys, one event each, plain values and per-CPU ones. Back to back: all there,
# or the refused ones counted. Spread over a second: none refused.
. tests/lib.sh
own keys
trace_limit=50
want=$(few 100000)

run() { # WHAT KEYS_OPTIONS
	trace -f json -e "uprobe:$own:key_event { $action }" -c "$own -n $want $2"
	there=$(grep '^{"type": "[a-z]*", "data": {"@": ' "$out" | grep -o '{"key": \[[0-9]*\], "value": '"$value" |
		sort -u | wc -l)
	gone=$(lost map_full no_memory map_busy)
	echo "$action, $1: $there there, $gone refused"
	expect_eq "$action, $1: there + refused" $((there + gone)) $want
}

# Where others keep every CPU busy, what grows the map may come too late once; not three times.
none_refused() { # WHAT KEYS_OPTIONS
	for try in 1 2 3; do
		run "$1" "$2"
		[ "$gone" -ne 0 ] || return 0
	done
	fail "$action, $1: refused $gone"
}

while read -r value action; do
	run 'back to back' ''
	none_refused 'over a second' '-m 1000'
done <<E
[0-9]* @[arg0] = arg0
1} @[arg0]++
1} @[arg0] = count()
.{"min":.[0-9]*,."max":.[0-9]*,."count":.1} @[arg0] = hist(arg0)
{"count":.1, @[arg0] = stats(arg0)
E
