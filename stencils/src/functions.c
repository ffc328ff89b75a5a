/* Calls from trace to trace: arguments, the call itself, and the result.
 *
 * The immediates of arg_* are offsets in what the caller has passed, those of put_* offsets in the
 * activation record itself. */
#include "stencil.h"

STENCIL(arg_int) {
    D = AT_IMM(u64, ctx->args);
    NEXT();
}

STENCIL(arg_ref) {
    D = AT_IMM(u64, ctx->args);
    NEXT();
}

STENCIL(arg_float) {
    D = AT_IMM(double, ctx->args);
    NEXT();
}

STENCIL(put_int) {
    store_record(ctx, A);
    NEXT();
}

STENCIL(put_ref) {
    store_record(ctx, A);
    NEXT();
}

STENCIL(put_float) {
    store_record_float(ctx, A);
    NEXT();
}

/* The same test as of poll, for all activations of an entry at once. */
STENCIL(poll_call) {
    if (UNLIKELY(wants_attention(ctx->root)))
        EXIT();
    NEXT();
}

STENCIL(guard_callee) {
    Callee *callee = (Callee *)imm_address();
    if (UNLIKELY(ctx->depth <= 0))
        EXIT();
    if (UNLIKELY(callee->code == 0))
        EXIT();
    NEXT();
}

STENCIL(check_callee) {
    CALLED
    HELPER(void, u64)(ctx, imm_address());
    if (REFUSED())
        EXIT_CALLED();
    NEXT_CALLED();
}

/* The callee's activation lives here, on the native stack. A callee that leaves has no tag set. */
STENCIL(call_trace) {
    CALLED
    Activation record;
    Callee *callee = (Callee *)imm_address();
    ctx->exit = exit_index();
    ctx->out.tag = 0;
    record.status = 0;
    record.args = &ctx->out;
    record.root = ctx->root;
    record.depth = ctx->depth - 1;
    record.callee = callee;
    ((Code *)callee->code)(&record, any, any, any, any, any, any, any, any, any, anyf, anyf, anyf,
                           anyf, anyf, anyf, anyf, anyf);
    if (UNLIKELY(ctx->out.tag == 0)) {
        HELPER(void)(&record);
        LEAVE_CALLED();
    }
    NEXT_CALLED();
}

STENCIL(guard_returned) {
    if (UNLIKELY(!is_equal(ctx->out.tag, imm32())))
        EXIT();
    NEXT();
}

STENCIL(returned_int) {
    D = ctx->out.returned;
    NEXT();
}

STENCIL(returned_ref) {
    D = ctx->out.returned;
    NEXT();
}

STENCIL(returned_float) {
    D = double_of(ctx->out.returned);
    NEXT();
}

/* The interpreter's frame, which the root's activation has, is left by its RETURN_VALUE. */
#define RETURN(value)                                                                              \
    CALLED                                                                                         \
    if (UNLIKELY(ctx->root == ctx))                                                                \
        EXIT();                                                                                    \
    Outgoing *args = ctx->args;                                                                    \
    args->returned = (value);                                                                      \
    args->tag = imm32();                                                                           \
    LEAVE_CALLED()

STENCIL(return_int) { RETURN(A); }

STENCIL(return_ref) { RETURN(A); }

STENCIL(return_float) { RETURN(bits_of(A)); }
