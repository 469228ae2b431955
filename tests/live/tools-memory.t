# Tools that tell of memory, on a process of 2000 new pages that is allowed half of them in a
# memory cgroup of its own, with a swap file of its own; then without one, until it is killed.
. tests/lib.sh
need_root
own tasks

# Where a cgroup may be limited: version 1 or 2.
v1=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ "$v1" ]; then
	group=$v1/sonde-test-$$ limit=memory.limit_in_bytes
elif [ "$v2" ] && grep -qw memory "$v2/cgroup.subtree_control"; then
	group=$v2/sonde-test-$$ limit=memory.max
else
	skip 'no memory cgroups here'
fi
swap=$TMPDIR/swap
at_end() {
	stop_all
	swapoff "$swap" 2>/dev/null
	rmdir "$group" 2>/dev/null
}
trap at_end EXIT
mkdir "$group" 2>/dev/null || skip 'cannot make a cgroup'
inside="sh -c 'echo \$\$ >$group/cgroup.procs; exec $own touch"

# Killed: five times what is allowed, and no swap
grep -q '^/' /proc/swaps && skip 'this machine swaps, and so would the process'
echo 4M >"$group/$limit" || skip 'cannot limit a cgroup'
trace oomkill --comm "$comm" --cmd "$inside 5000; true'"
expect_line "[0-9:]+ Triggered by PID [0-9]+ \(\"$comm\"\), OOM kill of PID [0-9]+ \(\"$comm\"\), [0-9]+ pages, loadavg: .*"
trace exitsnoop --comm "$comm" --cmd "$inside 5000; true'"
expect_line "$comm +[0-9]+ +[0-9]+ +[0-9]+ +[0-9.]+ +signal 9 \(KILL\)"

# Swapped: twice what is allowed
command -v mkswap >/dev/null || skip 'no mkswap'
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk for a swap file' ;; esac
dd if=/dev/zero of="$swap" bs=1M count=32 status=none && chmod 600 "$swap" && mkswap "$swap" >/dev/null &&
	swapon "$swap" 2>/dev/null || skip 'cannot swap'
"$sonde" swapout --dry-run >"$out" 2>"$err" || skip "$(head -n 1 "$err")"
trace swapout --comm "$comm" --json --cmd "$inside 4000'"
pages=$(sed -n "s/.*\"key\": \[\"$comm\",[0-9]*\], \"value\": \([0-9]*\).*/\1/p" "$out" | awk '{ n += $1 } END { print n + 0 }')
[ "$pages" -ge 1000 ] || fail "swapout: $pages of some 3000 pages"
trace swapin --comm "$comm" --json --cmd "$inside 4000 again'"
pages=$(sed -n "s/.*\"key\": \[\"$comm\",[0-9]*\], \"value\": \([0-9]*\).*/\1/p" "$out" | awk '{ n += $1 } END { print n + 0 }')
[ "$pages" -ge 1000 ] || fail "swapin: $pages of some 4000 pages"
