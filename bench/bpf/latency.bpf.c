/* latency: enter { @start[tid] = nsecs } exit { @ = hist(nsecs - @start[tid]); delete(@start, tid) } */
#include "row.h"

RESULT_SLOTS(SLOTS);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} start SEC(".maps");

ROW_ENTER
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&start, &tid, &now, BPF_ANY);
	return 0;
}

ROW_EXIT
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *began = bpf_map_lookup_elem(&start, &tid);

	if (!began)
		return 0;
	add_slot(log2_bucket(bpf_ktime_get_ns() - *began), 1);
	bpf_map_delete_elem(&start, &tid);
	return 0;
}
