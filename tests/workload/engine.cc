/*
 * engine.cc - a toy interpreter: script functions that call each other, each by way of engine::call().
 *
 * usage: engine [-n TIMES] [-s SECONDS] [-d DEPTH] [-m FUNCTIONS] [-w SECONDS]
 *
 *     Runs the script so often (default 10), or for so long, in two threads. Parts of it leave several
 *     functions at once, by exception and by longjmp; parts call code of the engine where script
 *     functions were a moment before, so that its frames are at the same addresses.
 *     -d: how deep the deepest function calls itself (default 6)
 *     -m: instead, so many functions of different names, each once
 *     -w: waits first, until whoever traces knows what is mapped
 *
 * Prints, for each call of work(), which script functions were being run then, outermost first, and
 * how often: `stack main;outer;inner 20`.
 */
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

#define KEPT __attribute__((noipa))

extern "C" KEPT void work(long turns)
{
	for (volatile long i = 0; i < turns; i = i + 1)
		;
}

struct function {
	const char *name; /* what --frame shows */
	void (*body)(struct engine &, long);
};

struct engine {
	std::vector<const char *> running;
	std::map<std::string, long> seen;
	std::jmp_buf back;

	void note()
	{
		std::string stack;

		for (const char *name : running)
			stack += (stack.empty() ? "" : ";") + std::string(name);
		seen[stack]++;
		work(2000);
	}
	KEPT void call(const function *f, long argument);
	KEPT void call_native(const function *f, long argument);
};

void engine::call(const function *f, long argument)
{
	size_t depth = running.size();

	running.push_back(f->name);
	f->body(*this, argument);
	running.resize(depth);
}

/* As call(), of the same size on the stack, but nothing that the script sees. */
void engine::call_native(const function *f, long argument)
{
	size_t depth = running.size();

	f->body(*this, argument);
	running.resize(depth);
}

static const function leaf = {"leaf", [](engine &e, long) { e.note(); }};
static const function native = {"not to be seen", [](engine &e, long) { e.note(); }};
static const function thrower = {"thrower", [](engine &e, long deep) {
	e.note();
	if (!deep)
		throw std::runtime_error("thrown");
	e.call(&thrower, deep - 1);
}};
static const function jumper = {"jumper", [](engine &e, long deep) {
	e.note();
	if (!deep)
		std::longjmp(e.back, 1);
	e.call(&jumper, deep - 1);
}};
static const function count_down = {"count_down", [](engine &e, long n) {
	e.note();
	if (n)
		e.call(&count_down, n - 1);
}};
static const function catcher = {"catcher", [](engine &e, long) {
	size_t depth = e.running.size();

	try {
		e.call(&thrower, 3);
	} catch (const std::runtime_error &) {
		e.running.resize(depth);
	}
	e.call(&leaf, 0);
}};
static const function lander = {"lander", [](engine &e, long) {
	volatile size_t depth = e.running.size();

	if (!setjmp(e.back))
		e.call(&jumper, 2);
	e.running.resize(depth);
	e.call_native(&native, 0);
}};
static long depth_of_count_down = 6;
static const function main_function = {"main", [](engine &e, long) {
	e.call(&leaf, 0);
	e.call_native(&native, 0); /* where leaf's frame was */
	e.call(&catcher, 0);
	e.call(&lander, 0);
	e.call(&count_down, depth_of_count_down);
}};

static void run_many(engine &e, long functions)
{
	for (long i = 0; i < functions; i++) {
		std::string name = "f" + std::to_string(i);
		function one = {name.c_str(), leaf.body};

		e.call(&one, 0);
	}
}

static bool is_over(const struct timespec &start, double seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 >= seconds;
}

int main(int argc, char **argv)
{
	std::map<std::string, long> seen;
	std::vector<std::thread> threads;
	std::mutex lock;
	double seconds = 0;
	long times = 10, functions = 0;
	int option;

	while ((option = getopt(argc, argv, "n:s:d:m:w:")) != -1) {
		switch (option) {
		case 'n': times = std::atol(optarg); break;
		case 's': seconds = std::atof(optarg); break;
		case 'd': depth_of_count_down = std::atol(optarg); break;
		case 'w': usleep(std::atof(optarg) * 1e6); break;
		case 'm': functions = std::atol(optarg); break;
		default: return 2;
		}
	}
	if (functions) {
		engine e;

		run_many(e, functions);
		return 0;
	}
	for (int i = 0; i < 2; i++)
		threads.emplace_back([&] {
			struct timespec start;
			engine e;

			clock_gettime(CLOCK_MONOTONIC, &start);
			for (long n = 0; seconds ? !is_over(start, seconds) : n < times; n++)
				e.call(&main_function, 0);
			std::lock_guard<std::mutex> guard(lock);
			for (const auto &one : e.seen)
				seen[one.first] += one.second;
		});
	for (std::thread &thread : threads)
		thread.join();
	for (const auto &one : seen)
		std::printf("stack %s %ld\n", one.first.c_str(), one.second);
}
