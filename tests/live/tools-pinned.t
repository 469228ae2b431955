# --cgroupmap, --mntnsmap: only what a map has as keys that another program made and pinned; has_pinned().
. tests/lib.sh
need_root
[ "$(stat -f -c %T /sys/fs/bpf 2>/dev/null)" = bpf_fs ] || mount -t bpf bpf /sys/fs/bpf 2>/dev/null ||
	skip 'no bpf file system'
pins=/sys/fs/bpf/sonde-test-$$
mkdir "$pins" || skip 'the bpf file system takes no folders'
trap 'stop_all; rm -rf "$pins"' EXIT
comm=cat$$
own=$TMPDIR/$comm
cp "$(command -v cat)" "$own"
here=$(stat -Lc %i /proc/self/ns/mnt)
echo one >"$TMPDIR/file"

"$helpers/pin-map" "$pins/here" hash 8 12345 "$here" || fail 'no map'
"$helpers/pin-map" "$pins/elsewhere" hash 8 12345 || fail 'no map'
trace opensnoop --mntnsmap "$pins/here" --comm "$comm" --cmd "$own $TMPDIR/file"
expect_line "[0-9]+ +$comm +[0-9]+ +0 $TMPDIR/file"
trace opensnoop --mntnsmap "$pins/elsewhere" --comm "$comm" --cmd "$own $TMPDIR/file"
expect_no_line ".*$TMPDIR/file"
trace opensnoop --mntns "$here" --comm "$comm" --cmd "$own $TMPDIR/file"
expect_line "[0-9]+ +$comm +[0-9]+ +0 $TMPDIR/file"
trace opensnoop --mntns 12345 --comm "$comm" --cmd "$own $TMPDIR/file"
expect_no_line ".*$TMPDIR/file"
trace trace --mntnsmap "$pins/here" -n "$comm" sys_openat --cmd "$own $TMPDIR/file"
expect_line "[0-9]+ +[0-9]+ +$comm +sys_openat *"

# a namespace of its own
if unshare -m true 2>/dev/null; then
	trace opensnoop --mntnsmap "$pins/here" --comm "$comm" --cmd "unshare -m $own $TMPDIR/file"
	expect_no_line ".*$TMPDIR/file"
fi

# of another task than the current one: whoever leaves the CPU
opener=$own opener_comm=$comm
own tasks
if tool_is_here offcputime; then
	trace offcputime -f --mntnsmap "$pins/here" --comm "$comm" --cmd "$own nap 5"
	expect_line "$comm;.* [0-9]+"
	trace offcputime -f --mntnsmap "$pins/elsewhere" --comm "$comm" --cmd "$own nap 5"
	expect_no_line "$comm;.*"
fi
own=$opener comm=$opener_comm

# cgroups by their ids, which are their folders' inodes
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ "$cgroups" ] && mkdir "$cgroups/sonde-test-$$" 2>/dev/null; then
	group=$cgroups/sonde-test-$$
	"$helpers/pin-map" "$pins/group" hash 8 "$(stat -c %i "$group")" || fail 'no map'
	trace opensnoop --cgroupmap "$pins/group" --cmd "sh -c 'cat $TMPDIR/file; echo \$\$ >$group/cgroup.procs; $own $TMPDIR/file'"
	expect_line "[0-9]+ +$comm +[0-9]+ +0 $TMPDIR/file"
	expect_no_line "[0-9]+ +cat .*"
	rmdir "$group"
fi

# In a script; a map's path that is none, or another kind of map, is told with what helps.
trace -e "begin { printf(\"%d %d\\n\", has_pinned(\"$pins/here\", $here), has_pinned(\"$pins/here\", 5)); exit() }"
expect_line '1 0'
"$helpers/pin-map" "$pins/array" array 4 || fail 'no map'
"$helpers/pin-map" "$pins/short" hash 4 || fail 'no map'
for wrong in "nothing/there is no map" 'array/is no hash' 'short/has keys of another size'; do
	"$sonde" opensnoop --cgroupmap "$pins/${wrong%%/*}" --dry-run >"$out" 2>"$err" && fail "took $wrong"
	grep -q "$pins/${wrong%%/*}" "$err" && grep -q "${wrong#*/}" "$err" && grep -q 'bpftool map create' "$err" ||
		fail "$wrong: it does not say so"
done
