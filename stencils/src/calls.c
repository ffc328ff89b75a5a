/* Calls of helpers: functions in Rust with C's convention, the context first.
 *
 * A helper that may refuse (`_x`) sets the status; it has then done nothing, and the instruction
 * leaves. The status is read before the result is moved, so that the result's register is still
 * as it was when it leaves. */
#include "stencil.h"

/* The letters are those of the uops: i and r are general registers, f is floating point. */
STENCIL(set_local) {
    CALLED
    HELPER(void, u64, u64)(ctx, imm32(), A);
    NEXT_CALLED();
}

STENCIL(swap_local) {
    CALLED
    HELPER(void, u64, u64)(ctx, imm32(), A);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(give_local) {
    CALLED
    HELPER(void, u64, u64)(ctx, imm32(), A);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(clear_local) {
    CALLED
    HELPER(void, u64)(ctx, imm32());
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(unbox_int) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_f_f) {
    CALLED
    double result = HELPER(double, double)(ctx, A);
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_ff_f) {
    CALLED
    double result = HELPER(double, double, double)(ctx, A, B);
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_f_f_x) {
    CALLED
    double result = HELPER(double, double)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_ff_f_x) {
    CALLED
    double result = HELPER(double, double, double)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_f_i_x) {
    CALLED
    u64 result = HELPER(u64, double)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_ii_i_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(pure_ii_f_x) {
    CALLED
    double result = HELPER(double, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_r_i_x) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_r_r_x) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_ri_i_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_ri_f_x) {
    CALLED
    double result = HELPER(double, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_ri_r_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(read_rr_i_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(take_r_r_x) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(make_rr_r_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64)(ctx, A, B);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(make_rrr_r_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64, u64)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(make_rii_r_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64, u64)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(make_rir_r_x) {
    CALLED
    u64 result = HELPER(u64, u64, u64, u64)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(write_rii_x) {
    CALLED
    HELPER(void, u64, u64, u64)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(write_rif_x) {
    CALLED
    HELPER(void, u64, u64, double)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(write_rir_x) {
    CALLED
    HELPER(void, u64, u64, u64)(ctx, A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(set_rii) {
    CALLED
    HELPER(void, u64, u64, u64)(ctx, A, B, C);
    NEXT_CALLED();
}

STENCIL(set_rif) {
    CALLED
    HELPER(void, u64, u64, double)(ctx, A, B, C);
    NEXT_CALLED();
}

STENCIL(set_rir) {
    CALLED
    HELPER(void, u64, u64, u64)(ctx, A, B, C);
    NEXT_CALLED();
}

STENCIL(push_range) {
    CALLED
    HELPER(void, u64, u64, u64, u64)(ctx, imm32(), A, B, C);
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

STENCIL(load_name) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, imm32());
    if (REFUSED())
        EXIT_CALLED();
    D = result;
    NEXT_CALLED();
}

STENCIL(set_name) {
    CALLED
    HELPER(void, u64, u64)(ctx, imm32(), A);
    NEXT_CALLED();
}

STENCIL(new_object) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, imm32());
    D = result;
    NEXT_CALLED();
}

STENCIL(box_int) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    D = result;
    NEXT_CALLED();
}

STENCIL(box_float) {
    CALLED
    u64 result = HELPER(u64, double)(ctx, A);
    D = result;
    NEXT_CALLED();
}

STENCIL(box_bool) {
    CALLED
    u64 result = HELPER(u64, u64)(ctx, A);
    D = result;
    NEXT_CALLED();
}

STENCIL(incref) {
    CALLED
    HELPER(void, u64)(ctx, A);
    NEXT_CALLED();
}

STENCIL(decref) {
    CALLED
    HELPER(void, u64)(ctx, A);
    NEXT_CALLED();
}

/* All registers go to the activation record: the runtime makes the frame true from there. */
STENCIL(residual) {
    CALLED
    ctx->regs[0] = r0, ctx->regs[1] = r1, ctx->regs[2] = r2;
    ctx->regs[3] = r3, ctx->regs[4] = r4, ctx->regs[5] = r5;
    ctx->regs[6] = r6, ctx->regs[7] = r7, ctx->regs[8] = r8;
    ctx->fregs[0] = f0, ctx->fregs[1] = f1, ctx->fregs[2] = f2, ctx->fregs[3] = f3;
    ctx->fregs[4] = f4, ctx->fregs[5] = f5, ctx->fregs[6] = f6, ctx->fregs[7] = f7;
    if (UNLIKELY(HELPER(u64, u64)(ctx, exit_index()) != 0))
        LEAVE_CALLED();
    NEXT_CALLED();
}

