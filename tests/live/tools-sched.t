# Tools that tell of the scheduler, on threads whose states are known: how long they run, wait,
# sleep, at which stack, and who woke them up. Only what they did themselves counts.
. tests/lib.sh
need_root
own tasks

# total UNIT [FILE]: events of a histogram in JSON
events() { grep -o '"count": [0-9]*' "$out" | awk '{ n += $2 } END { print n + 0 }'; }

# cpudist: two that share a CPU take turns; twelve naps of 20 ms are twelve times off
two="sh -c 'taskset -c 0 $own spin 300 & taskset -c 0 $own spin 300; wait'"
command -v taskset >/dev/null || skip 'no taskset'
trace cpudist --comm "$comm" --json --cmd "$two"
[ "$(events)" -ge 4 ] || fail 'cpudist: two on one CPU took no turns'
trace cpudist -Om -e --comm "$comm" --cmd "$own nap 12"
expect_line ' +16 -> 31 +: [0-9]+ .*'
[ "$(sed -n 's/ *16 -> 31  *: \([0-9]*\).*/\1/p' "$out")" -ge $(($(few 12) / 2)) ] || fail 'cpudist -O: where are twelve naps'
grep -q '@all: { .count = [0-9]*, .average = [0-9]*, .total = [0-9]* }' "$out" || fail 'cpudist -e: no sums'

# runqslower, runqlen, cpuwalk, cpuunclaimed: somebody waits behind somebody, on CPU 0 alone
trace runqslower -P --comm "$comm" 500 --cmd "$two"
expect_line "[0-9:]+ +$comm +[0-9]+ +[0-9]+ +.+ [0-9]+ *"
trace runqlen -C 1 1 --cmd "$two"
grep -q '^@runqlen\[0\]:' "$out" || fail 'runqlen: nothing of CPU 0'
"$own" spin 9000 >"$TMPDIR/spin" &
started_pids="$started_pids $!"
taskset -c 0 "$own" spin 9000 >"$TMPDIR/spin2" &
started_pids="$started_pids $!"
taskset -c 0 "$own" spin 9000 >"$TMPDIR/spin3" &
started_pids="$started_pids $!"
trace runqlen -O --by cpu 1 1 --json
awk '/"key": \[0\]/ { found = 1 } END { exit !found }' "$out" || fail 'runqlen -O: nothing of CPU 0'
trace cpuwalk --comm "$comm" 1 1
grep -q '^\[0\]  *[1-9]' "$out" || fail 'cpuwalk: nobody on CPU 0'
trace cpuunclaimed 1 1
expect_line '%CPU +[0-9]+\.[0-9][0-9]%, unclaimed idle [0-9]+\.[0-9][0-9]%'
stop_all

# profile: where it spins; whole CPU time by samples
trace profile -f -F 99 --comm "$comm" --cmd "$own burn 1000"
samples=$(awk -v c="$comm;" 'index($0, c) == 1 { n += $NF } END { print n + 0 }' "$out")
[ "$samples" -ge 50 ] || fail "profile: $samples samples"
# most of them in the clock, which has no frame pointers
grep -q "^$comm;.*main" "$out" || fail "profile: never in main"
expect_no_line 'Sampling.*'
trace profile -fc 10000000 --comm "$comm" --cmd "$own burn 1000"
grep -q "^$comm;" "$out" || fail 'profile -c: no sample'

# offcputime: twelve naps of 20 ms, in nap_here(); in microseconds
if tool_is_here offcputime; then
	trace offcputime -f --comm "$comm" --cmd "$own nap 12"
	slept=$(awk -v c="$comm;" 'index($0, c) == 1 && /do_nanosleep/ { n += $NF } END { print n + 0 }' "$out")
	[ "$slept" -ge 240000 ] && [ "$slept" -lt 5000000 ] || fail "offcputime: $slept us of 240000"
	trace offcputime -K --state 1 -m 15000 --comm "$comm" --json --cmd "$own nap 12"
	grep -q 'do_nanosleep' "$out" || fail 'offcputime -K: no nap'
	trace offcputime -k --comm "$comm" --cmd "$own nap 3"
	expect_no_line '.*do_nanosleep.*'
