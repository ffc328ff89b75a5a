/* The frame in memory, and objects. */
#include "stencil.h"

/* The slot number is scaled by the addressing mode. */
STENCIL(load_local) {
    D = ctx->locals[imm32()];
    NEXT();
}

STENCIL(load_stack) {
    D = ctx->stack[imm32()];
    NEXT();
}

STENCIL(guard_type) {
    if (UNLIKELY(CLASS_OF(A) != imm_address()))
        EXIT();
    NEXT();
}

STENCIL(guard_nonnull) {
    if (UNLIKELY(is_zero(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_null) {
    if (UNLIKELY(!is_zero(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_is) {
    if (UNLIKELY(!is_equal(A, imm_address())))
        EXIT();
    NEXT();
}

STENCIL(guard_is_not) {
    if (UNLIKELY(is_equal(A, imm_address())))
        EXIT();
    NEXT();
}

STENCIL(ref_is) {
    D = A == imm_address();
    NEXT();
}

STENCIL(ref_eq) {
    D = A == B;
    NEXT();
}

STENCIL(load_i64) {
    D = AT_IMM(u64, A);
    NEXT();
}

STENCIL(load_i64_fixed) {
    D = AT_IMM(u64, A);
    NEXT();
}

STENCIL(load_f64_fixed) {
    D = AT_IMM(double, A);
    NEXT();
}

STENCIL(load_link) {
    D = AT_IMM(u64, A);
    NEXT();
}

STENCIL(load_u32) {
    D = AT_IMM(u32, A);
    NEXT();
}

STENCIL(load_attr) {
    D = AT_IMM(u64, A);
    NEXT();
}

STENCIL(store_i64) {
    AT_IMM(u64, A) = B;
    NEXT();
}

STENCIL(load_elem) {
    D = ((u64 *)A)[B];
    NEXT();
}

STENCIL(store_elem) {
    ((u64 *)A)[B] = C;
    NEXT();
}
