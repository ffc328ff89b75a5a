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

/* A small integer: a word that is no capacity of a vector, the magnitude, a word more, and in the
 * byte behind these whether it is not negative. */
STENCIL(unbox_small) {
    u64 *value = &AT_IMM(u64, A);
    u64 magnitude = value[1];
    if (UNLIKELY(value[0] != 1ull << 63 || (i64)magnitude < 0))
        EXIT();
    u64 negative = (u64)((unsigned char *)value)[24] - 1;
    D = (magnitude ^ negative) - negative;
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
