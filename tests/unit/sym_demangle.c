/* sym_demangle.c - names of Rust, both ways of mangling, and of C++; malformed ones. */
#include "sym/demangle.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "sym/demangle_rust.h"
#include "unit/unit.h"

static const struct { const char *symbol, *name; } rust[] = {
	/* v0: paths */
	{"_RNvC6_123foo3bar", "123foo::bar"},
	{"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
	{"_RNCNvC1a4main0", "a::main::{closure#0}"},
	{"_RNCNCNgCs6DXkGYLi8lr_2cc5spawn00B5_", "cc::spawn::{closure#0}::{closure#0}"},
	{"_RNSC1a3foo", "a::{shim:foo#0}"},
	{"_RNvMs_C1aNtB4_1S1f", "<a::S>::f"},
	{"_RNvXs0_C1aNtB5_1SNtB5_1T1f", "<a::S as a::T>::f"},
	{"_RNvYNtC1a1SNtC1a1T1f", "<a::S as a::T>::f"},
	{"_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>"},
	{"_RINbNbCskIICzLVDPPb_5alloc5alloc8box_freeDINbNiB4_5boxed5FnBoxuEp6OutputuEL_ECs1iopQbuBiw2_3std",
	 "alloc::alloc::box_free::<dyn alloc::boxed::FnBox<(), Output = ()>>"},
	/* types */
	{"_RINvC1a1fRNtB2_1SQhPxOyE", "a::f::<&a::S, &mut u8, *const i64, *mut u64>"},
	{"_RINvC1a1fAhj4_SaTuETeEE", "a::f::<[u8; 4], [i8], ((),), (str,)>"},
	{"_RINvC1a1fTuyETEE", "a::f::<((), u64), ()>"},
	{"_RINvC1a1fFEuFUKChEbE", "a::f::<fn(), unsafe extern \"C\" fn(u8) -> bool>"},
	{"_RINvC1a1fFG_RL0_hEuE", "a::f::<for<'a> fn(&'a u8)>"},
	{"_RINvC1a1fDG_INtC1b1TRL0_hEEL_E", "a::f::<dyn for<'a> b::T<&'a u8>>"},
	{"_RINvC1a1fK3system7_E", NULL},
	/* constants */
	{"_RINvC1a1fKj2a_Kln5_Kb1_Kc41_KpE", "a::f::<42, -5, true, 'A', _>"},
	{"_RINvC1a1fKo123456789abcdef01_E", "a::f::<0x123456789abcdef01>"},
	{"_RINvC1a1fKc27_KcaE", NULL},
	{"_RINvC1a1fKc27_Kca_E", "a::f::<'\\'', '\\n'>"},
	/* identifiers outside ASCII, suffixes */
	{"_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
	 "utf8_idents::\341\203\241\341\203\220\341\203\255\341\203\233\341\203\224\341\203\232\341\203\220\341\203\223"
	 "_\341\203\222\341\203\224\341\203\233\341\203\240\341\203\230\341\203\224\341\203\232\341\203\230_"
	 "\341\203\241\341\203\220\341\203\223\341\203\230\341\203\232\341\203\230"},
	{"_RNvC1a1b.llvm.12345", "a::b"},
	{"_RNvC1a1b.cold.1", "a::b.cold.1"},
	/* malformed: shown as they are */
	{"_R", NULL}, {"_RNv", NULL}, {"_RNvC1a", NULL}, {"_RNvC9a1b", NULL}, {"_RNvC1a1bX", NULL}, {"_RB_", NULL},
	{"_RNvB0_1a", NULL}, {"_RINvC1a1fB5_E", NULL}, {"_RINvC1a1fKb2_E", NULL}, {"_Rust_function", NULL},
	{"_RNvC99999999999999999999999991a1b", NULL}, {"_RINvC1a1fRL5_hE", NULL}, {"_Rnv", NULL},
	/* legacy */
	{"_ZN3std2io5stdio6_print17h0123456789abcdefE", "std::io::stdio::_print"},
	{"_ZN4core3ptr85drop_in_place$LT$std..rt..lang_start$LT$$LP$$RP$$GT$..$u7b$$u7b$closure$u7d$$u7d$$GT$"
	 "17h0123456789abcdefE", "core::ptr::drop_in_place<std::rt::lang_start<()>::{{closure}}>"},
	{"_ZN35_$LT$T$u20$as$u20$a..B$LT$U$GT$$GT$1c17h0123456789abcdefE.llvm.77", "<T as a::B<U>>::c"},
	{"_ZN1a1b17h0123456789abcdefE.cold", "a::b.cold"},
	{"_ZN1a1b17h0123456789abcdeE", NULL}, {"_ZN1a17h0123456789abcdef1bE", NULL}, {"_ZN", NULL},
	{"_ZN17h0123456789abcdefE", NULL},
};

static void check_rust(void)
{
	struct buf out = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rust); i++) {
		bool (*form)(const char *, struct buf *) = rust[i].symbol[1] == 'R' ? demangle_rust_v0
										    : demangle_rust_legacy;
		bool understood;

		buf_reset(&out);
		buf_puts(&out, ">");
		understood = form(rust[i].symbol, &out);
		CHECK_STR(buf_str(&out) + 1, rust[i].name ? rust[i].name : "");
		CHECK(understood == (rust[i].name != NULL));
	}
	buf_free(&out);
}

