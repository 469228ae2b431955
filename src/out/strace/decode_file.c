/* decode_file.c - arguments of calls on files: flags, modes, struct stat, directories, fcntl, ioctl. */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>

#include "out/strace/decode_int.h"

/* ---- opening ---- */

void put_open_flags(struct buf *out, uint32_t flags)
{
	static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	buf_puts(out, modes[flags & O_ACCMODE]);
	put_flags_from(out, STRACE_NAMES_open, flags & ~O_ACCMODE, false);
}

void decode_open_flags(struct decode *d, unsigned n) { put_open_flags(d->out, argument(d, n)); }

void decode_open_mode(struct decode *d, unsigned n)
{
	uint64_t flags = other_argument(d, n);

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		put_mode_octal(d->out, argument(d, n));
	else
		d->skip = true;
}

void decode_open_how(struct decode *d, unsigned n)
{
	struct open_how_ {
		uint64_t flags, mode, resolve;
	} how;

	if (!take(d, n, &d->after[n], &how, sizeof(how)))
		return;
	buf_puts(d->out, "{flags=");
	put_open_flags(d->out, how.flags);
	if (how.mode || how.flags & O_CREAT) {
		buf_puts(d->out, ", mode=");
		put_mode_octal(d->out, how.mode);
	}
	buf_puts(d->out, ", resolve=");
	put_flags(d->out, STRACE_NAMES_resolve, how.resolve);
	buf_putc(d->out, '}');
}

void put_file_mode(struct buf *out, unsigned mode)
{
	static const struct {
		unsigned bits;
		const char *name;
	} types[] = {
		{S_IFREG, "S_IFREG"}, {S_IFDIR, "S_IFDIR"}, {S_IFCHR, "S_IFCHR"}, {S_IFBLK, "S_IFBLK"},
		{S_IFIFO, "S_IFIFO"}, {S_IFSOCK, "S_IFSOCK"}, {S_IFLNK, "S_IFLNK"},
	}, specials[] = {{S_ISUID, "|S_ISUID"}, {S_ISGID, "|S_ISGID"}, {S_ISVTX, "|S_ISVTX"}};
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((mode & S_IFMT) == types[i].bits)
			name = types[i].name;
	if (!name) {
		put_mode_octal(out, mode);
		return;
	}
	buf_puts(out, name);
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (mode & specials[i].bits)
			buf_puts(out, specials[i].name);
	buf_putc(out, '|');
	put_mode_octal(out, mode & 0777);
}

void decode_file_mode(struct decode *d, unsigned n) { put_file_mode(d->out, argument(d, n)); }

static void put_device(struct buf *out, uint64_t device)
{
	buf_printf(out, "makedev(%#x, %#x)", major(device), minor(device));
}

void decode_device(struct decode *d, unsigned n)
{
	unsigned type = other_argument(d, n) & S_IFMT;

	if (type == S_IFCHR || type == S_IFBLK)
		put_device(d->out, argument(d, n));
	else
		d->skip = true;
}

/* ---- what files are ---- */

void put_local_time(struct buf *out, int64_t seconds, int64_t ns)
{
	time_t t = seconds;
	struct tm tm;
	char date[64], zone[16];

	if ((!seconds && !ns) || !localtime_r(&t, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) ||
	    !strftime(zone, sizeof(zone), "%z", &tm))
		return;
	buf_printf(out, " /* %s", date);
	if (ns)
		buf_printf(out, ".%09" PRId64, ns);
	buf_printf(out, "%s */", zone);
}

static void put_time(struct buf *out, const char *name, const struct timespec *t)
{
	buf_printf(out, ", %s=%lld", name, (long long)t->tv_sec);
	put_local_time(out, t->tv_sec, t->tv_nsec);
	buf_printf(out, ", %s_nsec=%ld", name, t->tv_nsec);
}

static void put_stat_whole(struct buf *out, const struct stat *st)
{
	buf_puts(out, "st_dev=");
	put_device(out, st->st_dev);
	buf_printf(out, ", st_ino=%lu, st_mode=", st->st_ino);
	put_file_mode(out, st->st_mode);
	buf_printf(out, ", st_nlink=%lu, st_uid=%u, st_gid=%u, st_blksize=%ld, st_blocks=%ld",
		   (unsigned long)st->st_nlink, st->st_uid, st->st_gid, (long)st->st_blksize, (long)st->st_blocks);
}

void decode_stat(struct decode *d, unsigned n)
{
	struct stat st;

	if (!take(d, n, &d->after[n], &st, sizeof(st)))
		return;
	buf_putc(d->out, '{');
	if (d->o->verbose) {
		put_stat_whole(d->out, &st);
	} else {
		buf_puts(d->out, "st_mode=");
		put_file_mode(d->out, st.st_mode);
	}
	buf_puts(d->out, ", ");
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
		buf_puts(d->out, "st_rdev=");
		put_device(d->out, st.st_rdev);
	} else {
		buf_puts(d->out, "st_size=");
		put_signed(d->out, st.st_size);
	}
	if (d->o->verbose) {
		put_time(d->out, "st_atime", &st.st_atim);
		put_time(d->out, "st_mtime", &st.st_mtim);
		put_time(d->out, "st_ctime", &st.st_ctim);
	} else {
		buf_puts(d->out, ", ...");
	}
	buf_putc(d->out, '}');
}

