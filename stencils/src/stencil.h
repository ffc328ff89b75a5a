/* What every stencil source includes: the ABI, the holes, the ways out.
 *
 * A stencil is written
 *
 *     STENCIL(int_neg) {
 *         i64 result;
 *         if (UNLIKELY(__builtin_sub_overflow(0, (i64)A, &result)))
 *             EXIT();
 *         D = result;
 *         NEXT();
 *     }
 *
 * with its name that of the uop, A, B, C the operands in order and D the result. The builder
 * copies the body once for each assignment of pool registers, with A, B, C and D defined as
 * parameters of the function, and compiles all copies. Integers, truth values and references are
 * u64, floats are double.
 *
 * Rules (the builder checks those marked *):
 * - C1: D is assigned after the last EXIT() only, so that leaving gives all registers back as
 *   they came.
 * - C2*: no constant from memory (.rodata), no static data, no call but through a helper hole.
 * - C3*: every path ends with one of the macros NEXT, EXIT, LEAVE, LOOP.
 * - C4: conditions that leave are UNLIKELY, so that the code that stays is straight.
 */
#ifndef STENCIL_H
#define STENCIL_H

#include "activation.h"

/* The context, the general registers, the floating point registers: see target.rs. */
#define PARAMS                                                                                     \
    Activation *ctx, u64 r0, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, u64 r6, u64 r7, u64 r8,       \
        double f0, double f1, double f2, double f3, double f4, double f5, double f6, double f7
#define ARGS ctx, r0, r1, r2, r3, r4, r5, r6, r7, r8, f0, f1, f2, f3, f4, f5, f6, f7

#define ABI __attribute__((preserve_none))
typedef ABI void Code(PARAMS);

/* Where control can go: the next instance, this instruction's exit, the shared leave stub, the
 * loop header. */
extern Code HOLE_NEXT, HOLE_EXIT, HOLE_LEAVE, HOLE_LOOP;

#define TAIL __attribute__((musttail)) return
#define NEXT() TAIL HOLE_NEXT(ARGS)
#define EXIT() TAIL HOLE_EXIT(ARGS)
#define LOOP() TAIL HOLE_LOOP(ARGS)

/* The same after a call: only the registers that C functions save (and the result) are passed on;
 * the builder defines the argument lists, in which the others are these. */
#define CALLED                                                                                     \
    [[maybe_unused]] u64 any;                                                                                       \
    [[maybe_unused]] double anyf;
#define NEXT_CALLED() TAIL HOLE_NEXT(NEXT_ARGS)
#define EXIT_CALLED() TAIL HOLE_EXIT(EXIT_ARGS)
#define LEAVE_CALLED() TAIL HOLE_LEAVE(EXIT_ARGS)

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* A helper of Rust, called with C's convention, and whether it has refused. */
#define HELPER(type, ...) ((type(*)(Activation *, ##__VA_ARGS__))helper_address())
#define REFUSED() UNLIKELY(ctx->status != 0)

#define INLINE static inline __attribute__((always_inline))

/* Values that are filled in: the instruction's immediate (as a signed integer of 32 bits, or of
 * 64 bits), the offset of an object's class pointer, a helper's address, the exit's number. */
extern char HOLE_IMM[], HOLE_TYPE_OFFSET[], HOLE_HELPER[], HOLE_EXIT_INDEX[];

INLINE double double_of(u64 bits) {
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE u64 bits_of(double value) {
    u64 bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* What poll and poll_call look at. */
INLINE u32 wants_attention(Activation *root) {
    u32 bytes = *root->poll_breaker | *root->poll_gc | *root->poll_stop;
    return bytes | *root->poll_trace;
}

#if defined(__x86_64__)
#include "x86_64.h"
#elif defined(__aarch64__)
#include "aarch64.h"
#else
#error "no stencils for this target"
#endif

#endif
