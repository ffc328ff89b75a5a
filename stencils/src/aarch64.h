/* Primitives for 64-bit ARM.
 *
 * An immediate of 32 bits takes two instructions and sign-extends where it is used, one of 64 bits
 * takes four, an address three.
 *
 * For some immediates there are shorter forms (see builder/src/forms.rs): the stencil is compiled
 * again with FORM_U12, say, and a number in the immediate's place that makes the compiler choose the
 * instruction with a field for it. The builder makes that field a hole. */

#define MOVE_16(symbol)                                                                            \
    ({                                                                                             \
        u64 value_;                                                                                \
        asm("movz %[value], #:abs_g0:" #symbol : [value] "=r"(value_));                            \
        value_;                                                                                    \
    })
#define MOVE_32(symbol)                                                                            \
    ({                                                                                             \
        u64 value_;                                                                                \
        asm("movz %w[value], #:abs_g0_nc:" #symbol "\n\t"                                          \
            "movk %w[value], #:abs_g1:" #symbol                                                    \
            : [value] "=r"(value_));                                                               \
        value_;                                                                                    \
    })
#define MOVE_48(symbol)                                                                            \
    ({                                                                                             \
        u64 value_;                                                                                \
        asm("movz %[value], #:abs_g0_nc:" #symbol "\n\t"                                           \
            "movk %[value], #:abs_g1_nc:" #symbol "\n\t"                                           \
            "movk %[value], #:abs_g2:" #symbol                                                     \
            : [value] "=r"(value_));                                                               \
        value_;                                                                                    \
    })
#define MOVE_64(symbol)                                                                            \
    ({                                                                                             \
        u64 value_;                                                                                \
        asm("movz %[value], #:abs_g0_nc:" #symbol "\n\t"                                           \
            "movk %[value], #:abs_g1_nc:" #symbol "\n\t"                                           \
            "movk %[value], #:abs_g2_nc:" #symbol "\n\t"                                           \
            "movk %[value], #:abs_g3:" #symbol                                                     \
            : [value] "=r"(value_));                                                               \
        value_;                                                                                    \
    })

#if defined(FORM_U12) || defined(FORM_P12)
#define IN_PLACE 2748
#elif defined(FORM_N12)
#define IN_PLACE (-2748)
#elif defined(FORM_Index)
#define IN_PLACE 2748
#elif defined(FORM_Scaled)
#define IN_PLACE 21984
#elif defined(FORM_Logical)
#define IN_PLACE 0x3ffffffc00000
#elif defined(FORM_Shift)
#define IN_PLACE 41
#endif

/* HOLE_IMM32 is the immediate, which fits 32 bits with its sign. */
INLINE i64 imm32(void) {
#if defined(IN_PLACE)
    return IN_PLACE;
#elif defined(FORM_U16)
    return MOVE_16(HOLE_IMM);
#else
    return (i32)MOVE_32(HOLE_IMM32);
#endif
}

INLINE u64 imm64(void) {
#if defined(FORM_U16)
    return MOVE_16(HOLE_IMM);
#elif defined(FORM_N16)
    u64 value;
    asm("movn %[value], #:abs_g0_s:HOLE_IMM" : [value] "=r"(value));
    return value;
#elif defined(FORM_U32)
    return MOVE_32(HOLE_IMM);
#elif defined(FORM_Top16)
    u64 value;
    asm("movz %[value], #:abs_g3:HOLE_IMM" : [value] "=r"(value));
    return value;
#else
    return MOVE_64(HOLE_IMM);
#endif
}

/* A user program's addresses have 48 bits. */
INLINE u64 imm_address(void) { return MOVE_48(HOLE_IMM); }
INLINE u64 imm_bool(void) { return MOVE_16(HOLE_IMM); }
INLINE u64 helper_address(void) { return MOVE_48(HOLE_HELPER); }
INLINE u64 exit_index(void) { return MOVE_32(HOLE_EXIT_INDEX); }

#define AT_IMM(type, base) (*(type *)((char *)(base) + imm32()))
#define CLASS_OF(object) class_of((void *)(object))

/* The offset of an object's class is small, positive and a multiple of 8. */
INLINE u64 class_of(void *object) {
    u64 value;
    asm volatile("ldr %x[value], [%[object], #:lo12:HOLE_TYPE_OFFSET]"
                 : [value] "=r"(value)
                 : [object] "r"(object));
    return value;
}

/* An offset in the activation record is small, positive and a multiple of 8: it fits the
 * instruction. */
INLINE u64 load_record(Activation *ctx) {
    u64 value;
    asm volatile("ldr %x[value], [%[ctx], #:lo12:HOLE_IMM]" : [value] "=r"(value) : [ctx] "r"(ctx));
    return value;
}

INLINE double load_record_float(Activation *ctx) {
    double value;
    asm volatile("ldr %d[value], [%[ctx], #:lo12:HOLE_IMM]" : [value] "=w"(value) : [ctx] "r"(ctx));
    return value;
}

INLINE void store_record(Activation *ctx, u64 value) {
    asm volatile("str %x[value], [%[ctx], #:lo12:HOLE_IMM]"
                 :
                 : [value] "r"(value), [ctx] "r"(ctx)
                 : "memory");
}

INLINE void store_record_float(Activation *ctx, double value) {
    asm volatile("str %d[value], [%[ctx], #:lo12:HOLE_IMM]"
                 :
                 : [value] "w"(value), [ctx] "r"(ctx)
                 : "memory");
}

INLINE _Bool add_overflows_imm(u64 a, u64 *result) {
    return __builtin_add_overflow((i64)a, imm32(), (i64 *)result);
}

INLINE _Bool mul_overflows_imm(u64 a, u64 *result) {
    return __builtin_mul_overflow((i64)a, imm32(), (i64 *)result);
}

/* Comparisons that the compiler does not see through: it would otherwise replace a register by the
 * value that it must have behind the branch, which costs an instruction. */
INLINE _Bool is_zero(u64 a) { return a == 0; }

INLINE _Bool is_minus_one(u64 a) {
    a = ~a;
    asm("" : "+r"(a));
    return a == 0;
}

INLINE _Bool is_equal(u64 a, u64 b) {
    a -= b;
    asm("" : "+r"(a));
    return a == 0;
}

INLINE _Bool is_zero_float(double a) { return a == 0; }
INLINE double to_float(i64 a) { return (double)a; }

INLINE u64 and_imm(u64 a) { return a & imm32(); }
INLINE u64 or_imm(u64 a) { return a | imm32(); }
INLINE u64 xor_imm(u64 a) { return a ^ imm32(); }

/* The compiler must not see that shifting back gives the low bits. */
INLINE u64 shl_imm(u64 a) {
    a <<= imm32() & 63;
    asm("" : "+r"(a));
    return a;
}

INLINE u64 shr_imm(u64 a) { return (i64)a >> (imm32() & 63); }
INLINE _Bool l_imm(u64 a) { return (i64)a < imm32(); }
INLINE _Bool le_imm(u64 a) { return (i64)a <= imm32(); }
INLINE _Bool g_imm(u64 a) { return (i64)a > imm32(); }
INLINE _Bool ge_imm(u64 a) { return (i64)a >= imm32(); }
INLINE _Bool e_imm(u64 a) { return (i64)a == imm32(); }
INLINE _Bool ne_imm(u64 a) { return (i64)a != imm32(); }

INLINE u64 shift_left(u64 a, u64 count) { return a << (count & 63); }
INLINE u64 shift_right(u64 a, u64 count) { return (i64)a >> (count & 63); }

/* Division. The short ones are for operands that fit 32 bits without sign. */
INLINE u64 short_quotient(u64 a, u64 b) { return (u32)a / (u32)b; }
INLINE u64 short_remainder(u64 a, u64 b) { return (u32)a % (u32)b; }

/* The quotient rounded to minus infinity. */
INLINE i64 floor_quotient(i64 a, i64 b) {
    i64 quotient = a / b, rest = a - quotient * b;
    return quotient - (rest != 0 & (rest ^ b) < 0);
}

/* The remainder with the sign of b. */
INLINE i64 floor_remainder(i64 a, i64 b) {
    i64 rest = a % b;
    return rest != 0 & (rest ^ b) < 0 ? rest + b : rest;
}

INLINE u64 as_quotient(u64 value) { return value; }

/* Of two nans the first comes out, as in the interpreter; the compiler would put the operands in the
   order of their registers. */
INLINE double add_in_order(double a, double b) {
    double sum;
    asm("fadd %d[sum], %d[a], %d[b]" : [sum] "=w"(sum) : [a] "w"(a), [b] "w"(b));
    return sum;
}
INLINE double multiply_in_order(double a, double b) {
    double product;
    asm("fmul %d[product], %d[a], %d[b]" : [product] "=w"(product) : [a] "w"(a), [b] "w"(b));
    return product;
}

/* Truncation; what does not fit 63 bits gives something that does not either, but a nan gives 0. */
#define NAN_NEEDS_TEST 1
INLINE _Bool truncate_overflows(double a, u64 *result) {
    i64 value, twice;
    asm("fcvtzs %x[value], %d[a]" : [value] "=r"(value) : [a] "w"(a));
    *result = value;
    return __builtin_add_overflow(value, value, &twice);
}

INLINE double negate(double a) { return -a; }
INLINE double absolute(double a) { return __builtin_fabs(a); }
