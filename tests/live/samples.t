# Samples seen + samples reported skipped = periods elapsed, beside a busy tracepoint.
. tests/lib.sh
need_root
trace --attach=classic -e 'profile:hz:5000 { @samples = count() }
	tracepoint:syscalls:sys_enter_write { @w = count() }
	begin { @begin = nsecs } end { @end = nsecs }' -c 'dd if=/dev/zero of=/dev/null bs=1 count=400000 status=none'
samples=$(map_value samples)
skipped=$(awk '/^LOST: .* samples skipped/ { print $2; found = 1 } END { if (!found) print 0 }' "$err")
ns=$(($(map_value end) - $(map_value begin)))
cpus=$(getconf _NPROCESSORS_ONLN)
# begin and end lie just outside of what was sampled: some milliseconds of attaching and detaching
most=$((ns / 200000 * cpus))
sum=$((samples + skipped))
[ $sum -le $most ] && [ $sum -ge $((most - 200 * cpus - most / 5)) ] ||
	fail "$samples seen + $skipped skipped = $sum, but $most periods of 0.2 ms on $cpus CPUs passed"
