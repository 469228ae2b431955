/*
 * kvm_guest N: a virtual machine of a few instructions, which writes a byte to a port N times and halts.
 * Prints how often it came back for a port; ends with 77 where no machine can be had.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#define UNUSABLE 77

enum { MEMORY = 0x1000, AT = 0x1000 };

/* Real mode: out dx, al until bx has become 0. */
static const unsigned char code[] = {
	0xee,       /* again: out %al, (%dx) */
	0x4b,       /* dec %bx */
	0x75, 0xfc, /* jnz again */
	0xf4,       /* hlt */
};

static int ask(int fd, unsigned long request, void *what)
{
	int result = ioctl(fd, request, what);

	if (result < 0)
		err(UNUSABLE, "KVM");
	return result;
}

static int machine_with(void *memory)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = AT, .memory_size = MEMORY, .userspace_addr = (unsigned long)memory,
	};
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0)
		err(UNUSABLE, "/dev/kvm");
	vm = ask(kvm, KVM_CREATE_VM, NULL);
	ask(vm, KVM_SET_USER_MEMORY_REGION, &region);
	return ask(vm, KVM_CREATE_VCPU, NULL);
}

static void set_registers(int cpu, unsigned count)
{
	struct kvm_regs registers = {.rip = AT, .rflags = 2, .rbx = count, .rdx = 0x3f8};
	struct kvm_sregs segments;

	ask(cpu, KVM_GET_SREGS, &segments);
	segments.cs.base = 0;
	segments.cs.selector = 0;
	ask(cpu, KVM_SET_SREGS, &segments);
	ask(cpu, KVM_SET_REGS, &registers);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? atoi(argv[1]) : 100, ports = 0;
	void *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_run *run;
	int cpu;

	if (memory == MAP_FAILED)
		err(1, "memory");
	memcpy(memory, code, sizeof(code));
	cpu = machine_with(memory);
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	if (run == MAP_FAILED)
		err(UNUSABLE, "the virtual CPU");
	set_registers(cpu, count);
	do {
		ask(cpu, KVM_RUN, NULL);
		ports += run->exit_reason == KVM_EXIT_IO;
	} while (run->exit_reason == KVM_EXIT_IO);
	if (run->exit_reason != KVM_EXIT_HLT)
		errx(UNUSABLE, "left for reason %u", run->exit_reason);
	printf("%u\n", ports);
	return 0;
}
