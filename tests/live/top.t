# sonde profile --top: a view of the second past, by CPU, process and function. In a terminal, which is
# tmux's, each view takes the place of the one before; in a pipe they are blocks.
. tests/lib.sh
need_root
command -v taskset >/dev/null || skip 'no taskset'
own tasks
taskset -c 0 "$own" spin 60000 &
victim=$!
started_pids="$started_pids $victim"

# In a pipe: one process is all there is, on its CPU, in its functions; no byte is for a terminal.
trace profile --top -F 199 -p "$victim" 3
blocks=$(grep -c ' samples in [0-9.]* s: [0-9.]* CPUs busy$' "$out")
[ "$blocks" -ge 2 ] && [ "$blocks" -le 3 ] || fail "$blocks blocks in 3 s"
expect_line " +[0-9.]+ +$victim $comm"
processes=$(grep -c "^ *[0-9.]* *[0-9]* [a-z]*[0-9]*\$" "$out")
[ "$processes" -ge 1 ] && [ "$processes" -le "$blocks" ] || fail "$processes processes in $blocks blocks"
grep -q '^CPU 0  *.* [0-9]*%$' "$out" || fail 'its CPU is not there'
grep -q '^CPU 1\|%  CPU' "$out" && fail 'another CPU'
grep -Eq '^ +[0-9.]+ +[0-9.]+ (main|clock_gettime|[^ ]+)  ' "$out" || fail 'no function'
! grep -q "$(printf '\033')" "$out" || fail 'a pipe gets what is for a terminal'
# self is a part of total, and all selfs together are what the process had
awk '/FUNCTION$/ { on = 1; next } /^$/ { on = 0 } on && $1 > $2 { exit 1 }' "$out" || fail 'more self than total'

# Of another CPU: nothing of it. Events are shares.
if [ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ]; then
	trace profile --top -C 1 -p "$victim" 2
	expect_no_line " +[0-9.]+ +$victim .*"
fi
trace profile --top -e page-faults --duration 2.5 -- "$own" touch 5000
expect_line '  SHARE +PID PROCESS'

command -v tmux >/dev/null || skip 'the rest needs tmux'
pane="tmux -L sonde-$$"
trap '$pane kill-server 2>/dev/null; stop_all' EXIT
$pane -f /dev/null new-session -d -x 90 -y 24 "exec '$sonde' profile --top -F 199 -p $victim 2>'$err'" || skip 'tmux does not start'
seen() { $pane capture-pane -p >"$out" && grep -q "$1" "$out"; }
when() { sed -n '1s/ .*//p' "$out"; }
wait_for 20 seen 'CPUs busy' || fail 'no view in the terminal'
first=$(when)
expect_line " +[0-9.]+ +$victim $comm"
expect_line '   SELF   TOTAL FUNCTION'
[ "$(wc -l <"$out")" -le 24 ] || fail 'the view does not fit'
another() { seen 'CPUs busy' && [ "$(when)" != "$first" ]; }
wait_for 10 another || fail 'the view stays as it is'
expect_eq 'views on the screen' "$(grep -c 'CPUs busy' "$out")" 1
# a smaller window: the next view fits it
$pane resize-window -x 60 -y 12 || skip 'this tmux cannot resize'
first=$(when)
wait_for 10 another || fail 'no view after the window changed'
another_fits() { seen 'CPUs busy' && ! grep -q '.\{61\}' "$out"; }
wait_for 10 another_fits || fail 'the view does not fit the smaller window'
$pane send-keys C-c
ended() { ! $pane has-session 2>/dev/null; }
wait_for 10 ended || fail '^C does not end it'
