/* pid: @[pid] = count() */
#include "row.h"

RESULT_HASH(__u32);

ROW_ENTER
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	add_key(&pid);
	return 0;
}
