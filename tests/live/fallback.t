# --fallback: without kprobes and fentry the tracepoints of the same events tell the same; where
# the kernel has the hooks, both are held against each other.
. tests/lib.sh
own reads
file=$TMPDIR/fallback-data
threads=3 each=200
total=$((threads * each)) empty=$((threads * each / 2))
run="$own -t $threads -n $each $file"
without='--no-feature kprobe,fentry --fallback'
case $(uname -m) in x86_64) wrapper=__x64_sys_pread64 ;; *) wrapper=__arm64_sys_pread64 ;; esac
# (the compiler may have put ksys_pread64 into its callers: then a kprobe of it sees nothing)
inner='
kprobe:ksys_pread64 /comm == str($1)/ { @call[arg2, func] = count(); @fd[tid] = arg0 }
kretprobe:ksys_pread64 /comm == str($1)/ { @return[retval] = count() }'
script='
kretprobe:'$wrapper' /comm == str($1)/ { @outer[(int64)retval] = count() }
kprobe:do_sys_openat2 /comm == str($1) && str(arg1) == str($2)/ { @opened[str(arg1)] = count() }
kprobe:wake_up_new_task /comm == str($1)/ { @new[str(((struct task_struct *)arg0)->comm)] = count() }'
[ "$(uname -m)" != x86_64 ] || script="$script
kprobe:$wrapper /comm == str(\$1)/ { @length[((struct pt_regs *)arg0)->dx] = count() }"

with() { # OPTIONS...
	trace "$@" -e "$script" "$comm" "$file" -c "$run"
	! grep -q '^LOST' "$err" || fail "something was lost"
	expect_eq "full, outside" "$(map_value outer 7)" $total
	expect_eq "opened" "$(map_value opened "$file")" 1
	expect_eq "threads" "$(map_value new "$comm")" $((threads - 1))
	[ "$(uname -m)" != x86_64 ] || expect_eq "length" "$(map_value length 7)" $((total + empty))
}

trace $without -e "$inner" "$comm" -c "$run"
expect_eq "calls" "$(map_value call '7, ksys_pread64')" $((total + empty))
expect_eq "full" "$(map_value return 7)" $total
expect_eq "empty" "$(map_value return 0)" $empty
grep -q 'kprobe:ksys_pread64 is served by tracepoint:syscalls:sys_enter_pread64 \[served-by\]' "$err" ||
	fail "it is not said what serves the probe"
with $without
# Without being asked it is named, and not used.
timeout 20 "$sonde" --no-feature kprobe,fentry -e 'kprobe:ksys_pread64 { @ = count() }' >"$out" 2>"$err" </dev/null
expect_eq 'not asked: status' $? 1
grep -q 'tracepoint:syscalls:sys_enter_pread64 (--fallback uses it)' "$err" || fail "not named"
expect_eq 'one line' "$(grep -c ERROR "$err")" 1

timeout 20 "$sonde" --dry-run -e 'kprobe:vfs_read { @ = count() }' >"$out" 2>"$err" || exit 0
with --fallback # it changes nothing where the hooks are there
! grep -q 'served-by' "$err" || fail "a hook that is there is not used"
