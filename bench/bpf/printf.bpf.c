/* printf: printf("%d %s %d\n", pid, comm, args.count). The loader formats; see loader.c. */
#include "row.h"
#include "record.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} events SEC(".maps");

/* One slot of events sent, so that sent + lost can be compared with what was fired. */
RESULT_SLOTS(1);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

const volatile __u32 only_pid = 0; /* 0: every process */

ROW_ENTER
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, slot = 0;
	struct write_record *record;

	if (only_pid && pid != only_pid)
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		__u64 *value = bpf_map_lookup_elem(&lost, &slot);

		if (value)
			*value += 1;
		return 0;
	}
	record->pid = pid;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	record->size = write_size(ctx, form);
	/*
	 * The reader looks every few milliseconds. Waking it instead would be done nearly once an event
	 * by a reader that keeps up, at more than a microsecond each.
	 */
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}
