/* The loops of size.rs as C: what a compiler makes of them when it sees each as a whole.
 *
 * Like the traces they check for overflow, poll in every iteration, keep a range's index in memory,
 * and leave from each place with what the interpreter needs there.
 *
 * The counts in size.rs are those of clang 19 for 64-bit ARM, from a loop's label to its branch back:
 * clang-19 --target=aarch64-unknown-linux-gnu -O1 -ffreestanding -ffp-contract=off -S size.c */
#include "../../../../stencils/src/activation.h"

/* The rest of the function, for the interpreter: the exit's number, and the values. */
_Noreturn void leave(int exit, i64 a, i64 b);
_Noreturn void leave_float(int exit, i64 a, double b, double c);

typedef struct {
    u64 header[6];
    u64 index, start, step, length;
} Range;

typedef struct {
    u64 header[8];
    u64 **items;
    u64 length;
} List;

static inline int poll(Activation *ctx) {
    u32 bytes = *ctx->poll_breaker | *ctx->poll_gc | *ctx->poll_stop;
    return __builtin_expect(bytes | *ctx->poll_trace, 0);
}

void while_sum(Activation *ctx, i64 i, i64 n, i64 s) {
    for (;;) {
        i64 sum, next;
        if (i >= n)
            leave(1, i, s);
        if (__builtin_add_overflow(s, i & 7, &sum))
            leave(2, i, s);
        if (__builtin_add_overflow(i, 1, &next))
            leave(3, i, sum);
        i = next;
        s = sum;
        if (poll(ctx))
            leave(4, i, s);
    }
}

void range_mod(Activation *ctx, volatile Range *range, i64 s) {
    u64 start = range->start, step = range->step, length = range->length;
    for (;;) {
        u64 at = range->index;
        if (at >= length)
            leave(1, s, 0);
        i64 i = (i64)(start + step * at), product, sum;
        range->index = at + 1;
        if (__builtin_mul_overflow(s, 3, &product))
            leave(2, s, i);
        if (__builtin_add_overflow(product, i, &sum))
            leave(3, s, i);
        s = sum % 1000003;
        if (s < 0)
            s += 1000003;
        if (poll(ctx))
            leave(4, s, i);
    }
}

void nested(Activation *ctx, volatile Range *range, i64 i, i64 count) {
    u64 start = range->start, step = range->step, length = range->length;
    for (;;) {
        u64 at = range->index;
        if (at >= length)
            leave(1, count, 0);
        i64 j = (i64)(start + step * at), sum;
        range->index = at + 1;
        if (__builtin_add_overflow(count, i ^ j, &sum))
            leave(2, count, j);
        count = sum;
        if (poll(ctx))
            leave(3, count, j);
    }
}

void logistic(Activation *ctx, volatile Range *range, double r, double x) {
    u64 length = range->length;
    for (;;) {
        u64 at = range->index;
        if (at >= length)
            leave_float(1, 0, x, 0.0);
        range->index = at + 1;
        x = r * x * (1.0 - x);
        if (poll(ctx))
            leave_float(2, 0, x, 0.0);
    }
}

void horner(Activation *ctx, i64 i, i64 n, double x, double step, double total) {
    for (;;) {
        i64 next;
        if (i >= n)
            leave_float(1, i, x, total);
        total += ((((0.5 * x - 1.25) * x + 2.0) * x - 0.75) * x + 3.0) * x - 1.5;
        x += step;
        if (__builtin_add_overflow(i, 1, &next))
            leave_float(2, i, x, total);
        i = next;
        if (poll(ctx))
            leave_float(3, i, x, total);
    }
}

void sieve_mark(Activation *ctx, i64 j, i64 i, i64 n, u64 **items, u64 length, u64 *no, u64 type) {
    for (;;) {
        i64 next;
        if (j >= n)
            leave(1, j, 0);
        if ((u64)j >= length)
            leave(2, j, 0);
        if (items[j][3] != type)
            leave(3, j, 0);
        items[j] = no;
        if (__builtin_add_overflow(j, i, &next))
            leave(4, j, 0);
        j = next;
        if (poll(ctx))
            leave(5, j, 0);
    }
}

void sieve_count(Activation *ctx, i64 i, i64 n, volatile List *list, u64 *yes, u64 type) {
    for (;;) {
        i64 next;
        if (i >= n)
            leave(1, i, 0);
        if ((u64)i >= list->length)
            leave(2, i, 0);
        u64 *item = list->items[i];
        if (item[3] != type)
            leave(3, i, 0);
        if (item == yes)
            leave(4, i, 0);
        if (__builtin_add_overflow(i, 1, &next))
            leave(5, i, 0);
        i = next;
        if (poll(ctx))
            leave(6, i, 0);
    }
}
