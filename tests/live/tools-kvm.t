# kvmexit: a guest of four instructions, which leaves for a port a known number of times.
. tests/lib.sh
need_root
tool_is_here kvmexit || skip "$(head -n 1 "$TMPDIR/here")"
own kvm_guest
"$own" 1 >/dev/null 2>"$TMPDIR/why"
[ $? -ne 77 ] || skip "$(cat "$TMPDIR/why")"
trace kvmexit --comm "$comm" --cmd "$own 300"
expect_line 300
grep -Eq '(VMX|SVM)_' "$out" || skip 'the KVM of this machine does not tell why a guest is left'
expect_line '(VMX_IO_INSTRUCTION|SVM_IO) +30[0-9]'
expect_line '(VMX|SVM)_HLT +[1-9]'
expect_nothing_lost
