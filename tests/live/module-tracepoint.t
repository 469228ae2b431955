# Tracepoints of a module: by their category, raw and typed, with and without the module's name.
. tests/lib.sh
need_root
[ -d /sys/module/ext4 ] && [ -e /sys/kernel/tracing/events/ext4/ext4_sync_file_enter ] || skip 'ext4 is not loaded here'
[ -e /sys/kernel/btf/ext4 ] || [ ! -d /sys/module/ext4/sections ] || skip "the module ext4 has no BTF here (before Linux 5.11)"
[ -e /sys/kernel/btf/ext4 ] || skip 'ext4 is no module here'
case $(stat -f -c %T "$TMPDIR") in ext2*) ;; *) skip 'no ext4 under TMPDIR' ;; esac
file=$TMPDIR/synced
run="dd if=/dev/zero of=$file bs=512 count=3 conv=fsync status=none"
: >"$file"
inode=$(stat -c %i "$file")

trace -e "tracepoint:ext4:ext4_sync_file_enter /pid == cpid/ { @perf[args.ino] = count() }
	rawtracepoint:ext4:ext4_sync_file_enter /pid == cpid/ { @module[args.file->f_inode->i_ino] = count() }
	rawtracepoint:ext4_sync_file_enter /pid == cpid/ { @name[args.file->f_inode->i_ino] = count() }
	rawtracepoint:ext4_sync_file_exit /pid == cpid/ { @result[args.inode->i_ino, args.ret] = count(); @probe[probe] = count() }" \
	-c "$run"
expect_eq 'by perf' "$(map_value perf "$inode")" 1
expect_eq 'by module' "$(map_value module "$inode")" 1
expect_eq 'by name' "$(map_value name "$inode")" 1
expect_eq 'result' "$(map_value result "$inode, 0")" 1
expect_eq 'name of the probe' "$(grep -c '^@probe\[rawtracepoint:ext4:ext4_sync_file_exit\]: 1$' "$out")" 1

# without types of its own, by number
trace --no-feature btf_tracepoint -e 'rawtracepoint:ext4_sync_file_enter /pid == cpid/ { @n = count(); @same = sum(arg0 == (uint64)args.file) }' -c "$run"
expect_eq 'raw' "$(map_value n) $(map_value same)" '1 1'

"$sonde" -l 'rawtracepoint:ext4:ext4_sync_file_*' >"$out" 2>"$err" || fail 'not listed'
expect_line 'rawtracepoint:ext4:ext4_sync_file_enter'
"$sonde" -lv 'tracepoint:ext4:ext4_sync_file_enter' >"$out" 2>"$err" || fail 'not listed'
expect_line '    (ino_t|u64) ino' # u64 since Linux 7.0
