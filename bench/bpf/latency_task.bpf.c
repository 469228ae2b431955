/* latency_task: the latency pair with the start time in task storage instead of a hash map. */
#include "row.h"

RESULT_SLOTS(SLOTS);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} start SEC(".maps");

ROW_ENTER
{
	__u64 *began = bpf_task_storage_get(&start, bpf_get_current_task_btf(), 0,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (began)
		*began = bpf_ktime_get_ns();
	return 0;
}

ROW_EXIT
{
	__u64 *began = bpf_task_storage_get(&start, bpf_get_current_task_btf(), 0, 0);

	if (!began || !*began)
		return 0;
	add_slot(log2_bucket(bpf_ktime_get_ns() - *began), 1);
	*began = 0;
	return 0;
}
