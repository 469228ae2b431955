# lib.sh - what shell tests share; sourced first: . tests/lib.sh
#
# Tests run from the top folder, each with a TMPDIR of its own that is removed afterwards.
# A test ends by reaching its end (pass), by `skip REASON` or by `fail WORDS`. What it starts
# is killed when it ends, by pid.
set -u

sonde=$BUILD/sonde
helpers=$BUILD/helpers
out=$TMPDIR/out     # what `trace` and `trace_stop` captured: standard output
err=$TMPDIR/err     # ... and standard error
started_pids=

# Both are written to at their end: a traced `cat` has the same file, copies into it (copy_file_range)
# at a place that the kernel does not lock, and would overwrite a row that comes just then.
empty_output() {
	: >"$out"
	: >"$err"
}
empty_output

skip() { echo "$*"; exit 77; }

fail() {
	echo "FAIL: $*"
	for f in "$out" "$err"; do
		[ ! -s "$f" ] || { echo "--- $(basename "$f")"; head -n 60 "$f"; }
	done
	exit 1
}

stop_all() {
	for pid in $started_pids; do
		kill -s KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	started_pids=
}
trap 'stop_all' EXIT
trap 'exit 1' INT TERM

# few N: so many; a part of them where the machine is slow (SONDE_SLOW times slower than usual).
few() { echo $(($1 / ${SONDE_SLOW:-1})); }

# start CMD...: in the background; its pid is in $started.
start() {
	"$@" &
	started=$!
	started_pids="$started_pids $started"
}

# kernel_before M.N
kernel_before() {
	uname -r | awk -F '[.-]' -v want="$1" '{ split(want, w, "."); exit !($1 < w[1] || ($1 == w[1] && $2 < w[2])) }'
}

# Where a task may be preempted inside a probe (Linux 7 with preempt=full or lazy), the kernel
# meanwhile skips the probe for others on that CPU, and counts them.
probes_are_preempted() {
	! kernel_before 7.0 && grep -Eq '\((full|lazy)\)' /sys/kernel/debug/sched/preempt 2>/dev/null
}

