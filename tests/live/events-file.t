# printf from 500 000 back-to-back writes into a file: printed and reported lost make all.
. tests/lib.sh
own writers
trace_limit=50
want=500000
report=$TMPDIR/report

for text in short long; do
	if [ $text = short ]; then ring=64M; else ring=256k; fi
	trace -f json -o "$report" -e 'config = { perf_rb_pages = 64 }
		tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
		@ = count(); printf("%d %d %s\n", pid, args.count, comm) }' \
		"$comm" -c "$own -n $want -c 0"
	printed=$(grep -c "^{\"type\": \"printf\", \"data\": \"[0-9]* 1 $comm.n\"}$" "$report")
	fired=$(sed -n 's/^{"type": "map", "data": {"@": \([0-9]*\)}}$/\1/p' "$report")
	gone=$(lost ring_full spool_full)
	echo "fired $fired printed $printed lost $gone"
	expect_eq 'fired' "$fired" $want
	expect_eq 'printed + lost' $((printed + gone)) $want
done
