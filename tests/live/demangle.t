# Names of C++ and Rust as in the source: stacks in every form, usym, func, folded, JSON, probes by
# such a name; and as they are in the file when that is asked for.
. tests/lib.sh
own mangled
ldconfig -p 2>/dev/null | grep -q 'libstdc++.so.6' && cpp='foo::bar(int)' cold='foo::bar(int) [clone .cold]' ||
	cpp='_ZN3foo3barEi' cold='_ZN3foo3barEi.cold'
legacy='core::ptr::drop_in_place<alloc::string::String>'
v0='mycrate::foo::bar::<alloc::string::String>'

names() { printf '%s\n' "$cpp" "$cold" "$legacy" "$v0" _Znot_mangled | sort; }

trace -q -e "uprobe:$own:_Z*,uprobe:$own:_R* { @func[func] = count(); @usym[usym(reg(\"ip\"))] = count() }" -c "$own"
for map in func usym; do
	sed -n "s/^@$map\\[\\(.*\\)\\]: 10\$/\\1/p" "$out" | sort >"$TMPDIR/$map"
	expect_eq "$map" "$(cat "$TMPDIR/$map")" "$(names)"
done

trace -f folded -q -e "uprobe:$own:_Z*,uprobe:$own:_R* { @[ustack] = count() }" -c "$own"
expect_eq folded "$(sed -n 's/.*main;\(.*\) 10$/\1/p' "$out" | sort)" "$(names)"
trace -f json -q -e "uprobe:$own:_R* { @[ustack(2)] = count(); @p[ustack(perf, 1)] = count() }" -c "$own"
grep -q "\"key\": \\[\\[\"$v0+0\",\"main+" "$out" || fail 'not in JSON'
grep -q "[0-9a-f]* $v0+0 ($own)\"" "$out" || fail 'not in the form of perf'

trace -q -e "uprobe:$own:cpp:\"mycrate::foo::bar*\" { @v0[probe] = count() }
	uprobe:$own:cpp:\"core::ptr::drop_in_place<*\" { @legacy = count() }" -c "$own"
expect_eq 'by the name in the source' "$(map_value v0 "uprobe:$own:cpp:\"$v0\"")" 10
expect_eq 'the same of old' "$(map_value legacy)" 10

for way in 'config = { cpp_demangle = false }' BPFTRACE_CPP_DEMANGLE=0; do
	case $way in
	config*) trace -q -e "$way uprobe:$own:_R* { print(func); print(usym(reg(\"ip\"))); print(ustack(1)); exit() }" -c "$own" ;;
	*) export "${way?}"
		trace -q -e "uprobe:$own:_R* { print(func); print(usym(reg(\"ip\"))); print(ustack(1)); exit() }" -c "$own" ;;
	esac
	expect_eq 'as in the file' "$(grep -c '^ *_RINvNtCs1234_7mycrate3foo3barNtNtCs1_5alloc6string6StringE' "$out")" 3
done
