# The examples, each on something staged that it is to find.
. tests/lib.sh
need_root
own tasks
top=$PWD
PATH=$TMPDIR/bin:$PATH
mkdir "$TMPDIR/bin"
cp "$sonde" "$TMPDIR/bin/sonde"
sonde=$TMPDIR/bin/sonde
python=$(command -v /usr/bin/python3 || command -v python3) || python=

# ---- who-killed-it ----
trace examples/who-killed-it.bt -c "$own kill"
killed=$(sed -n 's/^children \([0-9]*\) .*/\1/p' "$out")
expect_line "[0-9:]+ +$comm +[0-9]+ +9 +$comm +$killed *"

# ---- block-requests, and biosnoop beside it: what the program wrote, where the file system put it ----
dd=$TMPDIR/dd$$
cp "$(command -v dd)" "$dd"
file=$TMPDIR/data
case $(stat -f -c %T "$TMPDIR") in
tmpfs | ramfs | overlayfs) ;;
*)
	dd if=/dev/zero of="$file" bs=64k count=20 status=none
	sync "$file"
	again="$dd if=/dev/zero of=$file bs=64k count=20 oflag=direct conv=notrunc status=none"
	if trace examples/block-requests.bt -c "$again"; then
		awk -v comm="dd$$" '$1 == comm && $3 == "W" && $5 == 65536 { print $4 }' "$out" | sort -n >"$TMPDIR/offsets"
		expect_eq 'block-requests: writes' "$(wc -l <"$TMPDIR/offsets")" 20
		trace biosnoop -o --comm "dd$$" --json --cmd "$again"
		sed -n 's/.*"t": "W[A-Z]*".*"offset": \([0-9]*\).*"bytes": 65536.*/\1/p' "$out" | sort -n >"$TMPDIR/biosnoop"
		cmp -s "$TMPDIR/offsets" "$TMPDIR/biosnoop" || fail 'biosnoop has other offsets than the script'
	fi
	# by the file system: extents in sectors of the disk, each of 128 a write
	start=$(cat "/sys/dev/block/$(stat -c '%Hd:%Ld' "$TMPDIR")/start" 2>/dev/null || echo 0)
	if filefrag -b512 -v "$file" >"$TMPDIR/extents" 2>/dev/null; then
		awk -v start="$start" '$1 ~ /^[0-9]+:$/ { gsub(/[.:]/, " "); for (at = 0; at < $6; at += 128) printf "%.0f\n", ($4 + at + start) * 512 }' \
			"$TMPDIR/extents" | sort -n >"$TMPDIR/wanted"
		# a file in whole pieces of 64 KB
		[ "$(wc -l <"$TMPDIR/wanted")" != 20 ] || cmp -s "$TMPDIR/offsets" "$TMPDIR/wanted" || fail 'the file is elsewhere'
	fi
	# ---- bitehist ----
	trace examples/bitehist.bt -c "$again"
	expect_line '\[64, 128\) +[0-9]+ .*' ;;
esac

# ---- tls-plaintext ----
if [ "$python" ] && command -v openssl >/dev/null && "$python" -c 'import ssl' 2>/dev/null; then
	trace examples/tls-plaintext.bt -c "$python tests/samples/bin/tls 16384"
	expect_line 'sonde-tls [0-9]+ sends 16384'
	expect_line 'sonde-tls [0-9]+ receives 16384'
	expect_eq 'a record, whole, both ways' "$(awk '/^Bx*E$/ && length == 16384' "$out" | wc -l)" 2
fi