fi

# wakeuptime, offwaketime: who writes wakes up who reads
trace wakeuptime -f --comm "$comm" --cmd "$own handover 20"
grep -q "^$comm;$comm;.*pipe_write.* [0-9]*\$" "$out" || fail 'wakeuptime: no writer'
if tool_is_here offwaketime; then
	trace offwaketime -f --comm "$comm" --cmd "$own handover 20"
	child=$(sed -n 's/^child //p' "$out")
	blocked=$(awk -v c="$comm;$child;" 'index($0, c) == 1 && /pipe_read.*;--;.*pipe_write/ { n += $NF } END { print n + 0 }' "$out")
	[ "$blocked" -ge 300000 ] || fail "offwaketime: blocked for $blocked us of 400000"
	grep -q "^$comm;$child;.*pipe_read.*;--;.*pipe_write.*;$comm [0-9]*\$" "$out" || fail 'offwaketime: not who woke it up'
fi

# futexctn and tsa: a thread that waits 60 ms at a mutex, the other one naps meanwhile
trace futexctn --by pid --comm "$comm" --json --cmd "$own lock 60"
expect_eq 'futexctn: waits of 32 to 262 ms' "$(grep -oE '"min": (32768|65536|131072), "max": [0-9]+, "count": 1' "$out" | wc -l)" 1
if tool_is_here tsa; then
	trace tsa --comm "$comm" --json --cmd "$own lock 60"
	field() { sed -n "s/.*\"$1\": \\([0-9.]*\\).*/\\1/p" "$2"; }
	grep '"type": "row"' "$out" | sort -t: -k 6 >"$TMPDIR/rows"
	expect_eq 'tsa: threads' "$(wc -l <"$TMPDIR/rows")" 2
	locked=$(field lock_ms "$TMPDIR/rows" | sort -n | tail -n 1)
	slept=$(field sleep_ms "$TMPDIR/rows" | sort -n | tail -n 1)
	awk "BEGIN { exit !($locked >= 55 && $locked < 2000) }" || fail "tsa: $locked ms at the lock"
	awk "BEGIN { exit !($slept >= 55 && $slept < 2000) }" || fail "tsa: $slept ms asleep"
	trace tsa -s --comm "$comm" --json --cmd "$own spin 400"
	share=$(field run "$out") queued=$(field runq "$out")
	awk "BEGIN { exit !($share + $queued >= 90 && $share > 1) }" || fail "tsa: $share % run, $queued % in the queue"
	if dd if=/dev/zero of="$TMPDIR/block" bs=64k count=1 oflag=direct 2>/dev/null; then
		trace tsa --comm dd --json --cmd "dd if=/dev/zero of=$TMPDIR/block bs=64k count=200 oflag=direct status=none"
		case $(stat -f -c %T "$TMPDIR") in
		tmpfs | ramfs | overlayfs) ;;
		*) awk "BEGIN { exit !($(field disk_ms "$out" | sort -n | tail -n 1) > 0) }" || fail 'tsa: no wait for the disk' ;;
		esac
	fi
fi

# syscount: errors and calls by name
trace syscount -e ENOENT --syscall openat --comm cat --json --cmd 'cat /no/such/file 2>/dev/null'
grep -q '"key": \["openat"\]' "$out" || fail 'syscount -e ENOENT'
expect_eq 'syscount --syscall: calls' "$(grep -o '"key"' "$out" | sort -u | wc -l)" 1
trace syscount -LP --comm "$comm" --cmd "$own nap 5"
expect_line "[0-9]+ +$comm +[0-9]+ +[1-9][0-9]+\.[0-9]+"