/* Nesting and backward references that would never end, or print for ever. */
static void check_hostile(void)
{
	struct buf symbol = {0}, out = {0};

	buf_puts(&symbol, "_RINvC1a1f");
	for (unsigned i = 0; i < 1000; i++)
		buf_putc(&symbol, 'R');
	buf_puts(&symbol, "hE");
	CHECK(!demangle_rust_v0(buf_str(&symbol), &out));
	buf_reset(&symbol);
	buf_puts(&symbol, "_RINvC1a1fTuuuuE"); /* each tuple holds the one before it three times */
	for (unsigned i = 0; i < 20; i++)
		buf_puts(&symbol, "TB9_B9_B9_E");
	buf_puts(&symbol, "E");
	demangle_rust_v0(buf_str(&symbol), &out);
	CHECK(out.len <= DEMANGLED_LIMIT);
	buf_free(&symbol);
	buf_free(&out);
}

/* One byte changed, or cut short: any answer but a crash. */
static void check_changed(void)
{
	static const char letters[] = "0159_aszBCEGIKLMNRSTXYZ$.u\377";
	struct buf out = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rust); i++) {
		char *symbol = xstrdup(rust[i].symbol);
		size_t len = strlen(symbol);

		for (size_t at = 2; at < len; at++) {
			char was = symbol[at];

			for (size_t k = 0; k < sizeof(letters); k++) {
				char *copy;

				symbol[at] = letters[k];
				copy = xstrdup(symbol); /* the end is the end of its memory */
				buf_reset(&out);
				demangle_rust_v0(copy, &out);
				demangle_rust_legacy(copy, &out);
				free(copy);
			}
			symbol[at] = was;
		}
		free(symbol);
	}
	buf_free(&out);
}

/* f(std::pair<int, int>, `depth` times pair<all of the one before, again>, 40 times int) */
static char *nested_pairs(unsigned depth)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct buf symbol = {0};

	buf_puts(&symbol, "_Z1fSt4pairIiiE");
	for (unsigned i = 0; i < depth; i++)
		buf_printf(&symbol, "S_IS%c_S%c_E", digits[i], digits[i]);
	for (unsigned i = 0; i < 40; i++)
		buf_putc(&symbol, 'i');
	return symbol.data;
}

/* What is long is asked of a child; what would double forever costs us nothing. */
static void check_child(void)
{
	char *small = nested_pairs(8), *large = nested_pairs(34), *name = demangle(small), *again;
	struct rusage before, after;

	CHECK(strlen(small) > 128);
	CHECK(name && str_starts(name, "f(std::pair<int, int>, std::pair<std::pair<int, int>, std::pair<int, int>"));
	CHECK(name && strlen(name) > 256 * strlen("std::pair") && strstr(name, ", int, int, int)"));
	getrusage(RUSAGE_SELF, &before);
	CHECK(!demangle(large));
	again = demangle(small);
	CHECK_STR(again, name);
	free(again);
	for (unsigned i = 0; i < 20; i++)
		CHECK(!demangle(large));
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_maxrss < before.ru_maxrss + 16384);
	again = demangle("_ZN3foo3barEi");
	CHECK_STR(again, "foo::bar(int)");
	free(again);
	free(name);
	free(small);
	free(large);
}

int main(void)
{
	char *name;

	check_rust();
	check_hostile();
	check_changed();
	name = demangle("_RNvC1a1b");
	CHECK_STR(name, "a::b");
	free(name);
	CHECK(!demangle("main") && !demangle("_Znot") && !demangle("_") && !demangle(""));
	if (demangle_available()) {
		name = demangle("_ZN3foo3barEi.cold");
		CHECK_STR(name, "foo::bar(int) [clone .cold]");
		free(name);
		check_child();
	}
	return unit_result();
}
