# Functions by C++ name, by source line, parameters by name; in a process of another root.
. tests/lib.sh
[ -x "$BUILD/workload/places" ] || skip 'there is no C++ compiler'
own places
line=$(grep -n '/\* LINE \*/' tests/workload/places.cc | cut -d: -f1)
entry=$((line - 2))

# By name: any overload, one, a method, an operator, a template; the quotes are needed for blanks only.
trace -q -e "
uprobe:$own:places::overloaded { @any = count(); @of[func] = count() }
uprobe:$own:cpp:\"places::overloaded(int, double)\" { @one = sum(arg0) }
uprobe:$own:cpp:places::shape::scaled { @method = sum(arg1) }
uprobe:$own:cpp:\"places::shape::operator()\" { @operator = sum(arg1) }
uprobe:$own:cpp:\"places::same*\" { @template = sum(arg0) }
uretprobe:$own:places::overloaded(int) { @returned = sum(retval) }
uprobe:$own:_ZN6places10overloadedEi { @mangled[probe] = count() }" -c "$own 10"
expect_eq 'both overloads' "$(map_value any)" 20
expect_eq 'their names' "$(map_value of 'places::overloaded(int)')" 10
expect_eq 'one overload' "$(map_value one)" 45
expect_eq 'method' "$(map_value method)" 45
expect_eq 'operator' "$(map_value operator)" 45
expect_eq 'template' "$(map_value template)" 45
expect_eq 'return value' "$(map_value returned)" 55
expect_eq 'symbol' "$(map_value mangled "uprobe:$own:_ZN6places10overloadedEi")" 10

# By line, in every way it may be written.
for place in "$own:places.cc:$line" "$own:workload/places.cc:$line" "$own@places.cc:$line"; do
	trace -q -e "uprobe:$place { @ = count(); @f[func] = count() }" -c "$own 10"
	expect_eq "$place" "$(map_value '')" 10
	expect_eq "$place, function" "$(map_value f "$(nm -C "$own" | sed -n 's/^[0-9a-f]* [tT] \(.*by_name.*\)/\1/p')")" 10
done
"$sonde" -e "uprobe:$own:places.cc:2 { }" >"$out" 2>"$err" && fail 'a line of a comment was taken'
grep -q 'the next line with code is' "$err" || fail 'no hint'

# Parameters.
if [ "$(uname -m)" = x86_64 ]; then
	trace -q -e "
	uprobe:$own:places::by_name {
		printf(\"%d %d %d %d %s %d\\n\", args.p->x, args.byte, args.flag, args.small, str(args.text), args.last);
		printf(\"%d %d %d %s %s\\n\", args.p->y, args.p->kind, args.p->rest, args.p->name, args.p->next->name)
	}
	uprobe:$own:places::by_value {
		printf(\"after %d, side %d, stack %d\\n\", args.after, args.large.sides[3], args.on_stack)
	}
	uprobe:$own:places::shape::scaled { printf(\"this %d by %d\\n\", args.this->area, args.by) }" -c "$own 2"
	expect_line '-1 200 1 -7 text -5000000000'
	expect_line '1 5 17 first second'
	expect_line 'after 101, side 4, stack 42'
	expect_line 'this 3 by 1'
	"$sonde" -e "uprobe:$own:places::by_value { print(args.skipped) }" >"$out" 2>"$err" && fail 'a double was read'
	grep -q 'passed in a floating-point register' "$err" || fail 'no reason'
fi
"$sonde" -lv "uprobe:$own:*by_name*" >"$out"
expect_line '    const struct point \*p'
expect_line '    unsigned char byte'

# A process with a root of its own: its files are found below that.
[ "$(id -u)" = 0 ] || exit 0
root=$TMPDIR/root
mkdir -p "$root/bin" "$root/proc"
cp "$BUILD/workload/watched" "$root/bin/inside"
ldd "$BUILD/workload/watched" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$root$(dirname "$library")"
	cp "$library" "$root$library"
done
mkfifo "$TMPDIR/go"
: >"$TMPDIR/said"
unshare -m chroot "$root" /bin/inside -w -n 3 <"$TMPDIR/go" >"$TMPDIR/said" &
victim=$!
started_pids="$started_pids $victim"
exec 9>"$TMPDIR/go"
wait_for 5 grep -q READY "$TMPDIR/said" || fail 'the workload does not start'
trace_start -e 'uprobe:/bin/inside:touch { @ = count(); @p[probe] = count() } uprobe:libc:writev { @libc = count() }' \
	-p "$victim"
echo >&9
wait_for 10 grep -q writes "$TMPDIR/said" || fail 'the workload does not end'
wait "$tracer" || fail 'sonde does not end with the process'
expect_eq 'function of a program in another root' "$(map_value '')" 1
expect_eq 'function of its library' "$(map_value libc)" 1
