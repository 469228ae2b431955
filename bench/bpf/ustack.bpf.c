/* ustack: @[ustack] = count(), by the kernel's own stack map. */
#include "row.h"

#define MAX_DEPTH 127

RESULT_HASH(__u32);

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

ROW_ENTER
{
	__s32 id = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);

	if (id < 0)
		return 0;
	add_key(&id);
	return 0;
}
