# Known waits: offcpu, wakeup and offwake name who waited and who ended it, with the times that the
# program measured itself, to 1 %: what was on no CPU is what the clock says less the thread's own CPU
# time, and never more than the clock says. Who waits still at the end is there, too.
. tests/lib.sh
need_root
tool_is_here offcputime || skip "$(head -n 1 "$TMPDIR/here")"
own waits
mkfifo "$TMPDIR/go"
where=/var/tmp
[ -w $where ] || where=$TMPDIR
trap 'rm -f "$where/$comm"; stop_all' EXIT

# What interrupts and a hypervisor took, in clock ticks of all CPUs: proc(5).
ticks_taken() { awk '/^cpu / { print $7 + $8 + $9 }' /proc/stat; }

# session ARGS...: a new process of the program, all of its waits under sonde; what it says in `said`,
# the tracer's results in $out
session() {
	: >"$TMPDIR/said"
	"$own" "$where/$comm" <"$TMPDIR/go" >"$TMPDIR/said" &
	victim=$!
	started_pids="$started_pids $victim"
	exec 9>"$TMPDIR/go"
	wait_for 20 grep -q READY "$TMPDIR/said" || fail 'the program does not start'
	trace_start_saying '^[A-Z].* (us)' "$@" -f -p "$victim"
	taken=$(ticks_taken)
	echo >&9
	wait_for 60 grep -q DONE "$TMPDIR/said" || fail 'the program does not end'
	before=$("$own" now)
	taken=$(($(ticks_taken) - taken))
	stolen=$((taken ? (taken + 1) * 10000000 : 0)) # USER_HZ is 100 on every architecture that we know
	trace_stop
	after=$("$own" now)
	exec 9>&-
	wait "$victim"
	expect_nothing_lost_but_ends
}

# Where a stack ends is told, and no loss here.
expect_nothing_lost_but_ends() {
	grep '^LOST' "$err" | grep -v 'user stacks\|stacks cut\|samples skipped' && fail 'something was lost'
	:
}

# said NAME FIELD: a number that the program said behind that word
said() {
	awk -v name="$1" -v field="$2" '$1 == name { for (i = 3; i < NF; i++) if ($i == field) print $(i + 1) }' "$TMPDIR/said"
}
tid() { sed -n "s/^$1 \([0-9]*\) .*/\1/p" "$TMPDIR/said" | head -n 1; }

# us REGEX: of the folded stacks that match
us() { awk -v re="$1" '{ n = $NF; line = $0; sub(/ [0-9]+$/, "", line) } line ~ re { us += n } END { print us + 0 }' "$out"; }

# is_within US LEAST MOST: no more than MOST ns, no less than LEAST ns less 1 %
is_within() { awk "BEGIN { exit !($1 * 1000 >= $2 * 0.99 && $1 * 1000 <= $3) }"; }

wrong= # what was not within
within() { # WHAT US LEAST MOST
	least=$3
	case $1 in *w-disk*) least=$((least - stolen)) ;; esac # some ms, a good part of which may be so
	echo "$1: $2 us, of $least to $4 ns"
	is_within "$2" "$least" "$4" || wrong="$1: $2 us is not between $least ns less 1 % and $4 ns"
}

# in_three_sessions CHECK ARGS...: interrupts and a hypervisor take time from a thread that is neither on
# its own clock nor off the CPU for the scheduler. Reads of the disk may lack as much as /proc/stat has of it, and a
# tick; where a check fails for that otherwise, it has two more sessions.
in_three_sessions() {
	check=$1
	shift
	for try in 1 2 3; do
		session "$@"
		wrong=
		$check
		[ -n "$wrong" ] || return 0
		echo "again: $wrong"
	done
	fail "$wrong"
}

# wait_is NAME REGEX: it waited in these functions for the time that it was on no CPU, but for what it
# was kept from a CPU elsewhere meanwhile (the naps between its waits are not among it).
wait_is() {
	us_there=$(us "^$(tid "$1");.*$2")
	us_all=$(us "^$(tid "$1");")
	us_naps=$(us "^$(tid "$1");.*do_sys_poll")
	[ "$us_there" -gt 0 ] || fail "$1 never waited there"
	within "$1 in $2, and on its way there" $((us_all - us_naps)) "$(said "$1" off)" "$(said "$1" gone)"
	within "$1 in $2" "$us_there" $(($(said "$1" off) - 1000 * (us_all - us_naps - us_there))) "$(said "$1" wall)"
}

