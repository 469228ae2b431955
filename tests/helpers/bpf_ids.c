/*
 * bpf_ids.c - what the kernel holds of BPF, independent of sonde: a line `prog ID`, `map ID`
 * or `link ID` for each object of the machine.
 *
 * usage: bpf_ids          all of them
 *        bpf_ids PID      those that the process holds descriptors of, and a line
 *                         `perf FD` for each of its perf events
 */
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int list_all(const char *name, int command)
{
	union bpf_attr attr;
	unsigned id = 0;

	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
		if (syscall(SYS_bpf, command, &attr, sizeof(attr)) < 0) {
			if (errno == ENOENT)
				return 0;
			perror(name);
			return 1;
		}
		id = attr.next_id;
		printf("%s %u\n", name, id);
	}
}

static void list_file(const char *path)
{
	char line[512];
	unsigned id;
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "prog_id: %u", &id) == 1)
			printf("prog %u\n", id);
		else if (sscanf(line, "map_id: %u", &id) == 1)
			printf("map %u\n", id);
		else if (sscanf(line, "link_id: %u", &id) == 1)
			printf("link %u\n", id);
	}
	if (file)
		fclose(file);
}

static int list_process(const char *pid)
{
	char path[512], target[256];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir))) {
		ssize_t n;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n > 0 && strncmp(target, "anon_inode:[perf_event]", (size_t)n) == 0)
			printf("perf %s\n", entry->d_name);
		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, entry->d_name);
		list_file(path);
	}
	closedir(dir);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return list_process(argv[1]);
	return list_all("prog", BPF_PROG_GET_NEXT_ID) || list_all("map", BPF_MAP_GET_NEXT_ID) ||
	       list_all("link", BPF_LINK_GET_NEXT_ID);
}
