# What a machine may lack: each one plain line or diagnostic, exit status 1, nothing attached.
. tests/lib.sh
need_root
write='tracepoint:syscalls:sys_enter_write'
empty=$TMPDIR/empty
mkdir "$empty"

refused() { # WHAT CMD...
	what=$1
	shift
	timeout 10 "$@" >"$out" 2>"$err" </dev/null
	expect_eq "$what: status" $? 1
	expect_eq "$what: output" "$(cat "$out")" ''
	[ "$(grep -c '^sonde: \|: ERROR: ' "$err")" -eq 1 ] || fail "$what: not one diagnostic"
	! grep -q '^Attached' "$err" || fail "$what: attached"
	! grep -qi 'errno\|EPERM\|EACCES\|ENOENT' "$err" || fail "$what: a raw errno"
}
says() { grep -qF -e "$1" "$err" || fail "$what: does not say: $1"; }

# "$without" PLACES CMD...: with an empty folder over each place, for this command alone
without=$TMPDIR/without
cat >"$without" <<-E
	#!/bin/sh
	exec unshare -m sh -c 'over=\$1; shift
		mount --make-rprivate / 2>/dev/null
		for place in \$over; do [ ! -e "\$place" ] || mount --bind "$empty" "\$place" || exit 9; done
		exec "\$@"' - "\$@"
E
chmod +x "$without"
unshare -m true 2>/dev/null || skip "no mount namespaces"

# No privilege; a program in a place that nobody else may look into must be copied.
if command -v setpriv >/dev/null; then
	cp "$sonde" /tmp/sonde$$ && chmod 755 /tmp/sonde$$
	trap 'rm -f /tmp/sonde$$; stop_all' EXIT
	for script in "$write { @ = count() }" 'begin { exit() }' 'uprobe:libc:malloc { @ = count() }' 'profile:hz:99 { @ = count() }'; do
		refused 'no privilege' setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/sonde$$ -e "$script"
		says 'CAP_BPF and CAP_PERFMON'
	done
	refused 'no CAP_PERFMON' setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +bpf --ambient-caps +bpf \
		/tmp/sonde$$ -e "$write { @ = count() }"
	says 'needs CAP_PERFMON'
	refused 'root without capabilities' setpriv --bounding-set -all --inh-caps -all "$sonde" -e "$write { @ = count() }"
	says 'CAP_BPF'
	# What needs none works.
	setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/sonde$$ --dump=bpf -e 'begin { exit() }' >"$out" 2>"$err" ||
		fail 'compiling needs privilege'
fi

# No type information: what needs it says so, the rest works.
refused 'no BTF' "$without" /sys/kernel/btf "$sonde" -e "$write { @[curtask->pid] = count() }"
says 'BTF'; says '1:'
own writers
"$without" /sys/kernel/btf "$sonde" -e "$write /pid == cpid/ { @ = count() }" -c "$own -n 1000" >"$out" 2>"$err" ||
	fail "without BTF nothing works"
expect_eq 'counted without BTF' "$(map_value '')" 1000

# No tracefs: likewise.
refused 'no tracefs' "$without" '/sys/kernel/tracing /sys/kernel/debug' "$sonde" -e "$write { @ = count() }"
says 'tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing'; says '1:1-'
"$without" '/sys/kernel/tracing /sys/kernel/debug' "$sonde" -e 'begin { printf("fine\n"); exit() }' >"$out" 2>"$err" ||
	fail 'begin needs tracefs'
expect_eq 'without tracefs' "$(cat "$out")" fine

# A perf-PID.map belongs to somebody else: a FIFO, a link, a file that another user made, 10 GB, noise. Sonde
# neither waits nor follows nor reads it all; a good one is used.
own generated
mkfifo "$TMPDIR/go"
exec 9<>"$TMPDIR/go"
for kind in good none fifo link foreign sparse noise; do
	"$own" -w -n 100 -m 1000 <&9 >"$TMPDIR/target" &
	target=$!
	started_pids="$started_pids $target"
	wait_for 5 grep -q generated "$TMPDIR/target" || fail "the target does not run"
	place=$(sed -n 's/^generated //p' "$TMPDIR/target")
	map=/tmp/perf-$target.map
	rm -f "$map"
	trap 'rm -f "$map" /tmp/sonde$$; stop_all' EXIT
	line="$place 10 invented_function"
	case $kind in
	good) echo "$line" >"$map" ;;
	fifo) mkfifo "$map" ;;
	link) echo "$line" >"$TMPDIR/elsewhere"; ln -s "$TMPDIR/elsewhere" "$map" ;;
	foreign) echo "$line" >"$map"; chown 65534 "$map" ;;
	sparse) echo "$line" >"$map"; truncate -s 10G "$map" ;;
	noise) head -c 1000000 /dev/urandom >"$map" ;;
	esac
	trace_start -v -p $target -e "uprobe:$own:leaf { printf(\"%s\", ustack) }"
	before=$(date +%s%N)
	printf g >&9
	wait $target
	wait $tracer
	expect_eq "perf map ($kind): status" $? 0
	took=$((($(date +%s%N) - before) / 1000000))
	[ $took -lt $((4000 * ${SONDE_SLOW:-1})) ] || fail "perf map ($kind): took $took ms"
	expect_eq "perf map ($kind): stacks" "$(grep -c call_generated "$out")" 100
	named=$(grep -c '^ *invented_function' "$out")
	peak=$(sed -n 's/^cost: .* \([0-9]*\)\.[0-9]* MB, maps.*/\1/p' "$err")
	echo "perf map ($kind): named $named, took $took ms, $peak MB; $(grep -i "perf-$target" "$err")"
	case $kind in
	good) expect_eq 'perf map: named' $named 100 ;;
	none) expect_eq 'no perf map: named' $named 0 ;;
	*)
		expect_eq "perf map ($kind): named" $named 0
		grep -q "^.*perf-$target[.]map: [a-z]" "$err" || fail "perf map ($kind): no reason given" ;;
	esac
	[ "$peak" -lt 100 ] || fail "perf map ($kind): $peak MB"
	rm -f "$map"
done
