# signal(), signal_thread(): they reach the process the probe runs in, and only with --unsafe.
. tests/lib.sh
need_root

cat >"$TMPDIR/target" <<'END'
trap 'echo signal' USR1
cd /
cd /tmp
echo end
END
probe='tracepoint:syscalls:sys_enter_chdir /pid == cpid/'
trace --unsafe -e "$probe { signal(\"SIGUSR1\") }" -c "sh $TMPDIR/target"
expect_eq 'signal by name' "$(tr '\n' ' ' <"$out")" 'signal signal end '
trace --unsafe -e "$probe { signal_thread(10) }" -c "sh $TMPDIR/target"
expect_eq 'signal by number' "$(tr '\n' ' ' <"$out")" 'signal signal end '
trace --unsafe -e "$probe { \$n = 9 + 1; signal(\$n) }" -c "sh $TMPDIR/target"
expect_eq 'signal computed' "$(tr '\n' ' ' <"$out")" 'signal signal end '
trace --unsafe -e "$probe { signal((uint64)200 + pid / pid) }" -c "sh $TMPDIR/target"
expect_eq 'no such signal' "$(tr '\n' ' ' <"$out")" 'end '
grep -q 'helper calls that failed' "$err" || fail 'a signal that could not be sent is not reported'
timeout 20 "$sonde" -q -e "$probe { signal(9) }" >"$out" 2>"$err"
expect_eq 'without --unsafe' $? 1
grep -q 'signal() changes the system: it needs --unsafe' "$err" || fail 'message without --unsafe'