void decode_statx_flags(struct decode *d, unsigned n)
{
	static const char *const syncs[] = {
		"AT_STATX_SYNC_AS_STAT", "AT_STATX_FORCE_SYNC", "AT_STATX_DONT_SYNC", "AT_STATX_SYNC_TYPE",
	};
	uint32_t flags = argument(d, n);

	buf_puts(d->out, syncs[flags >> 13 & 3]);
	put_flags_from(d->out, STRACE_NAMES_at_statx, flags & ~(uint32_t)AT_STATX_SYNC_TYPE, false);
}

void decode_statx(struct decode *d, unsigned n)
{
	struct statx st;

	if (!take(d, n, &d->after[n], &st, sizeof(st)))
		return;
	buf_puts(d->out, "{stx_mask=");
	put_flags(d->out, STRACE_NAMES_statx, st.stx_mask);
	if (d->o->verbose)
		buf_printf(d->out, ", stx_blksize=%u", st.stx_blksize);
	buf_puts(d->out, ", stx_attributes=");
	put_flags(d->out, STRACE_NAMES_statx_attributes, st.stx_attributes);
	if (d->o->verbose)
		buf_printf(d->out, ", stx_nlink=%u, stx_uid=%u, stx_gid=%u", st.stx_nlink, st.stx_uid, st.stx_gid);
	buf_puts(d->out, ", stx_mode=");
	put_file_mode(d->out, st.stx_mode);
	if (d->o->verbose)
		buf_printf(d->out, ", stx_ino=%llu", (unsigned long long)st.stx_ino);
	buf_printf(d->out, ", stx_size=%llu", (unsigned long long)st.stx_size);
	if (d->o->verbose)
		buf_printf(d->out, ", stx_blocks=%llu", (unsigned long long)st.stx_blocks);
	buf_puts(d->out, ", ...}");
}

void decode_statfs(struct decode *d, unsigned n)
{
	struct statfs st;

	if (!take(d, n, &d->after[n], &st, sizeof(st)))
		return;
	buf_puts(d->out, "{f_type=");
	put_name(d->out, STRACE_NAMES_file_system, (uint32_t)st.f_type);
	buf_printf(d->out, ", f_bsize=%lu, f_blocks=%llu, f_bfree=%llu, f_bavail=%llu, f_files=%llu, f_ffree=%llu",
		   (unsigned long)st.f_bsize, (unsigned long long)st.f_blocks, (unsigned long long)st.f_bfree,
		   (unsigned long long)st.f_bavail, (unsigned long long)st.f_files, (unsigned long long)st.f_ffree);
	buf_printf(d->out, ", f_fsid={val=[%#x, %#x]}, f_namelen=%lu, f_frsize=%lu, f_flags=",
		   (unsigned)st.f_fsid.__val[0], (unsigned)st.f_fsid.__val[1], (unsigned long)st.f_namelen,
		   (unsigned long)st.f_frsize);
	put_flags(d->out, STRACE_NAMES_mount_state, st.f_flags);
	buf_putc(d->out, '}');
}

void decode_entries(struct decode *d, unsigned n)
{
	const uint8_t *at = NULL;
	struct part part;
	uint32_t count;

	put_address(d->out, argument(d, n));
	if (!d->failed && next_item(d, &at, STRACE_ARG_ENTRIES, &part, &count))
		buf_printf(d->out, " /* %" PRIu32 "%s entries */", count, count >= STRACE_ENTRIES ? "+" : "");
}

void decode_fd_pair(struct decode *d, unsigned n)
{
	int fds[2];

	if (!take(d, n, &d->after[n], fds, sizeof(fds)))
		return;
	buf_putc(d->out, '[');
	put_fd(d, fds[0]);
	buf_puts(d->out, ", ");
	put_fd(d, fds[1]);
	buf_putc(d->out, ']');
}

void decode_offset_inout(struct decode *d, unsigned n)
{
	int64_t before, now;

	if (!take(d, n, &d->before[n], &before, sizeof(before)))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, before);
	if (d->after[n].there && !d->after[n].failed && d->after[n].len == sizeof(now)) {
		memcpy(&now, d->after[n].data, sizeof(now));
		if (now != before) {
			buf_puts(d->out, "] => [");
			put_signed(d->out, now);
		}
	}
	buf_putc(d->out, ']');
}

/* ---- fcntl ---- */

