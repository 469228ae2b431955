# Tools that tell of processes, on a program that does each thing as often as it says: how it
# ends, signals, users, threads, shared memory, messages, naps, privileges, page faults.
. tests/lib.sh
need_root
own tasks

# exitsnoop, killsnoop, sigsnoop: three children, one killed, one that fails
export TZ=UTC+5 # five hours behind
trace exitsnoop -t --utc --comm "$comm" --cmd "$own kill"
unset TZ
awk '/^[0-9][0-9]:/ { split($1, here, ":"); split($2, there, ":"); if ((there[1] - here[1] + 24) % 24 != 5) bad++; n++ }
	END { exit !n || bad }' "$out" || fail 'exitsnoop --utc: not five hours later'
trace exitsnoop --comm "$comm" --cmd "$own kill"
expect_line "$comm +[0-9]+ +[0-9]+ +[0-9]+ +[0-9.]+ +signal 9 \(KILL\)"
expect_line "$comm +[0-9]+ +[0-9]+ +[0-9]+ +[0-9.]+ +code 3"
expect_eq 'exitsnoop: those that ended well' "$(grep -cE "^$comm .* 0\$" "$out")" 2
trace exitsnoop -x --label ours --json --comm "$comm" --cmd "$own kill"
expect_eq 'exitsnoop -x' "$(grep -c '"label": "ours"' "$out")" 2
grep -q '"exit_code": "code 3"' "$out" || fail 'exitsnoop --json: no code 3'
trace killsnoop --comm "$comm" --cmd "$own kill"
killed=$(sed -n 's/^children \([0-9]*\) .*/\1/p' "$out")
expect_line "[0-9:]+ +[0-9]+ +$comm +9 +$killed +0"
expect_line "[0-9:]+ +[0-9]+ +$comm +12 +[0-9]+ +-3"
trace killsnoop -x -s SIGUSR2 --comm "$comm" --cmd "$own kill"
expect_eq 'killsnoop -x -s' "$(grep -c "$comm" "$out")" 1
trace sigsnoop -n -s KILL --comm "$comm" --cmd "$own kill"
expect_line "[0-9:]+ +[0-9]+ +$comm +SIGKILL +[0-9]+ +$comm +0"
expect_no_line '.*SIGCHLD.*'
trace sigsnoop -k --comm "$comm" --cmd "$own kill"
expect_eq 'sigsnoop -k' "$(grep -cE "^[0-9:]+ .* $comm " "$out")" 2
"$sonde" sigsnoop -s NOSUCH >"$out" 2>"$err" && fail 'a signal of no such name'
expect_line "sonde: --signal wants a signal's name or number, not 'NOSUCH'" "$err"

# setuids
trace setuids --comm "$comm" --cmd "$own users"
expect_line "[0-9:]+ +[0-9]+ +$comm +0 +setresuid +1234 +1234 +1234 0"
expect_line "[0-9:]+ +[0-9]+ +$comm +1234 +setuid +4321 +4321 +4321 -1"

# threadsnoop: the function's name
trace threadsnoop --comm "$comm" --cmd "$own thread 3"
expect_eq 'threadsnoop' "$(grep -cE "^[0-9]+ +[0-9]+ +$comm +thread_begins\$" "$out")" 3

# shmsnoop
trace shmsnoop --comm "$comm" --cmd "$own shm"
id=$(sed -n 's/^id \([0-9a-f]*\) at .*/\1/p' "$out")
at=$(sed -n 's/^id .* at \([0-9a-f]*\)/\1/p' "$out")
expect_line "[0-9]+ +$comm +shmget +$id +0 +65536 +0 380"
expect_line "[0-9]+ +$comm +shmat +$at +$id +0 +0 0"
expect_line "[0-9]+ +$comm +shmdt +0 +0 +0 +$at 0"
expect_line "[0-9]+ +$comm +shmctl +0 +$id +0 +0 0"
expect_line "[0-9]+ +$comm +shmget +fffffffffffffffe +deadbeef +1 +0 0"

# undump, naptime
trace undump --comm "$comm" --cmd "$own messages"
expect_line "[0-9:]+ +$comm +[0-9]+ +5 +first"
expect_line "[0-9:]+ +$comm +[0-9]+ +6 +second"
expect_line "[0-9:]+ +$comm +[0-9]+ +6 +third.x0a"
expect_line "[0-9:]+ +$comm +[0-9]+ +6 +fo"
trace naptime --comm "$comm" --cmd "$own nap 4"
expect_eq 'naptime' "$(grep -cE " $comm +0\.020\$" "$out")" 4

# capable: what becoming another user asks for, granted once and refused once
trace capable --comm "$comm" --cmd "$own users"
expect_line "[0-9:]+ +0 +[0-9]+ +$comm +7 +CAP_SETUID +allow"
expect_line "[0-9:]+ +1234 +[0-9]+ +$comm +7 +CAP_SETUID +deny"
trace capable --denied -K --comm "$comm" --cmd "$own users"
expect_no_line '.* allow'
grep -q 'setuid' "$out" || fail 'capable -K: no stack'

# elfsnoop, execsnoop: the program, with all of fifty arguments
trace elfsnoop --comm "$comm" --cmd "$own nap 1"
expect_line "[0-9:]+ +[0-9]+ +$comm +$own +$own +[a-z0-9]+ +$(stat -c %i "$own") +0"
many=$(seq -s ' ' 1000 1049)
trace execsnoop --comm "$comm" --cmd "$own nap $many"
expect_line "$comm +[0-9]+ +[0-9]+ +0 $own nap $many"

# faults: each page once, besides what it takes to start
trace faults --comm "$comm" --json --cmd "$own touch 3000"
expect_eq 'faults: rows' "$(grep -o "\"key\": \[[0-9]*,\"$comm\"\], \"value\": 3[0-4][0-9][0-9]}" "$out" | wc -l)" 1
trace faults -sf --comm "$comm" --cmd "$own touch 3000"
[ "$(awk -v c="$comm;" 'index($0, c) == 1 && (/;main / || $NF >= 1000) { n += $NF } END { print n + 0 }' "$out")" -ge 2990 ] || fail 'faults -s: not all of one place'

# slab caches and kmem: a thread takes a task, and memory
trace kmem --by comm --comm "$comm" --cmd "$own thread 20"
[ "$(map_value bytes "$comm")" -gt 20000 ] || fail 'kmem: 20 threads for nothing'

# bpflist: another sonde holds programs and maps
"$sonde" -q -e 'interval:s:100 { @x = count(); }' >/dev/null 2>&1 &
other=$!
started_pids="$started_pids $other"
wait_for 10 sh -c "'$sonde' bpflist --pid $other 2>/dev/null | grep -q prog" || fail 'bpflist: nothing of the other'
trace bpflist
expect_line "$other +sonde +prog +[0-9]+"
expect_line "$other +sonde +map +[0-9]+"
held=$(ls -l "/proc/$other/fd" | grep -c 'bpf-map')
expect_line "$other +sonde +map +$held"
