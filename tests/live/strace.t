# `sonde strace`: whom it traces and how it ends, what is left out on request, what is counted.
. tests/lib.sh
need_root

lines=$TMPDIR/lines
strace_of() { # ARGS...: to its end; its status in $status, its lines in $lines
	: >"$lines"
	timeout $((30 * ${SONDE_SLOW:-1})) "$sonde" strace -o "$lines" "$@" >"$out" 2>"$err" </dev/null
	status=$?
}
count() { grep -Ec -e "$1" "$lines"; }

# ---- a command: from its execve to its exit, its status ours ----
strace_of sh -c 'exit 5'
expect_eq "exit status" $status 5
first=$(head -n 1 "$lines")
case $first in
'execve("'*'/sh", ["sh", "-c", "exit 5"], 0x'*' vars */) = 0') ;;
*) fail "the first line: $first" ;;
esac
expect_eq "the last line" "$(tail -n 1 "$lines")" '+++ exited with 5 +++'
expect_line 'exit_group\(5\) += \?' "$lines"
expect_nothing_lost

strace_of sh -c 'kill -TERM $$'
expect_eq "status of a command that was killed" $status 143
expect_eq "how it ended" "$(tail -n 1 "$lines")" '+++ killed by SIGTERM +++'
expect_eq "SIGKILL is not what was sent" "$(count SIGKILL)" 0
strace_of ./there/is/no/such/program
expect_eq "status without a program" $status 1

# ---- children: with -f all of them, every line with its number; a table counts the same ----
strace_of -e trace=exit_group,execve sh -c 'true; /bin/true; /bin/true; exit 0'
expect_eq "executed without -f" "$(count execve)" 1
strace_of -f -e trace=exit_group,execve sh -c 'true; /bin/true; /bin/true; exit 0'
expect_eq "executed with -f" "$(count '^[0-9]+ +execve\(.* = 0$')" 3
expect_eq "ended with -f" "$(count '^[0-9]+ +\+\+\+ exited with 0')" 3
expect_eq "processes" "$(sed 's/ .*//' "$lines" | sort -u | wc -l)" 3
strace_of -c -f sh -c '/bin/true; /bin/true; cat /nowhere'
awk '$NF == "execve" { calls = $4 } END { exit calls != 4 }' "$lines" || fail "the table does not have 4 execve"
expect_line ' *[0-9.]+ +[0-9.]+ +[0-9]+ +[0-9]+ +[0-9]+ openat' "$lines"

# A thread that executes a program takes its leader's number: one is left, whose lines are without it.
timeout 60 "$sonde" strace -f "$helpers/odd-calls" exec >"$out" 2>"$lines" </dev/null
expect_line '\[pid +[0-9]+\] .*' "$lines"
expect_eq "the last line after an execve of a thread" "$(grep -a '^[^s]' "$lines" | tail -n 1)" '+++ exited with 0 +++'
# The kernel's own threads of io_uring make no calls and are not told of.
strace_of -f "$helpers/odd-calls" worker
expect_eq "threads with io_uring" "$(sed 's/ .*//' "$lines" | sort -u | wc -l)" 1

# ---- what is asked for ----
strace_of -Z -e trace=%file cat /nowhere
expect_eq "calls that fail" "$(count ' = -1 E')" "$(($(wc -l <"$lines") - 1))"
expect_line 'openat\(AT_FDCWD, "/nowhere", O_RDONLY\) += -1 ENOENT \(No such file or directory\)' "$lines"
strace_of -z -e trace=openat cat /nowhere
expect_eq "calls that do not fail" "$(count ' = -1 E')" 0
strace_of -e 'trace=!%file,%memory' cat /dev/null
expect_eq "left out" "$(count '^(openat|mmap|execve)')" 0
[ "$(count '^(read|close)')" -gt 2 ] || fail "nothing is left"
strace_of -s 5 -e trace=write sh -c 'echo 123456789; echo 1234'
expect_line 'write\(1, "12345"\.\.\., 10\) += 10' "$lines"
expect_line 'write\(1, "1234\\n", 5\) += 5' "$lines"
strace_of -y -e trace=openat,close,dup2 sh -c ': </etc/passwd'
expect_line 'openat\(AT_FDCWD, "/etc/passwd", O_RDONLY\) += 3</etc/passwd>' "$lines"
expect_line 'close\(3</etc/passwd>\) += 0' "$lines"
ln -s /etc/passwd "$TMPDIR/link"
strace_of -y -e trace=openat sh -c ": <$TMPDIR/link"
kernel_before 5.12 || expect_line 'openat\(AT_FDCWD, ".*/link", O_RDONLY\) += 3</etc/passwd>' "$lines"
# A descriptor is followed through calls that nobody asked for, be their results wanted or not.
for wanted in '' -z; do
	strace_of -y $wanted -e trace=read "$helpers/odd-calls" reopen
	expect_eq "files read with -y $wanted" "$(sed -n 's/^read(3<\([^>]*\)>, .*, 1) .*/\1/p' "$lines" | tr '\n' ' ')" \
		"$(realpath /etc/passwd /etc/group /etc/passwd | tr '\n' ' ')"
	expect_eq "calls not asked for" "$(grep -vc '^read(\|^+++' "$lines")" 0
