# What flags of several tools do: rows with commas, folded stacks with a -, lists, columns, sorting.
. tests/lib.sh
need_root
command -v python3 >/dev/null || skip 'no python3'

# tcplife -s, tcpstates -s: no blanks, as many values as titles
session_of 4096
comm=py$$
cp "$(command -v /usr/bin/python3 || command -v python3)" "$TMPDIR/$comm"
session="$TMPDIR/$comm $TMPDIR/session.py"
trace tcplife -s --comm "$comm" --cmd "$session"
expect_line 'PID,COMM,LADDR,LPORT,RADDR,RPORT,TX_KB,RX_KB,MS'
expect_line "[0-9]+,$comm,127\.0\.0\.1,[0-9]+,127\.0\.0\.1,[0-9]+,4,0,[0-9.]+"
trace tcpstates -s --comm "$comm" --cmd "$session"
expect_line 'SKADDR,C-PID,C-COMM,LADDR,LPORT,RADDR,RPORT,OLDSTATE,NEWSTATE,MS'
expect_line "[0-9a-f]+,[0-9]+,$comm,127\.0\.0\.1,[0-9]+,127\.0\.0\.1,[0-9]+,SYN_SENT,ESTABLISHED,[0-9.]+"
trace tcptracer -v --comm "$comm" --cmd "$session"
netns=$(readlink /proc/self/ns/net | tr -dc 0-9)
expect_line "C +[0-9]+ +$comm +4 +127\.0\.0\.1 +127\.0\.0\.1 +[0-9]+ +[0-9]+ +$netns"
trace tcptracer -N "$netns" --comm "$comm" --cmd "$session"
expect_line "A +[0-9]+ +$comm .*"
trace tcptracer -N 1 --comm "$comm" --cmd "$session"
expect_no_line ".*$comm.*"

# offcputime -df: a - between the frames of the program and those of the kernel
own tasks
if tool_is_here offcputime; then
	trace offcputime -df --comm "$comm" --cmd "$own nap 5"
	expect_line "$comm;.*;-;.*schedule.* [0-9]+"
	trace offcputime -f --delimited --comm "$comm" --cmd "$own nap 5"
	expect_line "$comm;.*;-;.*schedule.* [0-9]+"
	trace offcputime -f --comm "$comm" --cmd "$own nap 5"
	expect_no_line '.*;-;.*'
fi

# syscount -l, execsnoop -P, opensnoop -c, biolatpcts -p, klockstat -S
if ! kernel_before 5.17; then # a loop over all calls
	trace syscount -l
	expect_line ' +1: write'
	expect_line ' *231: exit_group'
fi
cat >"$TMPDIR/children" <<E
echo \$\$ >$TMPDIR/parent
sleep ${SONDE_SLOW:-1}
/bin/true
sh -c '/bin/false; :'
E
start sh "$TMPDIR/children"
wait_for 5 test -s "$TMPDIR/parent"
trace execsnoop -P "$(cat "$TMPDIR/parent")" --duration $((3 * ${SONDE_SLOW:-1}))
expect_line 'true +[0-9]+ +[0-9]+ +0 +/bin/true'
expect_no_line 'false +.*'
trace opensnoop -c --comm cat --cmd "cat $TMPDIR/children"
grep -A 3 "$TMPDIR/children *\$" "$out" | grep -Eq '^ +.*open' || fail 'opensnoop -c: no stack below the line'
if tool_is_here klockstat; then
	for column in wait_avg wait_count wait_total; do
		"$sonde" klockstat -P -S $column --dry-run >"$out" 2>"$err" || fail "klockstat -S $column"
	done
	"$sonde" klockstat -P -S nothing --dry-run >"$out" 2>"$err" && fail 'klockstat -S nothing'
	grep -q 'sorts by all, wait_avg, wait_count, wait_total' "$err" || fail 'klockstat -S nothing: no reason'
fi
