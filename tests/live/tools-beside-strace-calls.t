# killsnoop and mountsnoop beside strace: the same program, run once under each, did the same. What is
# compared is what it asked for and what it was answered, in order.
. tests/lib.sh
need_root
need_strace
comm=sh$$
shell=$TMPDIR/$comm
cp "$(readlink -f "$(command -v sh)")" "$shell"

# killsnoop: signals to itself, to nobody, and one that is none
cat >"$TMPDIR/kills" <<-'E'
	trap : USR1 USR2
	kill -s USR1 $$; kill -s USR2 $$; kill -s TERM 4194303; kill -s 0 $$; kill -s CONT $$
E
strace -e trace=kill -o "$TMPDIR/strace" "$shell" "$TMPDIR/kills" 2>/dev/null
sed -nE 's/^kill\(([0-9]+), ([A-Z0-9]+)\) += (-?[0-9]+).*/\1 \2 \3/p' "$TMPDIR/strace" |
	awk 'BEGIN { n["SIGUSR1"] = 10; n["SIGUSR2"] = 12; n["SIGTERM"] = 15; n["SIGCONT"] = 18 }
		{ print $1 == 4194303 ? "nobody" : "itself", n[$2] + 0, $3 == -1 ? -3 : $3 }' >"$TMPDIR/theirs"
trace killsnoop --comm "$comm" --cmd "$shell $TMPDIR/kills" 2>/dev/null
awk -v comm="$comm" '$3 == comm { print $5 == 4194303 ? "nobody" : $5 == $2 ? "itself" : $5, $4, $6 }' "$out" >"$TMPDIR/ours"
expect_same killsnoop 5

# mountsnoop: in a mount namespace of its own; what is refused, too
mkdir "$TMPDIR/mnt" "$TMPDIR/folder"
cat >"$TMPDIR/mounts" <<-E
	mount -t tmpfs none$$ $TMPDIR/mnt; mount -t tmpfs -o ro none$$ $TMPDIR/mnt
	mount --bind $TMPDIR/folder $TMPDIR/mnt
	umount $TMPDIR/mnt; umount $TMPDIR/mnt; umount -l $TMPDIR/mnt; umount -i $TMPDIR/folder
E
if unshare -m true 2>/dev/null; then
	strace -f -e trace=mount,umount2 -o "$TMPDIR/strace" unshare -m sh "$TMPDIR/mounts" 2>/dev/null
	sed -nE 's/^[0-9]+ +mount\("([^"]*)", "([^"]*)", .*\) += (-?[0-9]+)( E[A-Z]+)?.*/mount \3\4 \1 \2/p
		s/^[0-9]+ +umount2\("([^"]*)", .*\) += (-?[0-9]+)( E[A-Z]+)?.*/umount \2\3 \1/p' "$TMPDIR/strace" |
		sed 's/ -1 EINVAL / -22 /; s/ -1 ENOENT / -2 /' >"$TMPDIR/theirs"
	trace mountsnoop --json --cmd "unshare -m sh $TMPDIR/mounts" 2>/dev/null
	# of the namespace in which one of them was mounted
	namespace=$(sed -n "s/.*\"mnt_ns\": \([0-9]*\),.*\"source\": \"none$$\".*/\1/p" "$out" | head -n 1)
	grep "\"mnt_ns\": $namespace," "$out" |
		sed -nE 's/.*"call": "(u?mount)", "ret": (-?[0-9]+), .*"source": "([^"]*)", "target": "([^"]*)".*/\1 \2 \3 \4/p' |
		sed 's/^\(umount -*[0-9]*\)  /\1 /' >"$TMPDIR/ours"
	expect_same mountsnoop 8
fi
