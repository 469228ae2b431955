/*
 * pin-map.c - makes a map of the kernel and pins it: pin-map PATH TYPE KEY_BYTES [KEY...]. TYPE is hash or
 * array; each KEY, a number, becomes one of its keys. Independent of sonde, as other programs make theirs.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call(int command, union bpf_attr *attr)
{
	long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	if (result < 0) {
		perror("bpf");
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	union bpf_attr attr;
	int fd;

	if (argc < 4)
		return 2;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = strcmp(argv[2], "array") ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY;
	attr.key_size = atoi(argv[3]);
	attr.value_size = 4;
	attr.max_entries = 64;
	fd = call(BPF_MAP_CREATE, &attr);
	for (int i = 4; i < argc; i++) {
		unsigned long long key = strtoull(argv[i], NULL, 0);
		unsigned value = 0;

		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fd;
		attr.key = (unsigned long)&key;
		attr.value = (unsigned long)&value;
		call(BPF_MAP_UPDATE_ELEM, &attr);
	}
	memset(&attr, 0, sizeof(attr));
	attr.bpf_fd = fd;
	attr.pathname = (unsigned long)argv[1];
	call(BPF_OBJ_PIN, &attr);
	return 0;
}
