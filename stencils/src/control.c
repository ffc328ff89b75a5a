/* Control flow, constants, and what the register allocator inserts. */
#include "stencil.h"

STENCIL(jump_loop) { LOOP(); }

STENCIL(leave) { EXIT(); }

/* One test for all four words: they are nearly always 0, and a loop polls in every iteration. */
STENCIL(poll) {
    if (UNLIKELY(wants_attention(ctx)))
        EXIT();
    NEXT();
}

/* A test aid: the word (of 64 bits) at the address is 1 until this has left once. */
STENCIL(fail_once) {
    volatile u64 *armed = (volatile u64 *)imm_address();
    if (UNLIKELY(*armed != 0)) {
        *armed = 0;
        EXIT();
    }
    NEXT();
}

STENCIL(const_int) {
    D = imm64();
    NEXT();
}

STENCIL(const_bool) {
    D = imm_bool();
    NEXT();
}

STENCIL(const_ref) {
    D = imm_address();
    NEXT();
}

STENCIL(const_float) {
    D = double_of(imm64());
    NEXT();
}

STENCIL(move_gpr) {
    D = A;
    NEXT();
}

STENCIL(move_fpr) {
    D = A;
    NEXT();
}

STENCIL(spill_gpr) {
    store_record(ctx, A);
    NEXT();
}

STENCIL(spill_fpr) {
    store_record_float(ctx, A);
    NEXT();
}

STENCIL(reload_gpr) {
    D = load_record(ctx);
    NEXT();
}

STENCIL(reload_fpr) {
    D = load_record_float(ctx);
    NEXT();
}
