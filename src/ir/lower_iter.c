/*
 * lower_iter.c - what a pinned iterator prints: the text goes to whoever reads the pinned file, so
 * the kernel formats it (bpf_seq_printf, 5.7), in the formats it knows: integers, characters and
 * strings, with flags and width.
 */
#include "ir/lower_int.h"
#include "lang/format.h"

enum { VALUES_MAX = 12 }; /* MAX_BPRINTF_VARARGS of the kernel */

bool lower_prints_to_file(const struct lower *l)
{
	const struct program *p = l->program;

	return p->carrier == CARRIER_ITER && p->attachments.n && p->attachments.v[0].target->path;
}

static void refuse(struct lower *l, const struct action *a, const char *what)
{
	diag_add(l->script->diags, DIAG_NOT_SUPPORTED, a->span, "%s is not supported in a pinned iterator", what);
	diag_hint(l->script->diags, "its printf knows %%d %%i %%u %%x %%X %%c %%p and %%s, without precision");
}

/* One conversion in the kernel's words; false: it has none. */
static bool conversion(const struct format_segment *s, struct buf *out)
{
	static const struct { char flag; uint8_t bit; } flags[] = {
		{'-', FORMAT_LEFT}, {'+', FORMAT_SIGN}, {' ', FORMAT_BLANK}, {'0', FORMAT_ZERO},
	};
	const char *name = format_conversion_name(s->conversion);

	if (s->precision >= 0 || s->flags & FORMAT_ALTERNATE || strlen(name) != 1)
		return false;
	if (*name == 'p')
		buf_puts(out, "0x");
	buf_putc(out, '%');
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (s->flags & flags[i].bit)
			buf_putc(out, flags[i].flag);
	if (s->width > 0)
		buf_printf(out, "%d", s->width);
	switch (*name) {
	case 'd': case 'i': case 'u': case 'x': case 'X': buf_printf(out, "ll%c", *name); return true;
	case 'p': buf_puts(out, "llx"); return true;
	case 's': case 'c': buf_putc(out, *name); return true;
	default: return false;
	}
}

static bool format_text(const struct action *a, struct buf *out)
{
	vec_each(s, &a->format->segments) {
		if (!s->literal) {
			if (!conversion(s, out))
				return false;
			continue;
		}
		for (uint32_t i = 0; i < s->text.len; i++) {
			if (s->text.data[i] == '%')
				buf_putc(out, '%');
			buf_putc(out, s->text.data[i]);
		}
	}
	return true;
}

/* The bytes and a NUL, in words, where the helper can read them. */
static struct memory store_text(struct lower *l, const struct buf *text)
{
	uint32_t size = ROUND_UP((uint32_t)text->len + 1, 8u);
	struct memory place = lower_temp(l, size, "format");

	for (uint32_t at = 0; at < size; at += 8) {
		uint64_t word = 0;

		for (uint32_t i = 0; i < 8 && at + i < text->len; i++)
			word |= (uint64_t)(unsigned char)text->data[at + i] << (8 * i);
		lower_put(l, place_at(place, at), 8, ir_imm((int64_t)word));
	}
	return place;
}

/* ctx->meta->seq: both are the first members. */
static vreg sequence(struct lower *l)
{
	return ir_load(F, SPACE_BTF, ir_load(F, SPACE_CTX, l->ctx, 0, 8, false), 0, 8, false);
}

static void send(struct lower *l, const struct action *a, const struct buf *text)
{
	uint32_t count = a->args.n;
	struct memory format = store_text(l, text), values = lower_temp(l, 8 * MAX_OF(count, 1u), "values");

	for (uint32_t i = 0; i < count; i++) {
		const struct node *n = a->node->list.v[i + 1];
		struct ir_val v = n->type->kind == TYPE_STRING ?
			ir_reg(lower_address(l, lower_materialise(l, n, n->type))) : lower_number(l, n);

		lower_put(l, place_at(values, 8 * i), 8, v);
	}
	ir_call(F, HELPER_SEQ_PRINTF,
		IR_ARGS(ir_reg(sequence(l)), ir_reg(lower_address(l, format)), ir_imm((int64_t)text->len + 1),
			ir_reg(lower_address(l, values)), ir_imm(8 * count)));
}

void lower_print_to_file(struct lower *l, const struct action *a)
{
	struct buf text = {0};
	uint32_t top = l->scratch_top;

	if (a->kind != ACTION_PRINTF) {
		refuse(l, a, "printing other than by printf");
		return;
	}
	vec_each(arg, &a->args)
		if (arg->type->kind != TYPE_STRING && arg->type->kind != TYPE_POINTER && !type_is_int(arg->type)) {
			refuse(l, a, "a value that has to be looked up to be printed");
			return;
		}
	if (a->args.n > VALUES_MAX)
		refuse(l, a, "printing more than 12 values at once");
	else if (!format_text(a, &text))
		refuse(l, a, "this format");
	else
		send(l, a, &text);
	buf_free(&text);
	l->scratch_top = top;
}
