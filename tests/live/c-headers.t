# Definitions of system headers, expanded by the machine's preprocessor and laid out by us, are
# what the kernel's BTF says of the same structs.
. tests/lib.sh
need_root
command -v cpp >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null ||
	skip "there is no C preprocessor"

compared=0
same() { # HEADER STRUCT FIELD...
	ask_both "sizeof(struct $2)" "$@"
}
grown() { # the same for structs to which every kernel adds at the end
	ask_both 0 "$@"
}
ask_both() {
	ask=$1 header=$2 struct=$3
	[ -e "/usr/include/$header" ] || return 0
	shift 3
	for field in "$@"; do ask="$ask, offsetof(struct $struct, $field)"; done
	trace -q -e "BEGIN { print(($ask)); exit() }"
	cp "$out" "$TMPDIR/kernel"
	trace -q -e "#include <$header>
		BEGIN { print(($ask)); exit() }"
	expect_eq "struct $struct of <$header>" "$(cat "$out")" "$(cat "$TMPDIR/kernel")"
	[ ! -s "$err" ] || fail "something was said about <$header>"
	compared=$((compared + $#))
}

same linux/tcp.h tcphdr source window check urg_ptr
same linux/ip.h iphdr tos ttl protocol saddr
same linux/in6.h in6_addr in6_u
same linux/if_ether.h ethhdr h_source h_proto
grown linux/perf_event.h perf_event_attr config sample_period bp_type branch_sample_type aux_watermark
same linux/bpf.h bpf_insn code off imm
grown linux/bpf.h bpf_prog_info id name load_time ifindex run_cnt
same linux/io_uring.h io_uring_sqe opcode off addr len user_data buf_index
same linux/time_types.h __kernel_timespec tv_sec tv_nsec
same linux/udp.h udphdr dest len
grown linux/taskstats.h taskstats ac_comm ac_pid cpu_run_virtual_total
[ $compared -ge 10 ] || skip "too few headers are installed"

# Macros and enumerators of headers are constants; what the kernel's BTF has not got is theirs.
trace -q -e '#include <sys/socket.h>
#include <netinet/in.h>
	BEGIN { print((AF_INET6, sizeof(struct sockaddr_in6), offsetof(struct sockaddr_in, sin_addr), INET_ADDRSTRLEN)); exit() }'
expect_line '\(10, 28, 4, 16\)'

# So they are in conditions, which are decided before the script is read.
trace -q -e '#include <linux/version.h>
#include <netinet/in.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(3, 0, 0) && INET_ADDRSTRLEN == 16 && !defined(NO_SUCH_MACRO)
	BEGIN { print("chosen"); exit() }
#else
	neither probe nor anything
#endif'
expect_line chosen
[ ! -s "$err" ] || fail "something was said about conditions"
