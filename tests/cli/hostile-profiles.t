# Profiles that are made to cost much: the time that is taken grows with the file's size, not with its
# square. Each of these took minutes where one loop was within another.
. tests/lib.sh

# soon NAME.ENDING: converted in a tenth of what its square would take
soon() {
	timeout $((10 * ${SONDE_SLOW:-1})) "$sonde" convert -q "$TMPDIR/$1" -t folded >"$out" 2>"$err"
	expect_eq "status of $1" $? 0
	[ -s "$out" ] || fail "nothing of $1"
}

# repeat N BYTES: octal escapes, as printf has them
repeat() {
	head -c "$1" /dev/zero | sed "s/\\x00/$2/g"
}

# A name of many inlined functions.
{ printf 'prog 1/1 [000] 1.000000: 1 cycles: \n\t    1234 a'; repeat 160000 '->a'; printf ' (/tmp/perf-1.map)\n\n'; } \
	>"$TMPDIR/arrows.perf"
soon arrows.perf

# Each sample of another event.
awk 'BEGIN { for (i = 0; i < 400000; i++) printf "p 1/1 [000] 1.%06d: 1 e%d: \n\t 1234 foo (/bin/x)\n\n", i, i }' \
	>"$TMPDIR/events.perf"
soon events.perf
expect_eq 'events' "$(cat "$out")" 'p;foo 1'

# Events in speedscope, thousands of frames deep.
awk 'BEGIN {
	printf "{\"shared\":{\"frames\":[{\"name\":\"a\"},{\"name\":\"b\"}]},\"profiles\":[{\"type\":\"evented\",\"unit\":\"none\",\"events\":["
	for (i = 0; i < 4000; i++) printf "{\"type\":\"O\",\"frame\":0,\"at\":%d},\n", i
	for (i = 0; i < 800000; i++) printf "{\"type\":\"%s\",\"frame\":1,\"at\":%d},\n", i % 2 ? "C" : "O", 4000 + i
	print "{\"type\":\"C\",\"frame\":0,\"at\":804001}]}]}"
}' >"$TMPDIR/deep.speedscope.json"
soon deep.speedscope.json

# A pprof with one place of 500000 lines, and 6000 samples of it: string_table ["", "x"], the types, the
# function and the location by their fields' numbers.
{
	printf '\012\004\010\001\020\001\062\000\062\001x\052\004\010\001\020\001'
	printf '\042\202\211\172\010\001'
	repeat 500000 '\x22\x02\x08\x01'
	repeat 6000 '\x12\x04\x08\x01\x10\x01'
} >"$TMPDIR/lines.pb"
soon lines.pb
expect_eq 'samples of the pprof' "$(awk '{ n += $NF } END { print n }' "$out")" 6000

# The innermost frames of a stack that is too deep are kept.
{
	printf '{"shared":{"frames":[{"name":"outer"},{"name":"leaf"}]},"profiles":[{"type":"sampled","unit":"none","samples":[[0'
	repeat 20000 ',0'
	printf ',1]],"weights":[1]}]}'
} >"$TMPDIR/stack.speedscope.json"
soon stack.speedscope.json
grep -q ';leaf 1$' "$out" || fail 'the leaf was cut'

# perf.data: a record that goes on through thousands of compressed ones is held once; and 4096 events
# that name the same numbers of 3 MB cost what one costs.
{
	printf 'PERFILE2\020\000\000\000\000\000\000\000'
	repeat 1 '\x51\x00\x00\x00\x00\x00\x19\x00\x28\xb5\x2f\xfd\x20\x08\x41\x00\x00\x0f\x27\x00\x00\x00\x00\xff\xff'
	for i in 1 2 3 4 5 6 7; do
		printf '\121\000\000\000\000\000\013\001\050\265\057\375\040\372\321\007\000'
		repeat 250 '\x00'
	done
	repeat 400000 '\x51\x00\x00\x00\x00\x00\x11\x00\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00'
} >"$TMPDIR/packed.data"
if (ulimit -v 2000000; "$sonde" --version) >"$out" 2>&1; then
	(ulimit -v 2000000; "$sonde" convert "$TMPDIR/packed.data" -t folded) >"$out" 2>"$err"
	expect_eq 'a compressed recording' "$(cat "$err")" 'sonde: no sample'
fi
# header: its size 104, attributes of 80 bytes at 104, records at 3327784
{
	printf 'PERFILE2\150\000\000\000\000\000\000\000\120\000\000\000\000\000\000\000'
	printf '\150\000\000\000\000\000\000\000\000\000\005\000\000\000\000\000\150\000\005\000\000\000\000\000\000\000\000\000\000\000\000\000'
	repeat 48 '\x00'
	repeat 4096 "$(printf '%s' '\x00\x00\x00\x00\x40'; for i in $(seq 59); do printf '%s' '\x00'; done
		printf '%s' '\x68\x00\x05\x00\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x00\x00')"
	awk 'BEGIN { for (i = 0; i < 393216; i++) printf "%08d", i }'
} >"$TMPDIR/ids.data"
timeout $((10 * ${SONDE_SLOW:-1})) "$sonde" convert "$TMPDIR/ids.data" -t folded >"$out" 2>"$err"
expect_eq 'status of events with one place of numbers' $? 1
expect_eq 'what is said of them' "$(cat "$err")" 'sonde: no sample'