static void put_lock(struct decode *d, unsigned n, bool asked)
{
	struct flock lock;

	if (!take(d, n, &d->after[n], &lock, sizeof(lock)))
		return;
	buf_puts(d->out, "{l_type=");
	put_name(d->out, STRACE_NAMES_lock, (uint16_t)lock.l_type);
	buf_puts(d->out, ", l_whence=");
	put_name(d->out, STRACE_NAMES_seek, (uint16_t)lock.l_whence);
	buf_printf(d->out, ", l_start=%lld, l_len=%lld", (long long)lock.l_start, (long long)lock.l_len);
	if (asked)
		buf_printf(d->out, ", l_pid=%d", lock.l_pid);
	buf_putc(d->out, '}');
}

void decode_fcntl(struct decode *d, unsigned n)
{
	enum { OFD_GETLK = 36, OFD_SETLK, OFD_SETLKW, GET_RW_HINT = 1035, SET_FILE_RW_HINT = 1038 };
	int64_t value = argument(d, n);

	switch (argument(d, 1)) {
	case F_GETFD: case F_GETFL: case F_GETOWN: case F_GETSIG: case F_GETLEASE: case F_GETPIPE_SZ: case F_GET_SEALS:
		d->skip = true;
		break;
	case F_SETFD: put_flags(d->out, STRACE_NAMES_fd_flags, (uint32_t)value); break;
	case F_SETFL: put_open_flags(d->out, value); break;
	case F_SETSIG: put_signal(d->out, value); break;
	case F_SETLEASE: put_name(d->out, STRACE_NAMES_lock, (uint32_t)value); break;
	case F_ADD_SEALS: put_flags(d->out, STRACE_NAMES_seals, (uint32_t)value); break;
	case F_DUPFD: case F_DUPFD_CLOEXEC: case F_SETOWN: case F_SETPIPE_SZ: put_signed(d->out, (int32_t)value); break;
	case F_GETLK: case OFD_GETLK: put_lock(d, n, !d->failed); break;
	case F_SETLK: case F_SETLKW: case OFD_SETLK: case OFD_SETLKW: put_lock(d, n, false); break;
	default: put_hex(d->out, value); break;
	}
}

/* ---- ioctl ---- */

void decode_ioctl_request(struct decode *d, unsigned n)
{
	uint32_t request = argument(d, n);
	const char *name = name_of(STRACE_NAMES_ioctl, request);
	static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};

	if (name)
		buf_puts(d->out, name);
	else
		buf_printf(d->out, "_IOC(%s, %#x, %#x, %#x)", directions[_IOC_DIR(request)], _IOC_TYPE(request),
			   _IOC_NR(request), _IOC_SIZE(request));
}

static void put_termios(struct decode *d, unsigned n)
{
	struct kernel_termios { /* asm-generic/termbits.h */
		uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
		uint8_t c_line, c_cc[19];
	} t;

	if (!take(d, n, &d->after[n], &t, sizeof(t)))
		return;
	buf_printf(d->out, "{c_iflag=%#x, c_oflag=%#x, c_cflag=%#x, c_lflag=%#x, c_line=%u, c_cc=",
		   t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_line);
	put_quoted_hex(d->out, t.c_cc, sizeof(t.c_cc), false);
	buf_putc(d->out, '}');
}

static void put_int_at(struct decode *d, unsigned n)
{
	int value;

	if (!take(d, n, &d->after[n], &value, sizeof(value)))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, value);
	buf_putc(d->out, ']');
}

static void put_window(struct decode *d, unsigned n)
{
	struct winsize w;

	if (take(d, n, &d->after[n], &w, sizeof(w)))
		buf_printf(d->out, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}",
			   w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
}

void decode_ioctl(struct decode *d, unsigned n)
{
	uint32_t request = argument(d, 1);

	switch (request) {
	case FIONBIO: case FIOASYNC: case TIOCPKT: case TIOCSPTLCK: case TIOCSPGRP: put_int_at(d, n); return;
	case FIOCLEX: case FIONCLEX: case TIOCEXCL: case TIOCNXCL: case TIOCNOTTY: d->skip = true; return;
	case TCSBRK: case TCXONC: case TCFLSH: case TCSBRKP: case TIOCSCTTY: case FICLONE:
		put_signed(d->out, (int32_t)argument(d, n));
		return;
	case TIOCSWINSZ: put_window(d, n); return;
	case 0x5402: case 0x5403: case 0x5404: put_termios(d, n); return; /* TCSETS, TCSETSW, TCSETSF */
	default: break;
	}
	if (d->failed) {
		put_address(d->out, argument(d, n));
		return;
	}
	switch (request) {
	case 0x5401: put_termios(d, n); break; /* TCGETS */
	case TIOCGWINSZ: put_window(d, n); break;
	case FIONREAD: case TIOCOUTQ: case TIOCGPGRP: case TIOCGSID: case TIOCGPTN: case TIOCGETD:
	case FIGETBSZ: case BLKSSZGET: case FS_IOC_GETFLAGS: put_int_at(d, n); break;
	default:
		if (argument(d, n))
			put_hex(d->out, argument(d, n));
		else
			buf_putc(d->out, '0');
		break;
	}
}
