# kprobe and kretprobe: as planned (fentry where that is the same), as a kprobe proper, as a
# multi link, in a session, at an address; exact also from several threads. Detached, nothing is left.
. tests/lib.sh
timeout 20 "$sonde" --dry-run -e 'kprobe:vfs_read { @ = count() }' >"$out" 2>"$err" ||
	{ ! grep -q '\[hook-missing\]' "$err" || skip "$(sed -n 's/.*ERROR: //p' "$err" | head -n 1)"; fail "refused"; }
own reads
file=$TMPDIR/kprobe-data
threads=3 each=400
total=$((threads * each)) empty=$((threads * each / 2))
run="$own -t $threads -n $each $file"
ours="/comm == \"$comm\" && arg2 == 7/"

for how in "planned arg0" "planned reg(\"ip\")" "classic arg0"; do
	trace --attach "${how% *}" -e "kprobe:vfs_read $ours { @in = count(); @where[func, probe] = count(); @x = ${how#* } }" -c "$run"
	expect_nothing_lost
	expect_eq "$how: calls" "$(map_value in)" $((total + empty))
	expect_eq "$how: names" "$(map_value where 'vfs_read, kprobe:vfs_read')" $((total + empty))

	trace --attach "${how% *}" -e "kprobe:vfs_read $ours { @n[tid] = arg2 }
		kretprobe:vfs_read /@n[tid]/ { @got[retval] = count(); @h = hist(retval); delete(@n[tid]) }" -c "$run"
	expect_eq "$how: full" "$(map_value got 7)" $total
	expect_eq "$how: empty" "$(map_value got 0)" $empty
done

# Some thing inside the function: the same instruction by offset and by address.
address=$(awk '$3 == "vfs_read" { print "0x" $1; exit }' /proc/kallsyms)
trace -e "kprobe:vfs_read+0 $ours { @plus = count() } kprobe:$address $ours { @address = count() }" -c "$run"
expect_eq 'by offset' "$(map_value plus)" $((total + empty))
expect_eq 'by address' "$(map_value address)" $((total + empty))

# Many at once, told apart; only the kernel's own functions are in reach of the wildcard.
for mode in planned classic; do
	trace --attach $mode -e 'kprobe:vfs_rea*,kprobe:vfs_open /comm == str($1)/ { @[probe] = count(); @f[func] = count() }' \
		"$comm" -c "$run"
	expect_eq "$mode: vfs_open" $(($(map_value '' 'kprobe:vfs_open') > 0)) 1
	[ "$(map_value '' 'kprobe:vfs_read')" -ge $((total + empty)) ] || fail "$mode: vfs_read is not counted whole"
	expect_eq "$mode: one name" "$(map_value f vfs_read)" "$(map_value '' 'kprobe:vfs_read')"
done
trace -e 'kprobe:vfs_* /comm == str($1)/ { @[func] = count() } kretprobe:vfs_* /comm == str($1)/ { @r[func] = count() }' \
	"$comm" -c "$run"
expect_eq 'calls and returns' "$(map_value r vfs_open)" "$(map_value '' vfs_open)"
[ "$(map_value '' vfs_read)" -ge $((total + empty)) ] || fail "vfs_* does not count vfs_read"

# Both ends of the same functions: in one session where the kernel has it, the same without.
ends="kprobe:vfs_rea* $ours { @in[probe] = count(); @at[tid] = arg2 }
	kretprobe:vfs_rea* /@at[tid] == 7/ { @out[probe] = count(); @got[retval] = count(); delete(@at[tid]) }"
for feature in kprobe_session on_demand_maps; do # the second: nothing of these
	trace --no-feature $feature -e "$ends" -c "$run"
	expect_nothing_lost
	expect_eq "without $feature: calls" "$(map_value in kprobe:vfs_read)" $((total + empty))
	expect_eq "without $feature: returns" "$(map_value out kretprobe:vfs_read)" $((total + empty))
	expect_eq "without $feature: full" "$(map_value got 7)" $total
done
kernel_before 6.10 || "$sonde" --dump=attach -e "$ends" | grep -q ': kprobe session link, ' ||
	fail "the two ends are no session"

# The stack begins at the function, however it is carried.
trace -e "kprobe:vfs_read $ours { @[kstack(2)] = count() }" -c "$run"
grep -q '^ *vfs_read+' "$out" || fail "the stack does not begin at vfs_read"

# What cannot be attached to is said in one line with its name, and nothing stays attached.
timeout 20 "$sonde" -e 'kprobe:vfs_read { @ = count() } kprobe:vfs_read+1 { @b = count() }' >"$out" 2>"$err" </dev/null
expect_eq 'inside an instruction: status' $? 1
grep -q 'vfs_read+1.*\[hook-missing\]' "$err" || fail "inside an instruction: not said"
! grep -qi 'errno\|EINVAL\|EILSEQ' "$err" || fail "a raw errno is shown"
[ ! -r /sys/kernel/tracing/enabled_functions ] || ! grep -E '^vfs_' /sys/kernel/tracing/enabled_functions ||
	fail "functions are still patched"
