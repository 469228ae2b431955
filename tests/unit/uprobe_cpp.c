/* uprobe_cpp.c - which demangled names a pattern means. */
#include "base/base.h"
#include "kern/probe/uprobe_int.h"
#include "sym/demangle.h"
#include "unit.h"

#include <stdlib.h>

static const struct {
	const char *pattern, *name;
	bool match;
} cases[] = {
	{"ns::f", "ns::f(int)", true},
	{"ns::f", "ns::f(int, double)", true},
	{"ns::f(int)", "ns::f(int)", true},
	{"ns::f(int)", "ns::f(int, double)", false},
	{"ns::f(int,double)", "ns::f(int, double)", true},
	{"ns::f(unsigned int)", "ns::f(unsigned int)", true},
	{"ns::f(unsignedint)", "ns::f(unsigned int)", false},
	{"f", "ns::f(int)", false},
	{"ns::f", "ns::ff(int)", false},
	{"ns::*", "ns::f(int)", true},
	{"*::f", "ns::f(int)", true},
	{"ns::A::get", "ns::A::get(int) const", true},
	{"ns::A::get(int) const", "ns::A::get(int) const", true},
	{"ns::A::operator()", "ns::A::operator()(int)", true},
	{"ns::A::operator<", "ns::A::operator<(ns::A const&) const", true},
	{"operator new", "operator new(unsigned long)", true},
	{"ns::A::operator int", "ns::A::operator int() const", true},
	{"ns::tmpl<long>", "long ns::tmpl<long>(long)", true},
	{"ns::tmpl*", "long ns::tmpl<long>(long)", true},
	{"ns::tmpl<std::pair<int, long> >", "void ns::tmpl<std::pair<int, long> >(int)", true},
	{"long ns::tmpl<long>(long)", "long ns::tmpl<long>(long)", true},
	{"ns::call", "ns::call(void (*)(int))", true},
	{"ns::f", "ns::f(int) [clone .cold]", false},
	{"vtable for ns::A", "vtable for ns::A", false},
	{"ns::A::~A", "ns::A::~A()", true},
	{"(anonymous namespace)::f", "(anonymous namespace)::f(int)", true},
	{"", "f()", false},
};

static void demangles(const char *symbol, const char *expected)
{
	char *name = demangle(symbol);

	if (expected)
		CHECK_STR(name, expected);
	else
		CHECK(!name);
	free(name);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (uprobe_cpp_matches(cases[i].pattern, cases[i].name) != cases[i].match)
			printf("%s: %s\n", cases[i].pattern, cases[i].name);
		CHECK(uprobe_cpp_matches(cases[i].pattern, cases[i].name) == cases[i].match);
	}
	if (!demangle_available()) {
		printf("not tried: demangling, no C++ run-time library is installed\n");
		return unit_result();
	}
	demangles("_ZN2ns1fEi", "ns::f(int)");
	demangles("_ZNK2ns1A3getEi", "ns::A::get(int) const");
	demangles("_ZN2ns4tmplIlEET_S1_", "long ns::tmpl<long>(long)");
	demangles("main", NULL);
	demangles("", NULL);
	demangles("_Z", NULL);
	demangles("_ZN2ns1fE", "ns::f");
	demangles("_ZN9999999999999999fEi", NULL);
	return unit_result();
}
