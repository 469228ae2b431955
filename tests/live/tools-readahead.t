# readahead: a file that is read to its end, and one that is looked at in a few places only.
. tests/lib.sh
need_root
command -v python3 >/dev/null || skip 'no python3'
case $(stat -f -c %T "$TMPDIR") in tmpfs | ramfs | overlayfs) skip 'no disk under TMPDIR' ;; esac
tool_is_here readahead || skip "$(head -n 1 "$TMPDIR/here")"
python=$(command -v /usr/bin/python3 || command -v python3)
comm=ra$$
dd if=/dev/zero of="$TMPDIR/data" bs=64k count=128 status=none
sync "$TMPDIR/data"
cat >"$TMPDIR/read.py" <<'E2'
import os, sys, time
open("/proc/self/comm", "w").write(sys.argv[1])
fd = os.open(sys.argv[2], os.O_RDONLY)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
if sys.argv[3] == "all":
    while os.read(fd, 65536):
        pass
else:
    os.read(fd, 65536)  # from the beginning: more will follow, the kernel thinks
    time.sleep(0.05)
    os.read(fd, 4096)
E2
pages() { # unused total
	sed -n 's/^Readahead unused\/total pages: \([0-9]*\)\/\([0-9]*\)$/\1 \2/p' "$out"
}
trace readahead --comm "$comm" --cmd "$python $TMPDIR/read.py $comm $TMPDIR/data all"
set -- $(pages)
[ "$2" -ge 1900 ] && [ "$2" -le 2100 ] || fail "a file of 2048 pages, read to its end: $2 read ahead"
[ "$1" -le 32 ] || fail "a file that was read to its end: $1 pages unused"
expect_line ' +msecs +: count +distribution'
trace readahead --comm "$comm" --cmd "$python $TMPDIR/read.py $comm $TMPDIR/data some"
set -- $(pages)
[ "$2" -ge 20 ] && [ "$1" -ge 8 ] && [ "$1" -ge $(($2 - 20)) ] || fail "17 pages were read of $2, $1 unused"
expect_nothing_lost
