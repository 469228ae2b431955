# Under bpftrace's name, running: "Attached", the word of __BPFTRACE_NOTIFY_PROBES_ATTACHED, the blank
# lines of its text, its JSON, settings of the environment, exit statuses.
. tests/lib.sh
need_root

case $sonde in /*) ;; *) sonde=$PWD/$sonde ;; esac
ln -s "$sonde" "$TMPDIR/bpftrace"
sonde=$TMPDIR/bpftrace

trace -e 'begin { print(1) } interval:ms:20 { exit() }'
expect_eq "standard output" "$(cat "$out"; echo .)" '1


.'
expect_eq "standard error" "$(cat "$err")" 'Attached 2 probes'

__BPFTRACE_NOTIFY_PROBES_ATTACHED=1 trace -e 'begin { print("begin") } interval:ms:20 { print("tick"); exit() }'
expect_eq "lines" "$(tr '\n' ' ' <"$out")" '__BPFTRACE_NOTIFY_PROBES_ATTACHED begin tick   '
# flushed at once, and by itself on its line, when standard output is a pipe
mkfifo "$TMPDIR/pipe"
__BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$sonde" -e 'interval:s:20 { }' >"$TMPDIR/pipe" 2>"$err" &
tracer=$!
started_pids="$started_pids $tracer"
read -r word <"$TMPDIR/pipe"
expect_eq "word" "$word" __BPFTRACE_NOTIFY_PROBES_ATTACHED
kill -s INT "$tracer"
wait "$tracer"

timeout 10 "$sonde" -e 'begin { print(1); exit(7); print(2) } end { print(3) }' >"$out" 2>"$err"
expect_eq "exit status" $? 7
expect_eq "exit ends its probe" "$(tr '\n' ' ' <"$out")" '1 3   '
expect_line 'stdin:1:28-36: WARNING: Unreachable statement.*' "$err"
expect_line 'Attached 2 probes' "$err"

trace -f json -e 'begin { @a[1, "x"] = count(); @h["k"] = hist(3); print((1, "x")) }'
expect_eq "JSON" "$(cat "$out")" '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}
{"type": "value", "data": [1,"x"]}
{"type": "map", "data": {"@a": {"1,x": 1}}}
{"type": "hist", "data": {"@h": {"k": [{"min": 2, "max": 3, "count": 1}]}}}'

# the environment wins over the script
BPFTRACE_MAX_MAP_KEYS=2 trace -e 'config = { max_map_keys = 50 } begin { @[1] = 1; @[2] = 1; @[3] = 1; print(len(@)); clear(@) }'
expect_eq "keys" "$(head -n 1 "$out")" 2
expect_line 'WARNING: 1 map entries refused: the map was full' "$err"

# division by zero is 1, and said
trace -e 'begin { $x = 0; $y = -5; print((1 / $x, 7 % $x, $y / $x)); @ = 10; @ /= $x; $y %= $x; print($y) }'
expect_eq "division by zero" "$(head -n 2 "$out" | tr '\n' ' ')" '(1, 1, 1) 1 '
expect_line '@: 1'
expect_line 'WARNING: 5 divisions by zero, taken as 1' "$err"

# failed reads are told with -k only, as there
trace -e 'begin { print(str(0)) }'
expect_eq "standard error" "$(cat "$err")" 'Attached 1 probe'
trace -k -e 'begin { print(str(0)) }'
grep -q 'WARNING: 1 strings not readable' "$err" || fail "-k does not tell"

trace --unsafe -e 'begin { system("exit 3") }'
expect_line 'ERROR: command exited with code 3' "$err"
