/*
 * world.c - the kernel types that pure tests see, in place of a real kernel's BTF.
 *
 * Shapes matter here, not completeness: plain and nested members, anonymous structs and
 * unions, bitfields, pointers to types defined elsewhere, arrays, flexible arrays, enums,
 * function pointers, forward declarations, typedef chains. Names and meaning are the
 * kernel's, layouts are only similar. `make-world` compiles this into world.btf.
 */
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef _Bool bool;
typedef int pid_t;
typedef unsigned int uid_t;
typedef long long loff_t;
typedef u32 dev_t;
typedef unsigned short umode_t;
typedef u64 sector_t;
typedef unsigned int fmode_t;
typedef struct { uid_t val; } kuid_t;
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;

struct list_head {
	struct list_head *next, *prev;
};

/* ---- files ---- */

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct super_block {
	struct list_head s_list;
	dev_t s_dev;
	unsigned char s_blocksize_bits;
	unsigned long s_blocksize;
	char s_id[32];
};

struct inode {
	umode_t i_mode;
	unsigned short i_opflags;
	kuid_t i_uid;
	struct super_block *i_sb;
	unsigned long i_ino;
	union {
		const unsigned int i_nlink;
		unsigned int __i_nlink;
	};
	dev_t i_rdev;
	loff_t i_size;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	unsigned char d_iname[32];
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file;

struct file_operations {
	loff_t (*llseek)(struct file *, loff_t, int);
	long (*read)(struct file *, char *, unsigned long, loff_t *);
};

struct file {
	unsigned int f_flags;
	fmode_t f_mode;
	struct path f_path;
	struct inode *f_inode;
	const struct file_operations *f_op;
	loff_t f_pos;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
	struct file *fd_array[64];
};

/* ---- tasks ---- */

struct mm_struct {
	struct {
		unsigned long task_size;
		atomic_t mm_users;
		unsigned long start_code, end_code;
		unsigned long arg_start, arg_end, env_start, env_end;
		struct file *exe_file;
	};
	unsigned long cpu_bitmap[];
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	atomic_t count;
	unsigned int level;
	struct upid numbers[1];
};

struct sched_entity {
	u64 vruntime;
	u64 sum_exec_runtime;
	unsigned int on_rq;
};

struct cgroup;

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct cred {
	kuid_t uid, euid;
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct pid *pids[PIDTYPE_MAX];
	s64 oom_score_adj;
};

struct task_struct {
	unsigned int __state;
	void *stack;
	unsigned int flags;
	int on_cpu;
	int prio, static_prio;
	struct sched_entity se;
	struct list_head tasks;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	int exit_state, exit_code;
	unsigned sched_reset_on_fork : 1;
	unsigned sched_contributes_to_load : 1;
	unsigned sched_migrated : 1;
	unsigned : 0;
	unsigned in_execve : 1;
	unsigned in_iowait : 1;
	int signed_bits : 5;
	u64 wide_bits : 37;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	u64 utime, stime;
	unsigned long nvcsw, nivcsw;
	u64 start_time;
	const struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
	atomic64_t counter;
	int (*restart)(struct task_struct *);
};

/* ---- sockets ---- */

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

enum {
	TCP_ESTABLISHED = 1, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, TCP_TIME_WAIT,
	TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING, TCP_NEW_SYN_RECV,
};

enum sock_type { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3 };

struct sock_common {
	union {
		u64 skc_addrpair;
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		u32 skc_portpair;
		struct {
			__be16 skc_dport;
			u16 skc_num;
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	u64 skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
	int sk_rcvbuf, sk_sndbuf;
	u16 sk_type;
	u16 sk_protocol;
	int sk_err;
	u8 sk_padding : 1, sk_kern_sock : 1, sk_no_check_tx : 1;
};

struct sk_buff {
	struct sk_buff *next;
	struct sock *sk;
	unsigned int len, data_len;
	u16 network_header;
	unsigned char *head, *data;
};

/* ---- block ---- */

struct gendisk {
	int major, first_minor, minors;
	char disk_name[32];
};

struct request_queue {
	struct gendisk *disk;
	unsigned int queue_flags;
};

struct block_device {
	sector_t bd_start_sect;
	dev_t bd_dev;
	struct gendisk *bd_disk;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	unsigned int bi_opf;
};

enum req_op { REQ_OP_READ = 0, REQ_OP_WRITE = 1, REQ_OP_FLUSH = 2, REQ_OP_DISCARD = 3 };

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	int tag;
	unsigned int __data_len;
	sector_t __sector;
	struct bio *bio;
	u64 start_time_ns, io_start_time_ns;
	struct block_device *part;
};

/* ---- more that programs meet ---- */

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

struct linux_binprm {
	struct mm_struct *mm;
	int argc, envc;
	const char *filename;
	const char *interp;
};

enum wide_enum { WIDE_SMALL = -1, WIDE_LARGE = 0x100000000LL };

struct perf_event_attr {
	__u32 type;
	__u32 size;
	__u64 config;
	__u64 disabled : 1, inherit : 1, pinned : 1;
};

typedef void (*btf_trace_sched_switch)(void *, bool preempt, struct task_struct *prev,
	struct task_struct *next, unsigned int prev_state);
typedef void (*btf_trace_sched_wakeup)(void *, struct task_struct *p);
typedef void (*btf_trace_sched_wakeup_new)(void *, struct task_struct *p);
typedef void (*btf_trace_sched_process_exec)(void *, struct task_struct *p, pid_t old_pid,
	struct linux_binprm *bprm);
typedef void (*btf_trace_sched_process_exit)(void *, struct task_struct *p, bool group_dead);
typedef void (*btf_trace_sched_process_fork)(void *, struct task_struct *parent,
	struct task_struct *child);
typedef void (*btf_trace_sys_enter)(void *, struct pt_regs *regs, long id);
typedef void (*btf_trace_sys_exit)(void *, struct pt_regs *regs, long ret);
typedef void (*btf_trace_block_rq_insert)(void *, struct request *rq);
typedef void (*btf_trace_block_rq_issue)(void *, struct request *rq);
typedef void (*btf_trace_block_rq_complete)(void *, struct request *rq, u8 error,
	unsigned int nr_bytes);
typedef void (*btf_trace_inet_sock_set_state)(void *, const struct sock *sk, const int oldstate,
	const int newstate);
typedef void (*btf_trace_net_dev_queue)(void *, struct sk_buff *skb);

/* Types reach the BTF only when something uses them. */
#define KEEP(type, name) type *keep_##name
KEEP(struct fdtable, fdtable);
KEEP(struct sk_buff, sk_buff);
KEEP(struct perf_event_attr, perf_event_attr);
KEEP(enum sock_type, sock_type);
KEEP(enum req_op, req_op);
KEEP(enum wide_enum, wide_enum);
KEEP(s8, s8);
KEEP(s16, s16);
int keep_tcp_state = TCP_LISTEN;
#define KEEP_TRACE(event) btf_trace_##event keep_trace_##event
KEEP_TRACE(sched_switch);
KEEP_TRACE(sched_wakeup);
KEEP_TRACE(sched_wakeup_new);
KEEP_TRACE(sched_process_exec);
KEEP_TRACE(sched_process_exit);
KEEP_TRACE(sched_process_fork);
KEEP_TRACE(sys_enter);
KEEP_TRACE(sys_exit);
KEEP_TRACE(block_rq_insert);
KEEP_TRACE(block_rq_issue);
KEEP_TRACE(block_rq_complete);
KEEP_TRACE(inet_sock_set_state);
KEEP_TRACE(net_dev_queue);

/* Functions, as fentry probes see them: named parameters, a result or none. */
long vfs_read(struct file *file, char *buf, unsigned long count, loff_t *pos);
long vfs_read(struct file *file, char *buf, unsigned long count, loff_t *pos)
{
	return file->f_op->read(file, buf, count, pos);
}

void tcp_close(struct sock *sk, long timeout);
void tcp_close(struct sock *sk, long timeout)
{
	sk->sk_err = (int)timeout;
}

/* What a raw tracepoint's arguments are called stands in the function that calls its probes. */
#define RAW(event, ...) int __traceiter_##event(void *, __VA_ARGS__); \
	int __traceiter_##event(void *__data, __VA_ARGS__) { return !__data; }
RAW(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	unsigned int prev_state)
RAW(sched_wakeup, struct task_struct *p)
RAW(sched_wakeup_new, struct task_struct *p)
RAW(sched_process_exec, struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
RAW(sched_process_exit, struct task_struct *p, bool group_dead)
RAW(sched_process_fork, struct task_struct *parent, struct task_struct *child)
RAW(sys_enter, struct pt_regs *regs, long id)
RAW(sys_exit, struct pt_regs *regs, long ret)
RAW(block_rq_insert, struct request *rq)
RAW(block_rq_issue, struct request *rq)
RAW(block_rq_complete, struct request *rq, u8 error, unsigned int nr_bytes)
RAW(net_dev_queue, struct sk_buff *skb)
RAW(inet_sock_set_state, const struct sock *sk, const int oldstate, const int newstate)

/* What programs may call. */
struct task_struct *bpf_task_from_pid(s32 pid);
struct task_struct *bpf_task_from_pid(s32 pid) { return pid ? (struct task_struct *)1 : 0; }
void bpf_task_release(struct task_struct *p);
void bpf_task_release(struct task_struct *p) { p->prio = 0; }
_Bool bpf_session_is_return(void *ctx);
_Bool bpf_session_is_return(void *ctx) { return ctx; }

/* A variable of each CPU. */
__attribute__((section(".data..percpu"))) unsigned long process_counts = 1;
