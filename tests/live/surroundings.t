# What sonde is started with and starts: standard input stays that of the commands it runs, and children
# end also where whoever started it does not want to hear of them.
. tests/lib.sh
need_root

rounds=300
! kernel_before 5.17 || rounds=60 # each is walked by the verifier
for script in 'begin { system("cat"); exit() }' \
	"begin { for (\$i : 0..$rounds) { @[\$i] = 1 } system(\"cat\"); exit() }"; do
	echo 'said to sonde' | timeout $((20 * ${SONDE_SLOW:-1})) "$sonde" -q --unsafe -e "$script" >"$out" 2>"$err"
	expect_eq "standard input: $script" "$(head -n 1 "$out")" 'said to sonde'
done

# A command that cannot be executed shows only when it is let go: nothing was traced, and the status says so.
echo 'no program' >"$TMPDIR/none"
chmod +x "$TMPDIR/none"
timeout $((20 * ${SONDE_SLOW:-1})) "$sonde" -c "$TMPDIR/none" -e 'interval:s:1000 { @ = count() }' >"$out" 2>"$err"
expect_eq 'not a program: status' $? 1
grep -q 'the command could not be executed: Exec format error' "$err" || fail 'not a program: no reason'

command -v python3 >/dev/null || skip 'no python3, which can ignore SIGCHLD for a program'
ignoring='import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])'
timeout $((20 * ${SONDE_SLOW:-1})) python3 -c "$ignoring" "$sonde" -c 'sh -c "exit 3"' \
	-e 'interval:s:1000 { @ = count() }' >"$out" 2>"$err"
expect_eq 'SIGCHLD ignored: status' $? 0