done
# A path is whatever its owner calls it: nothing of it steers a terminal or ends the bracket.
steering=$TMPDIR/$(printf 'a\033[31m>\nb')
echo x >"$steering"
strace_of -y -e trace=openat cat "$steering"
grep -qF '/a\33[31m\>\nb>' "$lines" || fail "a path that steers: $(cat -v "$lines")"
strace_of -T -ttt -e trace=clock_nanosleep sleep 0.2
awk '/clock_nanosleep/ { split($NF, t, /[<>]/); good = t[2] >= 0.2 && t[2] < 5 && $1 ~ /^[0-9]+\.[0-9]+$/ }
	END { exit !good }' "$lines" || fail "time and duration"

# ---- what seccomp refuses never enters: it is a call all the same ----
strace_of -T "$helpers/odd-calls" refused
expect_eq "refused calls" "$(count '^getppid\(\) += -1 EPERM .* <0\.000')" 5
expect_line 'execve\(0x[0-9a-f]+, 0x[0-9a-f]+, NULL\) += -1 EPERM .*' "$lines"
strace_of -c "$helpers/odd-calls" refused
awk '$NF == "getppid" { good = $4 == 5 && $5 == 5 } END { exit !good }' "$lines" || fail "the table has no refused call"

# ---- 32-bit calls: by number, with their own registers, be it the last one ----
strace_of -T "$helpers/odd-calls" compat
if [ $status -ne 4 ]; then
	expect_line '\[32-bit call 19\]\(0x4d, 0x58, 0x63, .*\) += -1 EBADF .*' "$lines"
	expect_line '\[32-bit call 252\]\(0x3, .* <unfinished \.\.\.>\) = \?' "$lines"
fi

# ---- a process that runs already is left as it was; what it waits in is told when it ends ----
# One that has ended and is not waited for would never be heard of.
start "$helpers/odd-calls" zombie >"$TMPDIR/zombie"
wait_for 20 test -s "$TMPDIR/zombie" || fail "no zombie"
for follow in '' -f; do
	strace_of $follow -p "$(cat "$TMPDIR/zombie")"
	expect_eq "status for a zombie" $status 1
	expect_line 'sonde: there is no process [0-9]+, or it has ended' "$err"
done

# Numbers of another pid namespace are nobody's here.
if unshare -pf true 2>/dev/null; then
	timeout 60 unshare -pf "$sonde" strace true >"$out" 2>"$err" </dev/null
	expect_eq "status in a pid namespace" $? 1
	expect_line 'sonde: threads have other numbers in this pid namespace .*' "$err"
fi

start sleep 100
sleeper=$started
: >"$err"
timeout -s INT 60 "$sonde" strace -p "$sleeper" >"$out" 2>"$err" &
tracer=$!
wait_for 20 grep -q attached "$err" || fail "not attached"
started_pids="$started_pids $tracer"
wait_for 20 grep -q 'unfinished' "$err" || fail "what it waits in is not told"
expect_line 'clock_nanosleep\(CLOCK_REALTIME, 0, 0x[0-9a-f]+, 0x[0-9a-f]+ <unfinished \.\.\.>' "$err"
kill -s USR1 "$sleeper"
wait $tracer
expect_eq "status after the end of the process" $? 0
expect_line 'clock_nanosleep\(CLOCK_REALTIME, 0, .*\? ERESTART_RESTARTBLOCK \(Interrupted by signal\)' "$err"
expect_line '\+\+\+ killed by SIGUSR1 \+\+\+' "$err"

start sleep 100
sleeper=$started
trace_start_saying attached strace -p "$sleeper"
kill -s INT $tracer
wait $tracer
expect_eq "status after ^C" $? 0
expect_line 'sonde: Process [0-9]+ detached' "$err"
kill -0 "$sleeper" || fail "the process did not survive"
grep -q '^TracerPid:	0$' "/proc/$sleeper/status" || fail "it is traced by somebody"

# ---- what the ring has no room for is counted: written and lost are all there were ----
calls=$(few 200000)
strace_of --buffer 64K -e trace=write dd if=/dev/zero of=/dev/null bs=1 count="$calls"
lost=$(sed -n 's/^sonde: \([0-9]*\) calls lost.*/\1/p' "$err")
written=$(count '^write\(1, "\\0", 1\)')
[ $((written + ${lost:-0})) -ge "$calls" ] && [ $((written + ${lost:-0})) -le $((calls + 10)) ] ||
	fail "$written written, ${lost:-0} lost of $calls"
