/* Unboxed integers and truth values: 64 bits, two's complement, with Python's rules for the signs
 * of quotients and remainders. */
#include "stencil.h"

#define OVERFLOWS(operation) __builtin_##operation##_overflow((i64)A, (i64)B, &result)

/* Whether 32 bits without sign are enough for both. */
#define SHORT(a, b) ((((a) | (b)) >> 32) == 0)

STENCIL(int_add) {
    i64 result;
    if (UNLIKELY(OVERFLOWS(add)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_sub) {
    i64 result;
    if (UNLIKELY(OVERFLOWS(sub)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_mul) {
    i64 result;
    if (UNLIKELY(OVERFLOWS(mul)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_floordiv) {
    u64 result;
    if (UNLIKELY(is_zero(B)))
        EXIT();
    if (SHORT(A, B)) {
        result = short_quotient(A, B);
    } else if (is_minus_one(B)) {
        if (UNLIKELY(__builtin_sub_overflow(0, (i64)A, (i64 *)&result)))
            EXIT();
        result = as_quotient(result);
    } else {
        result = floor_quotient(A, B);
    }
    D = result;
    NEXT();
}

STENCIL(int_mod) {
    u64 result;
    if (UNLIKELY(is_zero(B)))
        EXIT();
    if (SHORT(A, B))
        result = short_remainder(A, B);
    else if (is_minus_one(B))
        result = as_quotient(0);
    else
        result = floor_remainder(A, B);
    D = result;
    NEXT();
}

STENCIL(int_and) {
    D = A & B;
    NEXT();
}

STENCIL(int_or) {
    D = A | B;
    NEXT();
}

STENCIL(int_xor) {
    D = A ^ B;
    NEXT();
}

STENCIL(int_shl) {
    if (UNLIKELY(B > 63))
        EXIT();
    u64 result = shift_left(A, B);
    if (UNLIKELY(shift_right(result, B) != A))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_shr) {
    if (UNLIKELY((i64)B < 0))
        EXIT();
    D = shift_right(A, B > 63 ? 63 : B);
    NEXT();
}

STENCIL(int_neg) {
    i64 result;
    if (UNLIKELY(__builtin_sub_overflow(0, (i64)A, &result)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_abs) {
    i64 result, sign = (i64)A >> 63;
    if (UNLIKELY(__builtin_sub_overflow((i64)A ^ sign, sign, &result)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_not) {
    D = ~A;
    NEXT();
}

STENCIL(int_min) {
    D = (i64)A < (i64)B ? A : B;
    NEXT();
}

STENCIL(int_max) {
    D = (i64)A > (i64)B ? A : B;
    NEXT();
}

STENCIL(int_add_imm) {
    u64 result;
    if (UNLIKELY(add_overflows_imm(A, &result)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_mul_imm) {
    u64 result;
    if (UNLIKELY(mul_overflows_imm(A, &result)))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_and_imm) {
    D = and_imm(A);
    NEXT();
}

STENCIL(int_or_imm) {
    D = or_imm(A);
    NEXT();
}

STENCIL(int_xor_imm) {
    D = xor_imm(A);
    NEXT();
}

STENCIL(int_shl_imm) {
    u64 result = shl_imm(A);
    if (UNLIKELY(shr_imm(result) != A))
        EXIT();
    D = result;
    NEXT();
}

STENCIL(int_shr_imm) {
    D = shr_imm(A);
    NEXT();
}

/* The divisor is positive here, which spares the checks for 0 and -1. */
STENCIL(int_floordiv_imm) {
    i64 divisor = imm32();
    u64 result = SHORT(A, divisor) ? short_quotient(A, divisor) : floor_quotient(A, divisor);
    D = result;
    NEXT();
}

STENCIL(int_mod_imm) {
    i64 divisor = imm32();
    u64 result = SHORT(A, divisor) ? short_remainder(A, divisor) : floor_remainder(A, divisor);
    D = result;
    NEXT();
}

STENCIL(int_wrap_add) {
    D = A + B;
    NEXT();
}

STENCIL(int_wrap_mul) {
    D = A * B;
    NEXT();
}

STENCIL(int_lt) {
    D = (i64)A < (i64)B;
    NEXT();
}

STENCIL(int_le) {
    D = (i64)A <= (i64)B;
    NEXT();
}

STENCIL(int_eq) {
    D = (i64)A == (i64)B;
    NEXT();
}

STENCIL(int_ne) {
    D = (i64)A != (i64)B;
    NEXT();
}

STENCIL(int_lt_imm) {
    D = l_imm(A);
    NEXT();
}

STENCIL(int_le_imm) {
    D = le_imm(A);
    NEXT();
}

STENCIL(int_eq_imm) {
    D = e_imm(A);
    NEXT();
}

STENCIL(int_ne_imm) {
    D = ne_imm(A);
    NEXT();
}

STENCIL(int_gt_imm) {
    D = g_imm(A);
    NEXT();
}

STENCIL(int_ge_imm) {
    D = ge_imm(A);
    NEXT();
}

STENCIL(guard_int_lt) {
    if (UNLIKELY(!((i64)A < (i64)B)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_le) {
    if (UNLIKELY(!((i64)A <= (i64)B)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_eq) {
    if (UNLIKELY(!is_equal(A, B)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_ne) {
    if (UNLIKELY(is_equal(A, B)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_ult) {
    if (UNLIKELY(!(A < B)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_lt_imm) {
    if (UNLIKELY(!l_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_le_imm) {
    if (UNLIKELY(!le_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_eq_imm) {
    if (UNLIKELY(!e_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_ne_imm) {
    if (UNLIKELY(!ne_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_gt_imm) {
    if (UNLIKELY(!g_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_int_ge_imm) {
    if (UNLIKELY(!ge_imm(A)))
        EXIT();
    NEXT();
}

STENCIL(bool_not) {
    D = A ^ 1;
    NEXT();
}

STENCIL(bool_to_int) {
    D = A;
    NEXT();
}

STENCIL(guard_true) {
    if (UNLIKELY(is_zero(A)))
        EXIT();
    NEXT();
}

STENCIL(guard_false) {
    if (UNLIKELY(!is_zero(A)))
        EXIT();
    NEXT();
}

