# What a kernel refuses that was built without something is said in plain words, beside its own.
. tests/lib.sh
grep -q ' vm_event_states$' /proc/kallsyms && skip 'this kernel tells where its variables are'
"$sonde" --dry-run -e 'begin { print(*(uint64 *)percpu_kaddr("vm_event_states")) }' >"$out" 2>"$err" &&
	fail 'the kernel took it'
grep -q 'built without CONFIG_KALLSYMS_ALL) \[verifier\]' "$err" || fail 'not why'
grep -q "HINT: the kernel's words: " "$err" || fail "the kernel's words are missing"
