# The lines of `sonde strace` are those of strace: a program that makes calls of every kind, ls -l,
# python3 and curl, each run under both, in order. Addresses, numbers of processes and ports, and what
# the machine measures meanwhile, are made the same before.
. tests/lib.sh
need_root
need_strace

# SIGCHLD that nobody handles is a signal for strace alone, which asks the kernel to keep it.
same() {
	sed -E 's/0x[0-9a-f]{6,}/ADDRESS/g
		s/\) += /) = /
		s/htons\([0-9]+\)/htons(PORT)/g
		s/left \{[^}]*\}/left {TIME}/
		s/^(sysinfo|getrandom)\(.*/\1(...)/
		s/(si_pid=|pid=|= |kill\(|wait4\(|rt_sigqueueinfo\(|tgkill\([0-9]+, )[0-9]{3,}/\1NUMBER/g
		s/tv_usec=[0-9]+/tv_usec=T/g
		s/si_utime=[0-9]+, si_stime=[0-9]+/si_utime=T, si_stime=T/
		s/tgkill\([0-9]+/tgkill(NUMBER/' "$1" | grep -v '^--- SIGCHLD' | drop
}

agree() { # NAME CMD...: both, compared; `drop` filters what differs from run to run
	name=$1
	shift
	prepare
	strace -o "$TMPDIR/$name.strace" "$@" >/dev/null 2>"$err" </dev/null
	theirs=$?
	prepare
	timeout 60 "$sonde" strace -o "$TMPDIR/$name.sonde" "$@" >/dev/null 2>"$err" </dev/null
	expect_eq "$name: exit status" "$?" "$theirs"
	expect_nothing_lost
	same "$TMPDIR/$name.strace" >"$TMPDIR/theirs"
	same "$TMPDIR/$name.sonde" >"$TMPDIR/ours"
	[ -s "$TMPDIR/theirs" ] || fail "$name: strace wrote nothing"
	diff "$TMPDIR/theirs" "$TMPDIR/ours" >"$out" || fail "$name: other lines than strace's"
	echo "$name: $(wc -l <"$TMPDIR/ours") lines"
}

prepare() { :; }
drop() { cat; }
agree ls ls -l src

prepare() { rm -rf "$TMPDIR/calls"; mkdir "$TMPDIR/calls"; }
agree calls "$helpers/system-calls" "$TMPDIR/calls"

prepare() { :; }
[ ! -x /usr/bin/python3 ] || agree python /usr/bin/python3 -c pass

# curl waits for the server: how often differs.
if command -v curl >/dev/null && [ -x /usr/bin/python3 ]; then
	/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory tests 0 >"$TMPDIR/server" 2>&1 &
	started_pids="$started_pids $!"
	wait_for 10 grep -q 'port [0-9]' "$TMPDIR/server" || skip "python3 -m http.server does not start"
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$TMPDIR/server")
	drop() { grep -v '^poll(\|^rt_sigaction(\|EAGAIN\|^futex(\|^recvfrom(\|^brk(\|^write(1'; }
	agree curl curl -s "http://127.0.0.1:$port/lib.sh"
	grep -q '^recvfrom(5, "HTTP/1.0 200 OK' "$TMPDIR/curl.sonde" || fail "no answer was read"
	grep -q '^poll(\[{fd=5, events=POLL' "$TMPDIR/curl.sonde" || fail "nothing was waited for"
fi
