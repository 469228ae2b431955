# A wildcard over the C library matches functions that cannot carry a uprobe (on x86-64 those
# that begin with a lock prefix): they are left out with a warning, the rest is attached.
. tests/lib.sh
[ "$(uname -m)" = x86_64 ] || skip "which instructions carry no uprobe is known for x86-64 only"
functions='*' # nearly four thousand: one by one, that takes an emulated kernel minutes
[ "${SONDE_SLOW:-1}" -eq 1 ] || functions='pthread_s*'
start sleep 30
trace_start -p "$started" -e "uprobe:libc:$functions { @ = count() }"
trace_stop
case $(uname -r) in
5.* | 6.[0-9].* | 6.1[0-7].*) grep -q '\[partly-attached\]' "$err" ||
	skip "this kernel attaches to every function of the C library" ;;
esac
grep -q '\[partly-attached\]' "$err" || fail "no warning that some functions are left out"
grep -q 'functions cannot carry a uprobe' "$err" || fail "the warning does not say what is left out"

# Nothing at all is left: it says so.
"$sonde" -e 'config = { missing_probes = ignore } uprobe:libnothing:foo { @ = count() }' >"$out" 2>"$err"
expect_eq 'no probe is left: status' $? 1
expect_line "sonde: this kernel and this machine have none of what the script's probes name" "$err"
