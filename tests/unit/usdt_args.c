/* usdt_args.c - operands of static user probes, of both architectures, good and broken. */
#include "ir/usdt_args.h"
#include "unit.h"

static bool address(void *ctx, const char *name, uint64_t *out)
{
	(void)ctx;
	*out = str_eq(name, "counter") ? 0x4010 : str_eq(name, ".LC0") ? 0x2000 : 0;
	return *out != 0;
}

static const struct usdt_symbols symbols = {NULL, address, 0x1000};

static struct arena *arena;

/* All arguments of a text, printed, separated by "; ". */
static const char *parsed(const struct arch *arch, const char *text)
{
	const struct usdt_arg *args;
	unsigned n = usdt_args_parse(arena, arch, text, &symbols, &args);
	struct buf out = {0};

	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_puts(&out, "; ");
		usdt_arg_print(&args[i], &out);
	}
	const char *kept = arena_strdup(arena, buf_str(&out));
	buf_free(&out);
	return kept;
}

static const struct form {
	const char *text, *expected;
} x86_forms[] = {
	{"", ""},
	{"   ", ""},
	/* registers of all widths: struct pt_regs has them at 8 * n */
	{"8@%rax", "8@regs+80"}, {"4@%eax", "4@regs+80"}, {"2@%ax", "2@regs+80"}, {"1@%al", "1@regs+80"},
	{"-1@%ah", "-1@regs+80>>8"}, {"1@%bh", "1@regs+40>>8"}, {"1@%ch", "1@regs+88>>8"},
	{"1@%dh", "1@regs+96>>8"}, {"1@%bl", "1@regs+40"}, {"1@%cl", "1@regs+88"}, {"1@%dl", "1@regs+96"},
	{"8@%rbx", "8@regs+40"}, {"-8@%rcx", "-8@regs+88"}, {"-4@%edx", "-4@regs+96"},
	{"-4@%esi", "-4@regs+104"}, {"2@%si", "2@regs+104"}, {"1@%sil", "1@regs+104"},
	{"8@%rdi", "8@regs+112"}, {"1@%dil", "1@regs+112"}, {"2@%di", "2@regs+112"},
	{"8@%rbp", "8@regs+32"}, {"2@%bp", "2@regs+32"}, {"1@%bpl", "1@regs+32"},
	{"8@%rsp", "8@regs+152"}, {"1@%spl", "1@regs+152"}, {"8@%rip", "8@regs+128"},
	{"8@%r8", "8@regs+72"}, {"-4@%r8d", "-4@regs+72"}, {"2@%r9w", "2@regs+64"}, {"1@%r10b", "1@regs+56"},
	{"8@%r11", "8@regs+48"}, {"8@%r12", "8@regs+24"}, {"4@%r13d", "4@regs+16"}, {"2@%r14w", "2@regs+8"},
	{"-1@%r15b", "-1@regs+0"},
	/* constants */
	{"4@$5", "4@5"}, {"-4@$-5", "-4@-5"}, {"8@$0x10", "8@16"}, {"-8@$-9223372036854775808",
	 "-8@-9223372036854775808"}, {"8@$18446744073709551615", "8@-1"}, {"8@$-0x8", "8@-8"},
	/* memory */
	{"8@(%rdi)", "8@[regs+112 +0]"}, {"-4@-20(%rbp)", "-4@[regs+32 -20]"},
	{"8@0x18(%rsp)", "8@[regs+152 +24]"}, {"1@3(%rax,%rcx)", "1@[regs+80 + regs+88*1 +3]"},
	{"8@(%rax,%rcx,8)", "8@[regs+80 + regs+88*8 +0]"}, {"2@-2(,%rdx,2)", "2@[+ regs+96*2 -2]"},
	{"4@-4(%r8, %r9, 4)", "4@[regs+72 + regs+64*4 -4]"}, {"4@0x1000", "4@[+4096]"},
	/* symbols, 0x3010 from the probe on */
	{"4@counter(%rip)", "4@[regs+128 +12304]"}, {"8@counter+8(%rip)", "8@[regs+128 +12312]"},
	{"8@8+counter(%rip)", "8@[regs+128 +12312]"}, {"8@counter-16(%rip)", "8@[regs+128 +12288]"},
	{"4@counter", "4@[regs+128 +12304]"}, {"8@$counter", "8@&regs+128 +12304"},
	{"8@counter(,%rax,8)", "8@[regs+128 + regs+80*8 +12304]"}, {"8@$.LC0", "8@&regs+128 +4096"},
	/* several */
	{"8@%rdi -4@-20(%rbp) 4@$5", "8@regs+112; -4@[regs+32 -20]; 4@5"},
	{" 8@%rdi   4@(%rax, %rcx, 4)  1@%al ", "8@regs+112; 4@[regs+80 + regs+88*4 +0]; 1@regs+80"},
	{"4f@-4(%rbp) 8f@$3", "4f@[regs+32 -4]; 8f@3"},
	{"%rdi $3", "8@regs+112; 8@3"},
	/* refused, one by one */
	{"4f@%xmm0", "none (it is in a floating-point register, which probes do not see)"},
	{"8@%fs:16", "none (it is relative to a segment, which probes do not see)"},
	{"8@nowhere(%rip)", "none (the file has no symbol \"nowhere\")"},
	{"8@counter(%rbx)", "none (its address is a symbol and a register together)"},
	{"3@%rax", "none (its size is none of 1, 2, 4, 8 bytes)"},
	{"16@%rax", "none (its size is none of 1, 2, 4, 8 bytes)"},
	{"0@%rax", "none (its size is none of 1, 2, 4, 8 bytes)"},
	{"8@%rqq", "none (there is no register \"rqq\")"},
	{"8@%", "none (its operand is not understood)"},
	{"8@%rax%", "none (its operand is not understood)"},
	{"8@", "none (its operand is not understood)"},
	{"8@(%rax", "none (its parenthesis is not closed)"},
	{"8@(%rax,%rcx,3)", "none (its scale is none of 1, 2, 4, 8)"},
	{"8@(%rax,%rcx,4", "none (its parenthesis is not closed)"},
	{"8@(%rax) 8@%rbx", "8@[regs+80 +0]; 8@regs+40"},
	{"8@99999999999999999999(%rax)", "none (the file has no symbol \"99999999999999999999\")"},
	{"@%rax", "none (its size is none of 1, 2, 4, 8 bytes)"},
	{"4x@%rax", "none (it is not written SIZE@OPERAND)"},
	{"8@+", "none (its operand is not understood)"}, {"8@4+", "none (its operand is not understood)"},
	{"8@$", "none (its operand is not understood)"},
	{"8@counter+counter", "none (its operand is not understood)"},
}, arm64_forms[] = {
	{"8@x0", "8@regs+0"}, {"-4@w1", "-4@regs+8"}, {"8@x30", "8@regs+240"}, {"8@lr", "8@regs+240"},
	{"8@fp", "8@regs+232"}, {"8@sp", "8@regs+248"}, {"8@xzr", "8@0"}, {"4@wzr", "4@0"},
	{"4@5", "4@5"}, {"-4@-5", "-4@-5"}, {"4@#7", "4@7"},
	{"8@[x0]", "8@[regs+0 +0]"}, {"-4@[sp, 12]", "-4@[regs+248 +12]"}, {"4@[x29, #-20]", "4@[regs+232 -20]"},
	{"8@[x0, x1]", "8@[regs+0 + regs+8*1 +0]"}, {"8@[x0, x1, lsl 3]", "8@[regs+0 + regs+8*8 +0]"},
	{"8@[x0, x1, lsl #3]", "8@[regs+0 + regs+8*8 +0]"},
	{"4@[x0,w2,sxtw 2]", "4@[regs+0 + s32 regs+16*4 +0]"}, {"1@[x0, w2, uxtw]", "1@[regs+0 + u32 regs+16*1 +0]"},
	{"8@[x3, xzr]", "8@[regs+24 +0]"},
	{"-4@[sp, 12] 8@x0 4@[sp, 8]", "-4@[regs+248 +12]; 8@regs+0; 4@[regs+248 +8]"},
	{"8f@d0", "none (it is in a floating-point register, which probes do not see)"},
	{"8@x31", "none (the file has no symbol \"x31\")"},
	{"8@[x0, x1, lsl 9]", "none (its index is shifted further than an address can)"},
	{"8@[x0, x1, ror 3]", "none (its operand is not understood)"},
	{"8@[x0", "none (its operand is not understood)"},
	{"8@[q0]", "none (it is in a floating-point register, which probes do not see)"},
	{"8@[]", "none (its operand is not understood)"},
	{"8@counter", "8@[regs+256 +12304]"},
};

