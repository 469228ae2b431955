# What cannot be written is told in one line, and the exit status is not 0; the same where standard
# output is closed. Who reads no more is no failure.
. tests/lib.sh

[ -c /dev/full ] || skip 'no /dev/full'

# told WHAT: of a run that has just ended, whose status is in $status
told() {
	expect_eq "status of $*" "$status" 1
	expect_eq "lines about $*" "$(grep -c '^sonde: cannot write standard output: ' "$err")" 1
}

for arguments in --help --version help tools 'help convert' 'biolatency --help' 'bpftrace --version' 'ply --help' \
	'strace --help' 'convert --help' 'complete conv' '--dump=ast -e BEGIN{exit()}' '--mode=format -e BEGIN{exit()}' \
	'--list interval' 'convert tests/prof/small.perf -t folded' 'convert tests/prof/small.perf -t html'; do
	"$sonde" $arguments >/dev/full 2>"$err" </dev/null
	status=$?
	told "$arguments"
	"$sonde" $arguments >&- 2>"$err" </dev/null
	status=$?
	told "$arguments, closed"
done
"$sonde" convert tests/prof/small.perf /dev/full -t svg 2>"$err" && fail '/dev/full was written'
expect_eq 'what is told' "$(cat "$err")" 'sonde: cannot write /dev/full: No space left on device'
# A file that is opened while standard output is closed is not written in its place.
cp tests/prof/small.perf "$TMPDIR/in.perf"
"$sonde" convert "$TMPDIR/in.perf" -t folded >&- <&- 2>"$err"
cmp -s tests/prof/small.perf "$TMPDIR/in.perf" || fail 'the input was written to'
expect_eq 'a reader that has seen enough' "$("$sonde" --help 2>&1 | head -n 1 | wc -l)" 1
