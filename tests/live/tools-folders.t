# dirtop: what is written and read beneath folders, at whatever depth, by a program of our own.
. tests/lib.sh
need_root
case $(stat -f -c %T "$TMPDIR") in overlayfs) skip 'inodes of an overlay are not those of its files' ;; esac
dd=$TMPDIR/dd$$
comm=dd$$
cp "$(command -v dd)" "$dd"
every=${SONDE_SLOW:-1} # seconds: all of the work lies in the first of them
mkdir -p "$TMPDIR/store-a/deep/er" "$TMPDIR/store-b" "$TMPDIR/elsewhere"
cat >"$TMPDIR/work" <<E
$dd if=/dev/zero of=$TMPDIR/store-a/one bs=4k count=10 status=none
$dd if=/dev/zero of=$TMPDIR/store-a/deep/er/two bs=8k count=5 status=none
$dd if=/dev/zero of=$TMPDIR/store-b/three bs=1k count=7 status=none
$dd if=$TMPDIR/store-a/one of=/dev/null bs=4k status=none
$dd if=/dev/zero of=$TMPDIR/elsewhere/four bs=1k count=100 status=none
sleep $every.2
E
trace dirtop -C -d "$TMPDIR/store-a,$TMPDIR/store-b" --comm "$comm" --cmd "sh $TMPDIR/work" "$every"
# READS WRITES R_Kb W_Kb INODE PATH; the read that found the end counts as one
expect_line " *11 +15 +40 +80 +[0-9]+ +store-a"
expect_line " *0 +7 +0 +7 +[0-9]+ +store-b"
expect_no_line '.* (deep|er|elsewhere)'
# The roots of two file systems that are made alike have the same inode; mounted where nobody else sees them.
mkdir "$TMPDIR/one" "$TMPDIR/two"
echo "$dd if=/dev/zero of=$TMPDIR/two/five bs=1k count=3 status=none; sleep $every.2" >"$TMPDIR/there"
among_two() { # FOLDER
	unshare -m sh -c "mount -t tmpfs none $TMPDIR/one && mount -t tmpfs none $TMPDIR/two && exec \"\$@\"" sh \
		timeout 60 "$sonde" dirtop -C -d "$1" --comm "$comm" --cmd "sh $TMPDIR/there" "$every" >"$out" 2>"$err"
}
if unshare -m mount -t tmpfs none "$TMPDIR/one" 2>/dev/null; then
	among_two "$TMPDIR/one"
	expect_no_line " *0 +3 .*"
	among_two "$TMPDIR/two"
	expect_line " *0 +3 +0 +3 .*"
fi
trace dirtop -C -d "$TMPDIR/store-*" -s wbytes --json --by comm --comm "$comm" --cmd "sh $TMPDIR/work" "$every"
grep -q "{\"key\": \[\"$comm\"\], \"value\": {\"reads\": 11, \"writes\": 22, \"r_kb\": 40.000, \"w_kb\": 87.000}}" "$out" ||
	fail 'dirtop --by comm --json'
# without -d: the folder that each file is in
trace dirtop -C --comm "$comm" --cmd "sh $TMPDIR/work" "$every"
expect_line " *11 +10 +40 +40 +[0-9]+ +store-a"
expect_line " *0 +5 +0 +40 +[0-9]+ +er"
expect_line " *0 +100 +0 +100 +[0-9]+ +elsewhere"
expect_nothing_lost
"$sonde" dirtop -d "$TMPDIR/none" >"$out" 2>"$err"
expect_eq 'dirtop -d of no folder' "$?" 1
grep -q 'wants folders that there are' "$err" || fail 'dirtop -d of no folder: no reason'
