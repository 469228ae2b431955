/* perf.c - see perf.h. */
#include "kern/perf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "kern/sys.h"

#define PMU_DIR "/sys/bus/event_source/devices"

static int read_pmu_file(const char *pmu, const char *file, struct buf *out)
{
	char path[128];
	int n = snprintf(path, sizeof(path), PMU_DIR "/%s/%s", pmu, file);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	return buf_read_file(out, path, 4096);
}

int perf_pmu_type(const char *name)
{
	struct buf b = {0};
	int ret = read_pmu_file(name, "type", &b);
	char *end;
	long type;

	if (!ret) {
		errno = 0;
		type = strtol(buf_str(&b), &end, 10);
		ret = errno || end == b.data || type < 0 || type > INT32_MAX ? -EINVAL : (int)type;
	}
	buf_free(&b);
	return ret;
}

/* The first bit that a "config:N" or "config:N-M" format file names, or -errno. */
static int pmu_format_bit(const char *pmu, const char *file)
{
	struct buf b = {0};
	int ret = read_pmu_file(pmu, file, &b);
	int bit;

	if (!ret)
		ret = sscanf(buf_str(&b), "config:%d", &bit) == 1 && bit >= 0 && bit < 64 ? bit
											  : -EINVAL;
	buf_free(&b);
	return ret;
}

static int perf_open(struct perf_event_attr *attr, struct perf_target target)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_RUNNING; /* struct perf_reading */
	return sys_perf_event_open(attr, target.pid, target.cpu, -1, 0);
}

int perf_open_tracepoint(uint32_t id, struct perf_target target)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	return perf_open(&attr, target);
}

int perf_open_sample(const struct perf_sample_spec *spec, struct perf_target target)
{
	struct perf_event_attr attr = {
		.type = spec->type,
		.config = spec->config,
		.inherit = spec->inherit,
	};

	if (!spec->period == !spec->frequency)
		return -EINVAL;
	attr.freq = spec->frequency != 0;
	if (attr.freq)
		attr.sample_freq = spec->frequency;
	else
		attr.sample_period = spec->period;
	return perf_open(&attr, target);
}

static int perf_open_probe(const char *pmu, const struct perf_probe_spec *spec,
			   struct perf_target target)
{
	struct perf_event_attr attr = {
		.sample_period = 1,
		.wakeup_events = 1,
		.config1 = sys_addr(spec->path), /* uprobe_path, kprobe_func */
		.config2 = spec->offset,         /* probe_offset, kprobe_addr */
	};
	int type = perf_pmu_type(pmu), bit;

	if (type < 0)
		return type;
	attr.type = type;
	if (spec->is_return) {
		bit = pmu_format_bit(pmu, "format/retprobe");
		if (bit < 0)
			return bit;
		attr.config |= 1ull << bit;
	}
	if (spec->ref_ctr_offset) {
		bit = pmu_format_bit(pmu, "format/ref_ctr_offset");
		if (bit < 0)
			return bit;
		/* The field is the upper half: a counter further into the file cannot be named. */
		if (spec->ref_ctr_offset >> (64 - bit))
			return -EOVERFLOW;
		attr.config |= spec->ref_ctr_offset << bit;
	}
	return perf_open(&attr, target);
}

int perf_open_uprobe(const struct perf_probe_spec *spec, struct perf_target target)
{
	return perf_open_probe("uprobe", spec, target);
}

int perf_open_kprobe(const struct perf_probe_spec *spec, struct perf_target target)
{
	return perf_open_probe("kprobe", spec, target);
}

int perf_open_watchpoint(uint64_t address, unsigned length, unsigned type,
			 struct perf_target target)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = type,
		.bp_addr = address,
		.bp_len = length,
		.inherit = target.pid > 0,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	return perf_open(&attr, target);
}

int perf_set_program(int perf_fd, int prog_fd)
{
	return sys_ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd);
}

int perf_enable(int perf_fd)
{
	return sys_ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0);
}

int perf_disable(int perf_fd)
{
	return sys_ioctl(perf_fd, PERF_EVENT_IOC_DISABLE, 0);
}

int perf_read(int perf_fd, struct perf_reading *reading)
{
	ssize_t n = read(perf_fd, reading, sizeof(*reading));

	if (n < 0)
		return -errno;
	return n == sizeof(*reading) ? 0 : -EIO;
}
