/* printer.c - see printer.h. */
#include "run/printer.h"

#include <unistd.h>

#include "kern/privilege.h"

static bool output_failed(struct printer *p)
{
	uint64_t one = 1;
	ssize_t n;

	if (!ferror(p->actor->out->file))
		return false;
	if (!__atomic_exchange_n(&p->failed, 1, __ATOMIC_SEQ_CST)) {
		n = write(p->notify_fd, &one, sizeof(one));
		(void)n;
	}
	return true;
}

void printer_flush(struct printer *p)
{
	struct spooled record;
	bool closed;

	while (spool_next(p->spool, &record, 0, &closed))
		if (!__atomic_load_n(&p->failed, __ATOMIC_RELAXED))
			actor_do(p->actor, record.data, record.len);
	output_flush(p->actor->out);
	output_failed(p);
}

void printer_run(struct printer *p)
{
	struct spooled record;
	bool closed = false;

	while (!closed) {
		/* Nothing at hand: what was printed must not wait for what comes next. */
		if (!spool_next(p->spool, &record, 0, &closed)) {
			if (p->buffering != 'f')
				output_flush(p->actor->out);
			output_failed(p);
			if (closed || !spool_next(p->spool, &record, -1, &closed))
				continue;
		}
		/* Nobody reads any more: what is still to come is only taken. */
		if (!__atomic_load_n(&p->failed, __ATOMIC_RELAXED))
			actor_do(p->actor, record.data, record.len);
	}
}

static void *run(void *arg)
{
	struct printer *p = arg;

	if (p->kernel)
		privilege_drop(p->kernel);
	printer_run(p);
	return NULL;
}

int printer_start(struct printer *p)
{
	int err = pthread_create(&p->thread, NULL, run, p);

	p->running = err == 0;
	return -err;
}

void printer_join(struct printer *p)
{
	if (!p->running)
		return;
	pthread_join(p->thread, NULL);
	p->running = false;
}
