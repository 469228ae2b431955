# More keys than the map was made for: over a second none is refused; back to back those
# that are refused are counted.
. tests/lib.sh
need_root
own keys
n=$(few 100000)

run() { # VALUE ARGUMENTS-OF-KEYS
	trace -e "tracepoint:syscalls:sys_enter_write /comm == \"$comm\"/ { @[args.count] = $1; @fired = count() }" \
		-c "$own -s $2"
	keys=$(grep -c '^@\[' "$out")
	refused=$(awk '/^LOST: .* refused/ { n += $2 } END { print n + 0 }' "$err")
	fired=$(map_value fired)
	expect_eq "kept + refused of $1" $((keys + refused)) "$fired"
}

# A machine that is busy with something else may need another try.
none_refused() { # VALUE MILLISECONDS
	for try in 1 2 3; do
		run "$1" "-n $n -m $2"
		[ "$refused" -ne 0 ] || return 0
		echo "try $try: $refused keys refused"
	done
	fail "keys of $1 that came over $2 ms were refused, three times"
}

none_refused 'count()' 1000
none_refused 'hist(args.count)' 1500
run 'count()' "-n $n"
run 'hist(args.count)' "-n $n"
