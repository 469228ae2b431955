# Flags that bcc's tools have: what they select or add, with a workload that has both kinds.
. tests/lib.sh
need_root

# --exec: a command and its arguments, and nothing but that process
echo something >"$TMPDIR/one two"
trace opensnoop --exec cat "$TMPDIR/one two"
expect_line "[0-9]+ +cat +[0-9]+ +0 $TMPDIR/one two"
trace opensnoop --exec sh -c "cat '$TMPDIR/one two'; :"
expect_line '[0-9]+ +sh +[0-9]+ +0 .*libc.*'
expect_no_line '[0-9]+ +cat .*'
own tasks
trace syscount --exec "$own" nap 30
expect_line 'clock_nanosleep +30'
"$sonde" syscount --exec >"$out" 2>"$err" && fail 'syscount --exec: took nothing for a command'
grep -q 'no command behind --exec' "$err" || fail 'syscount --exec: no reason'

# execsnoop -q, -l, -n: expressions on what is printed, quotation marks
trace execsnoop -q -l 'on[aeiou]" "two' --cmd "sh -c '/bin/echo one \"two three\" \"\"; /bin/echo four'"
expect_line '(sh|echo) +[0-9]+ +[0-9]+ +0 .*"one" "two three" ""'
expect_no_line '.*"four"'
trace execsnoop -n '^tru.$' --cmd "sh -c '/bin/echo one >/dev/null; /bin/true two'"
expect_line 'true +[0-9]+ +[0-9]+ +0 /bin/true two'
expect_no_line '(echo|sh) .*'
trace execsnoop --json -n '^tru.$' --cmd "sh -c '/bin/echo one >/dev/null; /bin/true two'"
expect_line '.*"pcomm": "true".*"args": \["/bin/true", "two"\].*'
expect_no_line '.*"pcomm": "echo".*'
"$sonde" execsnoop -n '(' >"$out" 2>"$err" && fail 'execsnoop -n (: taken'
grep -q "'(' is no regular expression" "$err" || fail 'execsnoop -n (: no reason'
# arguments beyond what is kept end with dots
long=$(head -c 20000 /dev/zero | tr '\0' a)
trace execsnoop -n true --cmd "/bin/true $long"
expect_line 'true +[0-9]+ +[0-9]+ +0 /bin/true a{16000,}\.\.\.'

# trace -A: each different line once, with how often it came
trace trace -A -n "$comm" 'sys_clock_nanosleep "clock %d", arg1' --cmd "$own nap 30"
expect_eq 'trace -A: lines' "$(grep -c 'sys_clock_nanosleep' "$out")" 1
expect_line "[0-9]+ +[0-9]+ +$comm +sys_clock_nanosl.* clock [01] \(30 times\)"
trace trace -A -M 7 -n "$comm" 'sys_clock_nanosleep "clock %d", arg1' --cmd "$own nap 30"
expect_line "[0-9]+ +[0-9]+ +$comm +sys_clock_nanosl.* clock [01] \(7 times\)"

# funcslower -f: stacks of slow calls, folded
trace funcslower -Uf -m 5 --comm "$comm" sys_clock_nanosleep --cmd "$own nap 30"
expect_line "$comm;.*main.*;nap_here;.*nanosleep.* 30"
expect_no_line 'COMM +PID .*'
"$sonde" funcslower -f sys_read >"$out" 2>"$err" && fail 'funcslower -f: without stacks'
grep -q 'of the program with -U' "$err" || fail 'funcslower -f: no reason'

# tcpdrop --netns-id, --pid-netns: connections in a namespace of their own to where nobody listens
if tool_is_here tcpdrop && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
	cat >"$TMPDIR/refused" <<-'E'
		ip link set lo up
		readlink /proc/self/ns/net | tr -dc 0-9 >$1/netns
		echo $$ >$1/pid
		until [ -e $1/go ]; do sleep 0.05; done
		for i in 1 2 3; do
			curl -s -m 5 http://127.0.0.1:77/ || :
		done
	E
	if command -v curl >/dev/null; then
		for flag in --netns-id --pid-netns here; do
			rm -f "$TMPDIR/go" "$TMPDIR/pid"
			start unshare -n sh "$TMPDIR/refused" "$TMPDIR"
			guest=$started
			wait_for 10 test -s "$TMPDIR/pid" || fail 'no namespace'
			case $flag in
			--netns-id) set -- --netns-id "$(cat "$TMPDIR/netns")" ;;
			--pid-netns) set -- --pid-netns "$(cat "$TMPDIR/pid")" ;;
			here) set -- --pid-netns $$ ;;
			esac
			trace tcpdrop --no-stack --json "$@" --cmd "sh -c 'touch $TMPDIR/go; while kill -0 $guest; do sleep 0.05; done' 2>/dev/null"
			seen=$(grep -c '"daddr": "127.0.0.1", "dport": 77, ' "$out")
			case $flag in
			here) expect_eq "tcpdrop in another namespace" "$seen" 0 ;;
			*) [ "$seen" -ge 3 ] || fail "tcpdrop $flag: $seen of 3" ;;
			esac
		done
	fi
fi

# taken because there is nothing to do for them
for taken in 'funclatency -k sys_read' 'deadlock -s 100'; do
	"$sonde" $taken --dry-run >"$out" 2>"$err" || fail "$taken"
done
