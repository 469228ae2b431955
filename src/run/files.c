/* files.c - see files.h. */
#include "run/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#if defined(__aarch64__)
#define KERNEL_ARCH "arm64"
#define TRIPLET "aarch64-linux-gnu"
#else
#define KERNEL_ARCH "x86"
#define TRIPLET "x86_64-linux-gnu"
#endif

enum { PREPROCESSOR_SECONDS = 10 };

static struct machine_files *machine_of(struct files *f)
{
	return (struct machine_files *)((char *)f - offsetof(struct machine_files, files));
}

/* ---- files ---- */

static enum file_kind look(struct files *f, const char *path, const char **id, const char **why)
{
	struct stat st;

	if (stat(path, &st)) {
		*why = errno == ENOENT || errno == ENOTDIR ? "there is no such file" : strerror(errno);
		return FILE_NONE;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		*why = "it is neither a file nor a folder";
		return FILE_NONE;
	}
	if ((st.st_mode & S_IWOTH) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))) {
		*why = "everybody may write to it";
		return FILE_NONE;
	}
	*id = arena_printf(f->arena, "%llx:%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return S_ISDIR(st.st_mode) ? FILE_FOLDER : FILE_REGULAR;
}

/* What was looked at by name is looked at again by its descriptor: a link may have moved. */
static bool read_text(struct files *f, const char *path, struct text *out, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = fd < 0 ? -errno : 0;
	struct buf text = {0};
	struct stat st;

	if (!err && (fstat(fd, &st) || !S_ISREG(st.st_mode) || (st.st_mode & S_IWOTH)))
		err = -EPERM;
	if (!err)
		err = buf_read_fd(&text, fd, FILES_MAX_BYTES);
	if (fd >= 0)
		close(fd);
	if (err < 0)
		*why = err == -EFBIG ? "it is too large" : strerror(-err);
	else
		*out = (struct text){arena_strndup(f->arena, buf_str(&text), text.len), text.len};
	buf_free(&text);
	return err >= 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool list(struct files *f, const char *path, file_names *out, const char **why)
{
	enum { MOST = 4096 };
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder) {
		*why = strerror(errno);
		return false;
	}
	while ((entry = readdir(folder)) && out->n < MOST)
		if (entry->d_name[0] != '.')
			avec_push(f->arena, out, arena_strdup(f->arena, entry->d_name));
	closedir(folder);
	qsort(out->v, out->n, sizeof(*out->v), by_name);
	return true;
}

/* ---- headers of the machine ---- */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static const char *kernel_headers(struct machine_files *m)
{
	static const char *const links[] = {"source", "build"};
	const char *given = getenv("BPFTRACE_KERNEL_SOURCE");
	struct utsname name;

	if (m->kernel_tried)
		return m->kernel;
	m->kernel_tried = true;
	if (given && *given)
		return m->kernel = given;
	for (size_t i = 0; !m->kernel && uname(&name) == 0 && i < ARRAY_SIZE(links); i++) {
		const char *path = arena_printf(m->files.arena, "/lib/modules/%s/%s", name.release, links[i]);

		if (is_file(arena_printf(m->files.arena, "%s/include/linux/kconfig.h", path)))
			m->kernel = path;
	}
	return m->kernel;
}

static const char *find_header(struct files *f, const char *name)
{
	struct machine_files *m = machine_of(f);
	static const char *const folders[] = {"/usr/include", "/usr/include/" TRIPLET, "/usr/local/include"};
	const char *path;

	if (name[0] == '/')
		return is_file(name) ? name : NULL;
	for (unsigned i = 0; i < f->nfolders; i++)
		if (is_file(path = arena_printf(f->arena, "%s/%s", f->folders[i], name)))
			return path;
	const char *kernel[] = {kernel_headers(m), m->kernel ? getenv("BPFTRACE_KERNEL_BUILD") : NULL};

	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		if (kernel[i] &&
		    (is_file(path = arena_printf(f->arena, "%s/include/%s", kernel[i], name)) ||
		     is_file(path = arena_printf(f->arena, "%s/arch/" KERNEL_ARCH "/include/%s", kernel[i], name))))
			return path;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (is_file(path = arena_printf(f->arena, "%s/%s", folders[i], name)))
			return path;
	return NULL;
}

/* ---- the preprocessor ---- */

typedef VEC(const char *) argument_list;