/* Whatever the text, no more than the most arguments, and no access outside of it. */
static void random_texts(const struct arch *arch)
{
	static const char alphabet[] = "%()$,-+0148@rax[]w spilcounter.\t#f:";
	unsigned seed = 12345;

	for (unsigned round = 0; round < 20000; round++) {
		char text[48];
		const struct usdt_arg *args;
		size_t n = 0;

		for (; n < sizeof(text) - 1; n++) {
			seed = seed * 1103515245u + 12345u;
			text[n] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		text[n] = '\0';
		unsigned count = usdt_args_parse(arena, arch, text, &symbols, &args);
		bool good = count <= USDT_ARGS_MAX;

		for (unsigned i = 0; i < count; i++)
			good &= args[i].kind == USDT_NONE ? args[i].why != NULL :
				args[i].base < 300 && args[i].index < 300 && args[i].size && args[i].size <= 8;
		CHECK(good);
	}
}

int main(void)
{
	char many[8 * USDT_ARGS_MAX * 2] = "";
	const struct usdt_arg *args;

	arena = arena_new();
	for (size_t i = 0; i < ARRAY_SIZE(x86_forms); i++)
		CHECK_STR(parsed(&arch_x86_64, x86_forms[i].text), x86_forms[i].expected);
	for (size_t i = 0; i < ARRAY_SIZE(arm64_forms); i++)
		CHECK_STR(parsed(&arch_arm64, arm64_forms[i].text), arm64_forms[i].expected);
	for (unsigned i = 0; i < 2 * USDT_ARGS_MAX; i++)
		strcat(many, "8@%rax ");
	CHECK(usdt_args_parse(arena, &arch_x86_64, many, &symbols, &args) == USDT_ARGS_MAX);
	random_texts(&arch_x86_64);
	random_texts(&arch_arm64);
	arena_free(arena);
	return unit_result();
}
