/* Unboxed doubles. Comparisons are false with a nan, except float_ne. */
#include "stencil.h"

STENCIL(float_add) {
    D = add_in_order(A, B);
    NEXT();
}

STENCIL(float_sub) {
    D = A - B;
    NEXT();
}

STENCIL(float_mul) {
    D = multiply_in_order(A, B);
    NEXT();
}

STENCIL(float_div) {
    if (UNLIKELY(is_zero_float(B)))
        EXIT();
    D = A / B;
    NEXT();
}

STENCIL(float_neg) {
    D = negate(A);
    NEXT();
}

STENCIL(float_abs) {
    D = absolute(A);
    NEXT();
}

STENCIL(float_sqrt) {
    if (UNLIKELY(A < 0))
        EXIT();
    D = __builtin_sqrt(A);
    NEXT();
}

STENCIL(int_to_float) {
    D = to_float(A);
    NEXT();
}

STENCIL(guard_int_f53) {
    if (UNLIKELY(A + (1ul << 53) > 1ul << 54))
        EXIT();
    NEXT();
}

STENCIL(float_to_int) {
    u64 result;
    if (NAN_NEEDS_TEST && UNLIKELY(A != A))
        EXIT();
    if (UNLIKELY(truncate_overflows(A, &result)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(float_lt) {
    D = A < B;
    NEXT();
}

STENCIL(float_le) {
    D = A <= B;
    NEXT();
}

STENCIL(float_eq) {
    D = A == B;
    NEXT();
}

STENCIL(float_ne) {
    D = A != B;
    NEXT();
}

STENCIL(guard_float_lt) {
    if (UNLIKELY(!(A < B)))
        EXIT();
    NEXT();
}

STENCIL(guard_float_le) {
    if (UNLIKELY(!(A <= B)))
        EXIT();
    NEXT();
}

STENCIL(guard_float_eq) {
    if (UNLIKELY(!(A == B)))
        EXIT();
    NEXT();
}

STENCIL(guard_float_nlt) {
    if (UNLIKELY(A < B))
        EXIT();
    NEXT();
}

STENCIL(guard_float_nle) {
    if (UNLIKELY(A <= B))
        EXIT();
    NEXT();
}

STENCIL(guard_float_ne) {
    if (UNLIKELY(A == B))
        EXIT();
    NEXT();
}

