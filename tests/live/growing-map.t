# More keys than the map was made for: over a second none is refused; back to back those
# that are refused are counted.
. tests/lib.sh
need_root
cc=${CC:-cc}
command -v "$cc" >/dev/null || skip "no C compiler"
"$cc" -O1 -w -D_GNU_SOURCE -o "$TMPDIR/keysprog" tests/workload/keys.c -lpthread || fail "keys.c does not compile"

run() { # VALUE ARGUMENTS-OF-KEYS
	trace -e "tracepoint:syscalls:sys_enter_write /comm == \"keysprog\"/ { @[args.count] = $1; @fired = count() }" \
		-c "$TMPDIR/keysprog -s $2"
	keys=$(grep -c '^@\[' "$out")
	refused=$(awk '/^LOST: .* refused/ { n += $2 } END { print n + 0 }' "$err")
	fired=$(map_value fired)
	expect_eq "kept + refused of $1" $((keys + refused)) "$fired"
}

run 'count()' '-n 100000 -m 1000'
expect_eq "refused over a second" "$refused" 0
run 'hist(args.count)' '-n 100000 -m 1500'
expect_eq "refused over a second" "$refused" 0
run 'count()' '-n 100000'
run 'hist(args.count)' '-n 100000'