# ---- pwritev-latency: two threads of one program, one of which waits for the disk ----
if [ "$python" ]; then
	cat >"$TMPDIR/store.py" <<-'E2'
		import os, sys, threading
		def write(name, file, times):
		    open("/proc/self/task/%d/comm" % threading.get_native_id(), "w").write(name)
		    fd = os.open(file, os.O_WRONLY | os.O_CREAT)
		    for i in range(times):
		        os.pwritev(fd, [b"x" * 512, b"y" * 512], i * 1024)
		threads = [threading.Thread(target=write, args=a) for a in
		           (("tp_fstore_op", sys.argv[1], 30), ("tp_other", sys.argv[1] + "2", 7))]
		for t in threads: t.start()
		for t in threads: t.join()
	E2
	trace examples/pwritev-latency.bt --json -c "$python $TMPDIR/store.py $TMPDIR/store"
	for want in tp_fstore_op:30 tp_other:7; do
		counts=$(grep -o "\[\"${want%:*}\"\], \"value\": \[[^]]*\]" "$out" | grep -o '"count": [0-9]*' | awk '{ n += $2 } END { print n + 0 }')
		expect_all "pwritev of ${want%:*}" "$counts" "${want#*:}"
	done

	# ---- bitehist.py: a picture of what sonde counts ----
	if [ -e "$TMPDIR/offsets" ]; then
		"$python" examples/bitehist.py 1 2 >"$TMPDIR/picture" 2>"$err" &
		front=$!
		started_pids="$started_pids $front"
		drawn() { grep -Eq '^ +64 -> 127 +: [0-9]+ +\|\*+ *\|$' "$TMPDIR/picture"; }
		for try in 1 2 3 4 5 6 7 8; do
			drawn && break
			kill -0 $front 2>/dev/null || break
			eval "$again"
			sleep 0.5
		done
		wait $front || fail 'bitehist.py failed'
		drawn || { cp "$TMPDIR/picture" "$out"; fail 'bitehist.py drew no writes of 64 KB'; }
	fi

	# ---- profile-python3: the exec starts a profiler, which finds what the program does. By a name of
	# our own, and as stacks that can be read here.
	name=py$$
	cp "$python" "$TMPDIR/bin/$name"
	sed "s/\"python3\"/\"$name\"/; s/\.html/.folded/" examples/profile-python3.bt >"$TMPDIR/profile.bt"
	cat >"$TMPDIR/busy.py" <<-'E2'
		import time
		end = time.time() + 3
		while time.time() < end:
		    sum(range(1000))
	E2
	cd "$TMPDIR" || fail "no $TMPDIR"
	trace --unsafe profile.bt -c "$TMPDIR/bin/$name busy.py"
	pid=$(sed -n "s/^[0-9:]* python3 is \([0-9]*\): .*\/bin\/$name\$/\1/p" "$out")
	[ "$pid" ] || fail 'the exec was not seen'
	finished() { [ -s "python3-$pid.folded" ]; }
	wait_for 20 finished || fail 'no profile'
	[ "$(awk '/sum|PyEval|Py/ { n += $NF } END { print n + 0 }' "python3-$pid.folded")" -ge 50 ] ||
		{ cp "python3-$pid.folded" "$out"; fail 'the profile is not of what python3 did'; }
	cd "$top" || fail "no $top"
fi

# ---- the lines of the README ----
run_line() { # NUMBER CMD...: the script of that line
	script=$(sed -n "s/^    sonde -e '\(.*\)'\$/\1/p" examples/README.md | sed -n "$1p")
	shift
	[ "$script" ] || fail 'examples/README.md has other lines'
	trace "$@" -e "$script" -c "cat /etc/hostname"
}
run_line 1
expect_line 'cat /etc/hostname'
run_line 2
expect_line '@\[cat\]: [0-9]+'
run_line 3
[ "$(map_value '' cat)" -ge "$(wc -c </etc/hostname)" ] || fail 'bytes read by cat'
run_line 4
expect_line '@bytes: ?'

# ---- cpuset-callers ----
if "$sonde" --dry-run examples/cpuset-callers.bt >"$out" 2>"$err"; then
	trace examples/cpuset-callers.bt -c "sh -c 'while read -r line; do :; done </proc/self/cpuset; taskset 1 true'"
	grep -q '^@calls\[cpuset_' "$out" || fail 'no cpuset function'
	grep -q 'sh\|taskset' "$out" || fail 'not by our programs'
else
	skip "cpuset-callers: $(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"
fi
