/* comm: @[comm] = count() */
#include "row.h"

struct comm {
	char text[16];
};

RESULT_HASH(struct comm);

ROW_ENTER
{
	struct comm comm;

	bpf_get_current_comm(comm.text, sizeof(comm.text));
	add_key(&comm);
	return 0;
}
