# Random expressions of numbers and strings, of operands the compiler cannot know and of
# constants: both as the rules have it. `make fuzz-oracle` tries more of them.
. tests/lib.sh
command -v python3 >/dev/null || skip "no python3"
# min and max of a map that a probe reads need compare-and-exchange
"$sonde" --info | grep -q '^ *atomics with fetch and compare-and-exchange  *yes' && kinds= || kinds=--no-extremes
timeout $((120 * ${SONDE_SLOW:-1})) python3 tests/fuzz/oracle --count 320 --seed 20040 $kinds || fail "sonde computes otherwise"