# How many that were in the last run, as text or JSON says.
skipped() {
	cat "$out" "$err" | sed -n 's/^LOST: \([0-9]*\) probe runs skipped.*/\1/p; s/^{"type": "lost_events".*"program_skipped": \([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

# trace ARGS...: sonde to its end; fails when it does not exit 0. Again where what the test is to
# see may be what the kernel skipped.
trace() {
	for try in 1 2 3 4; do
		empty_output
		timeout $((${trace_limit:-30} * ${SONDE_SLOW:-1})) "$sonde" "$@" >>"$out" 2>>"$err" </dev/null
		status=$?
		[ $status -eq 0 ] || fail "sonde exited with status $status"
		probes_are_preempted && [ "$(skipped)" -gt 0 ] || return 0
	done
}

# Some kernels run no program while process 1 has the CPU, and a request may be completed in an
# interrupt of anybody. tracefs knows whom: unseen_completions FILE COMM prints how many of the
# requests that programs of that name gave to a disk were completed over process 1.
unseen_completions() {
	ls /proc/1/task | awk -v comm="[$2]" '
		FNR == NR { init[$1] = 1; next }
		{ for (i = 1; i <= NF && $i != "+"; i++) ; sector = $(i - 1) }
		/ block_rq_issue: / && $NF == comm { issued[sector] = 1 }
		/ block_rq_complete: / && sector in issued {
			match($0, /-[0-9]+ +\[/)
			if (substr($0, RSTART + 1, RLENGTH - 2) + 0 in init) unseen++
		}
		END { print unseen + 0 }' - "$1"
}

# trace_disk ARGS...: trace, for programs of the name $comm that use a disk; again when requests
# were completed where no program can see it.
trace_disk() {
	tracefs=$(awk '$3 == "tracefs" { print $2; exit }' /proc/mounts)
	instance=$tracefs/instances/sonde-test-$$
	for disk_try in 1 2 3 4 5 6; do
		[ "$tracefs" ] && mkdir "$instance" 2>/dev/null || { trace "$@"; return 0; }
		echo 8192 >"$instance/buffer_size_kb"
		echo 1 | tee "$instance/events/block/block_rq_issue/enable" >"$instance/events/block/block_rq_complete/enable"
		empty_output
		timeout $((${trace_limit:-30} * ${SONDE_SLOW:-1})) "$sonde" "$@" >>"$out" 2>>"$err" </dev/null
		status=$?
		cat "$instance/trace" >"$TMPDIR/witness"
		echo 0 | tee "$instance/events/block/block_rq_issue/enable" >"$instance/events/block/block_rq_complete/enable"
		rmdir "$instance"
		[ $status -eq 0 ] || fail "sonde exited with status $status"
		unseen=$(unseen_completions "$TMPDIR/witness" "$comm")
		[ "$unseen" -gt 0 ] || return 0
	done
	skip "this kernel runs no programs while process 1 has the CPU, which six times out of six completed requests"
}

# tool_is_here NAME: whether this kernel has the hooks that the tool asks for, and can run it; says so when not.
tool_is_here() {
	timeout $((20 * ${SONDE_SLOW:-1})) "$sonde" "$1" --dry-run >"$TMPDIR/here" 2>&1 && return 0
	grep -Eq ', which this kernel does not offer$|\[kernel-too-old\]$' "$TMPDIR/here" || return 0 # the test itself will say
	cat "$TMPDIR/here"
	return 1
}

# trace_start ARGS...: sonde in the background, returns when every probe is attached (it says
# so with "Attached"; never give -q here). Its pid is in $tracer.
trace_start() { trace_start_saying '^Attached' "$@"; }

# trace_start_saying REGEX ARGS...: the same for what says in other words that it is attached.
trace_start_saying() {
	saying=$1
	shift
	# Emptied here: the background is not in a hurry, and an earlier run said so, too.
	empty_output
	"$sonde" "$@" >>"$out" 2>>"$err" </dev/null &
	tracer=$!
	started_pids="$started_pids $tracer"
	wait_for 20 attached || fail "sonde did not attach"
}

attached() {
	kill -0 "$tracer" 2>/dev/null || fail "sonde ended before it attached"
	grep -q -e "$saying" "$out" "$err"
}

# trace_stop: as ^C does; fails when sonde does not then exit 0.
trace_stop() {
	kill -s INT "$tracer"
	wait "$tracer"
	status=$?
	[ $status -eq 0 ] || fail "sonde exited with status $status"
}

# wait_for SECONDS CMD...: until the command succeeds; 1 when it did not in time.
wait_for() {
	left=$(($1 * 20 * ${SONDE_SLOW:-1}))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.05
	done
}

# expect_eq WHAT ACTUAL EXPECTED
expect_eq() {
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

# expect_all WHAT ACTUAL EXPECTED: no event is missing but those that the kernel skipped and counted.
expect_all() {
	if probes_are_preempted; then
		[ "$2" -le "$3" ] && [ $(($2 + $(skipped))) -ge "$3" ] || fail "$1: got $2, $(skipped) skipped, of $3"
	else
		expect_eq "$@"
	fi
}

# expect_same WHAT LEAST: what a witness has written to $TMPDIR/theirs, LEAST lines of it, is what is
# in $TMPDIR/ours.
expect_same() {
	[ "$(wc -l <"$TMPDIR/theirs")" -ge "$2" ] || fail "$1: the witness saw next to nothing"
	diff "$TMPDIR/theirs" "$TMPDIR/ours" >"$out" || fail "$1: not what the witness saw (<)"
	echo "$1: $(wc -l <"$TMPDIR/ours") lines"
}

# expect_line REGEX [FILE]: a whole line of what sonde printed (extended regex).
expect_line() {
	grep -Exq -e "$1" "${2:-$out}" || fail "no line matches: $1"
}

expect_no_line() {
	! grep -Exq -e "$1" "${2:-$out}" || fail "a line matches: $1"
}

# map_value NAME [KEY]: the value of "@NAME: V" or "@NAME[KEY]: V" as printed; 0 when absent.
map_value() {
	awk -v want="@$1${2:+[$2]}: " '
		index($0, want) == 1 { print substr($0, length(want) + 1); found = 1; exit }
		END { if (!found) print 0 }' "$out"
}

# need_root: skips where we are not.
need_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

# own NAME: a copy of a program of tests/workload under a name nobody else runs; its path is
# in $own, the name (its comm, too) in $comm.
own() {
	comm=$(echo "$1" | cut -c1-7)$$ # a comm holds 15 characters
	own=$TMPDIR/$comm
	cp "$BUILD/workload/$1" "$own" || fail "$1 is not built"
}

# session_of BYTES: $TMPDIR/session.py, a program of one connection on 127.0.0.1: its client sends so
# many bytes, its server receives them, and both end it.
session_of() {
	cat >"$TMPDIR/session.py" <<-E
		import socket
		server = socket.socket()
		server.bind(("127.0.0.1", 0))
		server.listen()
		client = socket.create_connection(server.getsockname())
		peer, _ = server.accept()
		client.sendall(b"x" * $1)
		got = 0
		while got < $1:
		    got += len(peer.recv(4096))
		client.close()
		peer.close()
	E
}

# need_strace: skips where there is none, or it may not trace.
need_strace() {
	command -v strace >/dev/null || skip 'strace is not installed (./setup bench)'
	strace -o /dev/null true 2>/dev/null || skip 'strace cannot run here'
}

# lost CAUSE...: how many of these a JSON run lost, as the file of -o (or $out) reports.
lost() {
	for cause; do
		sed -n "s/^{\"type\": \"lost_events\".*\"$cause\": \\([0-9]*\\).*/\\1/p" "${report:-$out}"
	done | awk '{ n += $1 } END { print n + 0 }'
}

# expect_nothing_lost [FILE]: standard error of a text run says nothing of losses.
expect_nothing_lost() {
	probes_are_preempted && skips='^LOST: [0-9]* probe runs skipped' || skips='^$'
	! grep -v "$skips" "${1:-$err}" | grep -i 'lost\|refused\|dropped\|skipped' || fail "something was lost"
}
