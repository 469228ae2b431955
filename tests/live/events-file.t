# printf from 500 000 back-to-back writes into a file: printed and reported lost make all. With
# the ring as large as usual, and with a tiny one, where some must be lost.
. tests/lib.sh
own writers
trace_limit=50
want=$(few 500000)
report=$TMPDIR/report

for pages in 1024 4; do
	trace -f json -o "$report" -e 'config = { perf_rb_pages = '$pages' }
		tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
		@ = count(); printf("%d %d %s\n", pid, args.count, comm) }' \
		"$comm" -c "$own -n $want -c 0"
	printed=$(grep -c "^{\"type\": \"printf\", \"data\": \"[0-9]* 1 $comm.n\"}$" "$report")
	fired=$(sed -n 's/^{"type": "map", "data": {"@": \([0-9]*\)}}$/\1/p' "$report")
	gone=$(lost ring_full spool_full)
	echo "ring of $pages pages: fired $fired, printed $printed, lost $gone"
	expect_eq 'fired' "$fired" $want
	expect_eq 'printed + lost' $((printed + gone)) $want
done
[ "$gone" -gt 0 ] || fail "a ring of 16 KB held everything: nothing was tested"

# Strings of 16 KB: as much as a disk takes.
want=$(few 50000)
trace -f json -o "$report" -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
	@ = count(); printf("%s\n", str(args.buf, 16384)) }' "$comm" -c "$own -n $want -s 16000 -c 0"
printed=$(awk '/^{"type": "printf", "data": "x*.n"}$/ && length($0) == 16000 + 32 { n++ }
	END { print n + 0 }' "$report")
gone=$(lost ring_full spool_full)
echo "strings of 16 KB: printed $printed, lost $gone"
expect_eq 'printed + lost' $((printed + gone)) $want
