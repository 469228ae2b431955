# Samples seen + samples reported skipped = periods elapsed, beside a busy tracepoint: at least
# the periods between the first and the last sample of each CPU, at most those between begin and
# end, which lie just outside of what was sampled.
. tests/lib.sh
need_root
trace --attach=classic -e 'profile:hz:5000 { @samples = count(); @first[cpu] = min(nsecs); @last[cpu] = max(nsecs) }
	tracepoint:syscalls:sys_enter_write { @w = count() }
	begin { @begin = nsecs } end { @end = nsecs }' -c 'dd if=/dev/zero of=/dev/null bs=1 count=400000 status=none'
samples=$(map_value samples)
skipped=$(awk '/^LOST: .* samples skipped/ { print $2; found = 1 } END { if (!found) print 0 }' "$err")
ns=$(($(map_value end) - $(map_value begin)))
cpus=$(getconf _NPROCESSORS_ONLN)
least=$(awk '/^@first\[/ { n -= $2 } /^@last\[/ { n += $2 } END { printf "%d", n / 200000 }' "$out")
most=$((ns / 200000 * cpus))
sum=$((samples + skipped))
echo "$samples seen + $skipped skipped = $sum; periods: between $least and $most"
[ "$least" -ge 100 ] || fail "nothing was sampled"
# a sample comes a little early or late
[ $sum -le $most ] && [ $sum -ge $((least - 2 * cpus)) ] ||
	fail "$samples seen + $skipped skipped = $sum, not between $least and $most periods of 0.2 ms on $cpus CPUs"
