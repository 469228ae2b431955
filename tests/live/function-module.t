# Functions of modules and the raw tracepoints' kin: by module, by name alone, by wildcard, typed
# by the module's own BTF.
. tests/lib.sh
need_root
[ -e /sys/kernel/btf/loop ] || skip "the module loop is not loaded here, or without BTF"
command -v losetup >/dev/null || skip "there is no losetup"
for hook in kprobe fentry; do
	timeout 20 "$sonde" --dry-run -e "$hook:vfs_read { @ = count() }" >"$out" 2>"$err" || skip "no $hook here"
done
device=$TMPDIR/loop63
mknod "$device" b 7 63 || skip "no device nodes can be made"
truncate -s 1048576 "$TMPDIR/file" 2>/dev/null || dd if=/dev/zero of="$TMPDIR/file" bs=1024 count=1024 2>/dev/null
run="$(command -v losetup) $device $TMPDIR/file"
ours='/pid == cpid/'

# LOOP_SET_FD 0x4C00 or LOOP_CONFIGURE 0x4C0A, by the program at hand
trace -e "fentry:loop:lo_ioctl $ours { @typed[args.cmd >> 8, args.bdev->bd_disk->major] = count(); @t = count() }
	fexit:lo_ioctl $ours { @r = count(); @result[retval] = count() }
	kprobe:loop:lo_ioctl $ours { @k[arg2 >> 8] = count() }
	kretprobe:loop:lo_ioctl $ours { @kr = count() }
	kprobe:lo_ioctl+0 $ours { @plain = count() }
	kprobe:loop:lo_* $ours { @all[probe] = count() }" -c "$run"
losetup -d "$device"
calls=$(map_value t)
[ "$calls" -gt 0 ] || fail "lo_ioctl is not seen"
expect_eq 'typed' "$(map_value typed '76, 7')" "$calls"
expect_eq 'returns' "$(map_value r)" "$calls"
expect_eq 'kprobe' "$(map_value k 76)" "$calls"
expect_eq 'kretprobe' "$(map_value kr)" "$calls"
expect_eq 'without module' "$(map_value plain)" "$calls"
expect_eq 'wildcard' "$(map_value all 'kprobe:loop:lo_ioctl')" "$calls"
[ "$(map_value result 0)" -gt 0 ] || fail "no call succeeded"

trace -v -e "kprobe:loop:lo_* $ours { @all[func] = count() } kretprobe:loop:lo_* $ours { @back[func] = count() }" -c "$run"
losetup -d "$device"
[ "$(map_value all lo_ioctl)" -gt 0 ] || fail "lo_ioctl is not seen by the wildcard"
expect_eq 'returns of a wildcard' "$(map_value back lo_ioctl)" "$(map_value all lo_ioctl)"
# as many links as functions of the kernel proper take
"$sonde" --dry-run -v -e 'kprobe:vfs_rea* { @ = count() }' >"$TMPDIR/multi" 2>&1
! grep -q 'kprobe multi' "$TMPDIR/multi" || grep -q 'kprobe multi\|kprobe session' "$err" ||
	fail "a module's functions are attached one by one"

"$sonde" -l 'fentry:loop:lo_*' >"$out" 2>"$err" || fail "not listed"
expect_line 'fentry:loop:lo_ioctl'
"$sonde" -lv 'fexit:loop:lo_ioctl' >"$out" 2>"$err" || fail "not listed"
expect_line '    unsigned int cmd'
expect_line '    int retval'
"$sonde" -l 'kprobe:loop:lo_*' >"$out" 2>"$err" || fail "not listed"
expect_line 'kprobe:loop:lo_ioctl'
