# A sampling probe beside busy tracepoints: samples seen and samples reported skipped are the
# periods that elapsed. A clock event of a CPU ticks while the CPU is busy or idle, so that the
# time traced tells how many.
. tests/lib.sh
own storm
cpus=$(nproc)

for how in "99 planned" "20000 planned" "20000 classic"; do
	hz=${how% *}
	trace --attach "${how#* }" -f json -e 'tracepoint:syscalls:sys_enter_write /comm == str($1)/ { @w = count() }
		tracepoint:syscalls:sys_exit_read /comm == str($1)/ { @[tid] = count() }
		BEGIN { @began = nsecs } END { @ended = nsecs }
		profile:hz:'$hz' { @samples = count(); @all++ }' "$comm" -c "$own -m 2000 -c 0"
	seen=$(sed -n 's/.*"@samples": \([0-9]*\)}}$/\1/p' "$out")
	all=$(sed -n 's/.*"@all": \([0-9]*\)}}$/\1/p' "$out")
	skipped=$(lost sample_skipped)
	seconds=$(sed -n 's/^{"type": "cost".*"seconds": \([0-9.]*\),.*/\1/p' "$out")
	want=$(echo "$hz $cpus $seconds" | awk '{ printf "%d", $1 * $2 * $3 }')
	echo "$hz Hz, ${how#* }, on $cpus CPUs for $seconds s: $want periods; seen $seen, skipped $skipped"
	expect_eq '@all' "$all" "$seen"
	# What a period of sampling began before and what ended after "attached" was said, and
	# ticks that the machine underneath delayed, make up to 3 in 100.
	awk "BEGIN { off = ($seen + $skipped) / $want; exit !(off > 0.97 && off < 1.03) }" ||
		fail "seen and skipped are not what elapsed"
done
