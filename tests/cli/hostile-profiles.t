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