/* As the kernel's own build has them; the user's folders first, the system's last. */
static void add_kernel_arguments(struct machine_files *m, argument_list *args)
{
	static const char *const folders[] = {
		"arch/" KERNEL_ARCH "/include", "arch/" KERNEL_ARCH "/include/generated", "include",
		"arch/" KERNEL_ARCH "/include/uapi", "arch/" KERNEL_ARCH "/include/generated/uapi",
		"include/uapi", "include/generated/uapi",
	};
	struct arena *arena = m->files.arena;
	const char *build = getenv("BPFTRACE_KERNEL_BUILD");
	struct utsname name;

	if (!kernel_headers(m))
		return;
	if ((!build || !*build) && uname(&name) == 0)
		build = arena_printf(arena, "/lib/modules/%s/build", name.release);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		avec_push(arena, args, arena_printf(arena, "-I%s/%s", m->kernel, folders[i]));
		if (build && !str_eq(build, m->kernel))
			avec_push(arena, args, arena_printf(arena, "-I%s/%s", build, folders[i]));
	}
	avec_push(arena, args, "-include");
	avec_push(arena, args, arena_printf(arena, "%s/include/linux/kconfig.h", m->kernel));
	avec_push(arena, args, "-D__KERNEL__");
}

/* The child: nothing of ours but three descriptors; killed when we end, however that is. */
static _Noreturn void become(const argument_list *args, const char *program, const char *option, int in, int out)
{
	char **argv = xcalloc(args->n + 8, sizeof(*argv));
	size_t n = 0;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	argv[n++] = (char *)program;
	if (option)
		argv[n++] = (char *)option;
	for (size_t i = 0; i < args->n; i++)
		argv[n++] = (char *)args->v[i];
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execvp(program, argv);
	_exit(127);
}

/* All of the child's output, or what there is when its time is up. */
static int collect(int fd, struct buf *out)
{
	uint64_t end = now_ns() + PREPROCESSOR_SECONDS * 1000000000ull;
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now = now_ns();
		ssize_t got;

		if (now >= end || poll(&poll_fd, 1, (end - now) / 1000000 + 1) < 0)
			return now >= end ? -ETIME : -errno;
		if (!poll_fd.revents)
			return -ETIME;
		buf_reserve(out, 1 << 16);
		got = read(fd, out->data + out->len, 1 << 16);
		if (got <= 0)
			return got ? -errno : 0;
		out->len += got;
		if (out->len > FILES_MAX_BYTES)
			return -EFBIG;
	}
}

/* Runs one of them; 0, or -errno; *status as of wait(). */
static int run(const argument_list *args, const char *program, const char *option, int in, struct buf *out, int *status)
{
	int pipe_fds[2], err;
	pid_t child;

	if (lseek(in, 0, SEEK_SET) < 0 || pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child == 0)
		become(args, program, option, in, pipe_fds[1]);
	close(pipe_fds[1]);
	err = child < 0 ? -EAGAIN : collect(pipe_fds[0], out);
	close(pipe_fds[0]);
	if (child > 0 && err)
		kill(child, SIGKILL);
	while (child > 0 && waitpid(child, status, 0) < 0 && errno == EINTR)
		;
	return err;
}

/* The input in a file without a name: nobody else sees it, and it needs no writer. */
static int input_file(struct text in)
{
	int fd = memfd_create("headers", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, in.data, in.len) != (ssize_t)in.len) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool preprocess(struct files *f, struct text in, struct text *out, const char **why)
{
	static const struct { const char *program, *option; } known[] = {
		{"cpp", NULL}, {"gcc", "-E"}, {"clang", "-E"}, {"cc", "-E"},
	};
	argument_list args = {0};
	struct buf text = {0};
	int fd = input_file(in), status = 0, err = fd < 0 ? -EIO : 0;
	bool done = false;

	for (unsigned i = 0; i < f->nfolders; i++)
		avec_push(f->arena, &args, arena_printf(f->arena, "-I%s", f->folders[i]));
	add_kernel_arguments(machine_of(f), &args);
	avec_push(f->arena, &args, "-xc");
	avec_push(f->arena, &args, "-dD");
	avec_push(f->arena, &args, "-");
	*why = "there is no C preprocessor on this machine (cpp, gcc or clang)";
	for (size_t i = 0; fd >= 0 && !err && !done && i < ARRAY_SIZE(known); i++) {
		buf_reset(&text);
		err = run(&args, known[i].program, known[i].option, fd, &text, &status);
		if (!err && WIFEXITED(status) && WEXITSTATUS(status) != 127) {
			done = true;
			if (WEXITSTATUS(status))
				*why = arena_printf(f->arena, "%s does not accept it", known[i].program);
		}
	}
	if (fd >= 0)
		close(fd);
	if (err)
		*why = err == -ETIME ? "the C preprocessor takes too long" : err == -EFBIG ?
			"the C preprocessor gives too much" : "the C preprocessor cannot be started";
	done = done && !err && WEXITSTATUS(status) == 0;
	if (done)
		*out = (struct text){arena_strndup(f->arena, buf_str(&text), text.len), text.len};
	buf_free(&text);
	return done;
}

void machine_files_init(struct machine_files *m, struct arena *arena)
{
	*m = (struct machine_files){
		.files = {.arena = arena, .look = look, .read = read_text, .list = list, .find_header = find_header,
			  .preprocess = preprocess},
	};
}
