# fentry and fexit: typed arguments, followed pointers, results; wildcards; exact from threads.
. tests/lib.sh
timeout 20 "$sonde" --dry-run -e 'fentry:vfs_read { @ = count() }' >"$out" 2>"$err" ||
	{ ! grep -q '\[hook-missing\]' "$err" || skip "$(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"; fail "refused"; }
own reads
file=$TMPDIR/fentry-data$$
name=$(basename "$file")
threads=3 each=400
total=$((threads * each)) empty=$((threads * each / 2))
run="$own -t $threads -n $each $file"

# Where the kernel preempts its own code, a task may call the function unseen while another is in
# the program: then what is not seen is reported.
expect_all() { # WHAT SEEN WANTED
	missed=$(sed -n 's/^LOST: \([0-9]*\) probe runs skipped.*/\1/p' "$err" | head -n 1)
	[ "$2" -le "$3" ] && [ $(($2 + ${missed:-0})) -ge "$3" ] || fail "$1: seen $2, missed ${missed:-0}, of $3"
}

trace -e 'fentry:vfs_read /comm == str($1)/ { @[str(args.file->f_path.dentry->d_name.name), args.count] = count() }' \
	"$comm" -c "$run"
expect_all 'by name of the file' "$(map_value '' "$name, 7")" $((total + empty))

trace -e 'fexit:vfs_read /comm == str($1) && args.count == 7/ { @[args.count, retval] = count();
	@ino[args.file->f_inode->i_size] = count() }
	kretfunc:vfs_open /comm == str($1)/ { @opened[retval, func, probe] = count() }' "$comm" -c "$run"
expect_all 'full and empty' $(($(map_value '' '7, 7') + $(map_value '' '7, 0'))) $((total + empty))
expect_all 'size of the file' "$(map_value ino 64)" $((total + empty))
[ "$(map_value opened '0, vfs_open, fexit:vmlinux:vfs_open')" -gt 0 ] || fail "vfs_open is not seen"

trace -e 'kfunc:vfs_read /comm == str($1) && arg2 == 7/ { @same[arg2 == args.count, arg0 == (uint64)args.file] = count() }' \
	"$comm" -c "$run"
expect_all 'words and arguments' $(($(map_value same '1, 1') + $(map_value same 'true, true'))) $((total + empty))

# A wildcard is a program for each; arguments of one name may stand at different places.
trace -v -e 'fexit:vfs_open,fexit:vfs_read /comm == str($1)/ {
		@[func, str(args.file->f_path.dentry->d_name.name)] = count() }
	fexit:vfs_rea* /comm == str($1)/ { @r[probe, retval == 7] = count() }' "$comm" -c "$run"
grep -q 'fexit' "$err" || fail "-v does not show what carries it"
expect_eq 'opened' "$(map_value '' "vfs_open, $name")" 1
expect_all 'read' "$(map_value '' "vfs_read, $name")" $((total + empty))
expect_all 'one of a wildcard' "$(map_value r 'fexit:vmlinux:vfs_read, true')" $total

trace -e 'fentry:vfs_read /comm == str($1) && args.count == 7/ { @[kstack(2)] = count() }' "$comm" -c "$run"
grep -q '^ *vfs_read+' "$out" || fail "the stack does not begin at vfs_read"

"$sonde" -lv 'fexit:vfs_read' >"$out" 2>"$err" || fail "not listed"
expect_line 'fexit:vmlinux:vfs_read'
expect_line '    struct file \* file'
expect_line '    ssize_t retval'

# Before 5.17 only numbers and pointers to structs can be read.
timeout 20 "$sonde" --dry-run -e 'fentry:vfs_read { @ = max(*args.pos) }' >"$out" 2>"$err" ||
	{ grep -q 'since Linux 5.17' "$err" || fail "refused"; exit 0; }

# Text at an argument: the user's or the kernel's, told by the address.
trace -e 'fentry:do_sys_openat2 /comm == str($1) && str(args.filename) == str($2)/ { @user = count(); @[buf(args.filename, 5)] = count() }
	kprobe:do_sys_openat2 /comm == str($1) && str(arg1) == str($2)/ { @word = count() }' "$comm" "$file" -c "$run"
expect_all 'by type' "$(map_value user)" 1
expect_eq 'by word' "$(map_value word)" 1
