# Output that nobody reads for a while: reading goes on, memory is bounded, and what was
# printed and what was lost add up to what was fired, exactly.
. tests/lib.sh
need_root

# run PROGRAM COMMAND PATTERN: lines that match, and the counts reported
run() {
	{ timeout 60 "$sonde" -v -e "$1" -c "$2" 2>"$err"; echo "status $?"; } | { sleep 5; cat; } >"$out"
	expect_line 'status 0'
	fired=$(map_value fired)
	printed=$(grep -cE "$3" "$out")
	lost=$(awk '/^LOST: .* events (lost|dropped)/ { n += $2 } END { print n + 0 }' "$err")
	[ "$fired" -gt 0 ] && [ "$printed" -gt 0 ] || fail "fired $fired, printed $printed"
	expect_eq "printed + lost" $((printed + lost)) "$fired"
	peak=$(sed -n 's/^cost: .* \([0-9]*\)\.[0-9]* MB, maps.*/\1/p' "$err")
	[ "$peak" -lt 150 ] || fail "sonde took $peak MB"
}

run 'tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 1/ {
		printf("write of %d by %s\n", args.count, comm); @fired = count() }' \
	'dd if=/dev/zero of=/dev/null bs=1 count='$(few 500000)' status=none' '^write of 1 by dd$'

# 16 KB strings: each a line of 16383 bytes
head -c $((16383 * $(few 1000))) /dev/zero | tr '\0' x >"$TMPDIR/long"
run 'tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 16383/ {
		printf("%s\n", str(args.buf, 16384)); @fired = count() }' \
	"dd if=$TMPDIR/long of=/dev/null bs=16383 count=$(few 1000) status=none" '^x+(\.\.)?$'
awk '/^x/ { sub(/\.\.$/, ""); if (length($0) != 16383) bad++ } END { exit bad > 0 }' "$out" ||
	fail "a string lost its end"
