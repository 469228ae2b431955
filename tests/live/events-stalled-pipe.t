# printf from 500 000 back-to-back writes into a pipe that nobody reads for five seconds: what
# comes out afterwards and what is reported lost make all, and memory stays bounded. With short
# records, and with strings of 16 KB.
. tests/lib.sh
own writers
want=$(few 500000)
report=$TMPDIR/report

run() { # NAME ACTION
	mkfifo "$TMPDIR/$1"
	# The reader: nothing for five seconds, then everything, shortened to what is counted.
	{ sleep 5; awk '{ sub(/x{100,}/, "x"); n[substr($0, 1, 18)]++ }
		/lost_events/ { print >report } /"type": "map"/ { print >report }
		/"type": "printf"/ { printed++ } END { print printed + 0 >report ".printed" }' \
		report="$report"; } <"$TMPDIR/$1" &
	reader=$!
	started_pids="$started_pids $reader"
	"$sonde" -f json -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ {
		@ = count(); '"$2"' }' "$comm" -c "$own -n $want -s 16000 -c 0" >"$TMPDIR/$1" 2>"$err" &
	tracer=$!
	started_pids="$started_pids $tracer"
	peak=0
	while kill -0 $tracer 2>/dev/null && read -r _ now _ <<-EOF
		$(grep VmHWM /proc/$tracer/status 2>/dev/null)
		EOF
	do
		peak=${now:-$peak}
		sleep 0.2
	done
	wait $tracer || fail "sonde exited with status $?"
	wait $reader
	fired=$(sed -n 's/^{"type": "map", "data": {"@": \([0-9]*\)}}$/\1/p' "$report")
	gone=$(lost ring_full spool_full)
	printed=$(cat "$report.printed")
	echo "$1: fired $fired, printed $printed, lost $gone, VmHWM $peak kB"
	expect_eq 'fired' "$fired" $want
	expect_eq 'printed + lost' $((printed + gone)) $want
	[ "$peak" -gt 0 ] || fail "memory was not seen"
	[ "$peak" -le $((160 * 1024)) ] || fail "$peak kB of memory"
}

run short 'printf("%d %d %s\n", pid, args.count, comm)'
run long 'printf("%s\n", str(args.buf, 16384))'