# ---- who waited, and for how long ----
waits_are() {
	wait_is w-sleep do_nanosleep
	wait_is w-mutex futex_wait
	wait_is w-pipe pipe_read
	wait_is w-chain pipe_read
	if grep -q '^w-disk' "$TMPDIR/said"; then
		wait_is w-disk sys_pread64
	fi
	since=$(said w-forever since)
	within 'offcpu: w-forever' "$(us "^$(tid w-forever);.*pipe_read")" $((before - since)) $((after - since))
}
in_three_sessions waits_are offcpu --by tid,ustack,kstack
tables=$("$sonde" --info | grep -c '^ *unwind tables *yes')
if [ "$tables" -gt 0 ]; then
	# one that came before the process was known may be short
	for place in w-sleep:wait_for_time w-mutex:wait_for_mutex w-pipe:wait_for_pipe; do
		[ "$(us "^$(tid ${place%:*});.*measured;${place#*:};.*schedule")" -ge 90000 ] || fail "offcpu: not in ${place#*:}"
	done
fi

# by state, and nothing of those that were only preempted
sleeps_are() {
	slept=$(sed -n "s/^@off\[$(tid w-chain), interruptible\]: //p" "$err")
	within 'offcpu --by state: w-chain, its naps included' "$slept" "$(said w-chain off)" $(($(said w-chain wall) + 100000000))
}
in_three_sessions sleeps_are offcpu --state 3 --by tid,state
grep -q '^@off.*runnable' "$err" && fail 'offcpu --state 3: who was preempted'

# ---- all of a thread's time: its states add up to its life ----
state() { # NAME STATE...: us in these
	thread=$(tid "$1")
	shift
	for each; do
		sed -n "s/^@time\[$thread, $each\]: //p" "$err"
	done | awk '{ us += $1 } END { print us + 0 }'
}
states_are() {
	for thread in w-sleep w-mutex w-pipe w-chain w-disk; do
		grep -q "^$thread " "$TMPDIR/said" || continue
		within "allcpu: all of $thread" "$(state $thread running runnable sleeping disk blocked stopped)" \
			"$(said $thread lived)" "$(said $thread gone)"
		within "allcpu: $thread waits" "$(state $thread runnable sleeping disk blocked)" \
			"$(said $thread off)" "$(said $thread gone)"
	done
	within 'allcpu: w-sleep sleeps' "$(state w-sleep sleeping)" 300000000 "$(said w-sleep gone)"
	within 'allcpu: w-forever' "$(state w-forever sleeping)" $((before - $(said w-forever since))) $((after - $(said w-forever since)))
}
in_three_sessions states_are allcpu --by tid,state
[ "$(state w-disk disk blocked)" -gt 0 ] || ! grep -q '^w-disk' "$TMPDIR/said" || fail 'allcpu: no wait for the disk'
cp "$BUILD/workload/tasks" "$TMPDIR/t$comm"
trace allcpu -f -F 499 --by comm,state,ustack,kstack --comm "t$comm" --cmd "$TMPDIR/t$comm spin 500"
on=$(us "^t$comm;(running|runnable);") running=$(us "^t$comm;running;.*main")
[ "$on" -ge 495000 ] || fail "allcpu: $on us of 500000 spinning or waiting for a CPU"
[ "$tables" -eq 0 ] || [ "$running" -gt 0 ] || fail 'allcpu: it never ran in main'
# but for samples that came when the scheduler was just done
[ "$(us "^t$comm;running;.*__schedule$")" -le $((on / 20)) ] || fail 'allcpu: it ran in the scheduler'

# ---- who ended it: from the beginning of the wait to the waking ----
most() { sed -n "s/^$1 .* woken [0-9]* //p" "$TMPDIR/said"; }
waking() { # WAKER TARGET FUNCTION
	echo "wakeup: $1 $2: $(us "^$1;$2;.*$3") us, of $(said "$2" woken) to $(most "$2") ns"
	is_within "$(us "^$1;$2;.*$3")" "$(said "$2" woken)" "$(most "$2")"
}
# again where somebody was kept from a CPU between "I begin to wait" and waiting
for try in 1 2 3; do
	session wakeup --by waker,target,kstack
	waking w-holder w-mutex futex_wake && waking w-writer w-pipe pipe_write && waking w-third w-chain pipe_write && try=good && break
done
[ $try = good ] || fail 'wakeup: not the times from waiting to waking'

# ---- both, and the chain of those who woke up the waker ----
chains_are() {
	wait_is w-mutex 'futex_wait.*;--;.*futex_wake.*;w-holder'
	wait_is w-pipe 'pipe_read.*;--;.*pipe_write.*;w-writer'
	wait_is w-chain 'pipe_read.*;--;.*pipe_write.*;w-third;--;.*pipe_write.*;w-second;--;.*pipe_write.*;w-first'
	# a clock wakes up nobody in the name of whom it interrupts, and nothing comes before it
	wait_is w-sleep 'do_nanosleep.*;--;.*hrtimer_wakeup.*(asm_sysvec_[a-z_]*|el[01][a-z0-9_]*irq)$'
	within 'offwake: w-forever' "$(us "^$(tid w-forever);.*pipe_read[^-]*$")" $((before - $(said w-forever since))) $((after - $(said w-forever since)))
}
in_three_sessions chains_are offwake --by tid,kstack,wkstack,waker,kstack2,waker2,kstack3,waker3,kstack4,waker4
if [ "$tables" -gt 0 ]; then
	session offwake
	[ "$(us '^w-chain;.*wait_for_pipe;.*;--;.*write_pipe;.*;w-third;--;.*;pass_on;.*;w-second')" -ge 90000 ] ||
		fail 'offwake: not the functions of the chain'
fi
