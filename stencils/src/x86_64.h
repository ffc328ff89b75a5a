/* Primitives for x86-64.
 *
 * Immediates are operands of the instructions that use them, by way of inline assembly: the
 * compiler believes that a symbol's address is small and positive, which an immediate is not.
 * Assembly is also used where an instruction wants fixed registers (division, shifts): it takes
 * its operands from any register and gives rcx and rdx back, so that the code around it
 * has one shape for all assignments. rax, rbx, r10 and r11 are not in the pool. */

INLINE u64 imm64(void) {
    u64 value;
    asm("movabsq %[imm], %[value]" : [value] "=r"(value) : [imm] "i"(HOLE_IMM));
    return value;
}

INLINE u64 imm_address(void) { return imm64(); }
INLINE u64 imm_bool(void) { return imm64(); }

INLINE i64 imm32(void) {
    i64 value;
    asm("movq %[imm], %[value]" : [value] "=r"(value) : [imm] "i"(HOLE_IMM));
    return value;
}

INLINE u64 helper_address(void) {
    u64 value;
    asm("movabsq %[imm], %[value]" : [value] "=r"(value) : [imm] "i"(HOLE_HELPER));
    return value;
}

INLINE u64 exit_index(void) {
    u64 value;
    asm("movq %[imm], %[value]" : [value] "=r"(value) : [imm] "i"(HOLE_EXIT_INDEX));
    return value;
}

/* Displacements: the compiler folds these into the addressing mode. */
#define AT_IMM(type, base) (*(type *)((char *)(base) + (i64)HOLE_IMM))
#define CLASS_OF(object) (*(u64 *)((char *)(object) + (i64)HOLE_TYPE_OFFSET))

INLINE u64 load_record(Activation *ctx) { return AT_IMM(u64, ctx); }
INLINE double load_record_float(Activation *ctx) { return AT_IMM(double, ctx); }
INLINE void store_record(Activation *ctx, u64 value) { AT_IMM(u64, ctx) = value; }
INLINE void store_record_float(Activation *ctx, double value) { AT_IMM(double, ctx) = value; }

INLINE _Bool add_overflows_imm(u64 a, u64 *result) {
    _Bool overflow;
    asm("addq %[imm], %[a]" : [a] "+r"(a), "=@cco"(overflow) : [imm] "i"(HOLE_IMM));
    *result = a;
    return overflow;
}

INLINE _Bool mul_overflows_imm(u64 a, u64 *result) {
    _Bool overflow;
    asm("imulq %[imm], %[a], %[result]"
        : [result] "=r"(*result), "=@cco"(overflow)
        : [a] "r"(a), [imm] "i"(HOLE_IMM));
    return overflow;
}

/* Comparisons that the compiler does not see through: it would otherwise replace a register by the
 * value that it must have behind the branch, which costs an instruction. */
INLINE _Bool is_zero(u64 a) {
    _Bool flag;
    asm("testq %[a], %[a]" : "=@cce"(flag) : [a] "r"(a));
    return flag;
}

INLINE _Bool is_minus_one(u64 a) {
    _Bool flag;
    asm("cmpq $-1, %[a]" : "=@cce"(flag) : [a] "r"(a));
    return flag;
}

INLINE _Bool is_equal(u64 a, u64 b) {
    _Bool flag;
    asm("cmpq %[b], %[a]" : "=@cce"(flag) : [a] "r"(a), [b] "r"(b));
    return flag;
}

/* In a general register: doubling drops the sign, and a nan needs no second branch. */
INLINE _Bool is_zero_float(double a) {
    u64 bits;
    _Bool flag;
    asm("movq %[a], %[bits]\n\t"
        "addq %[bits], %[bits]"
        : [bits] "=r"(bits), "=@cce"(flag)
        : [a] "x"(a));
    return flag;
}

/* Cleared first: the conversion would otherwise wait for the register's old value. */
INLINE double to_float(i64 a) {
    double result;
    asm("xorps %[result], %[result]\n\t"
        "cvtsi2sdq %[a], %[result]"
        : [result] "=x"(result)
        : [a] "r"(a));
    return result;
}

#define OP_IMM(name, instruction)                                                                  \
    INLINE u64 name##_imm(u64 a) {                                                                 \
        asm(instruction " %[imm], %[a]" : [a] "+r"(a) : [imm] "i"(HOLE_IMM) : "cc");               \
        return a;                                                                                  \
    }
OP_IMM(and, "andq")
OP_IMM(or, "orq")
OP_IMM(xor, "xorq")
OP_IMM(shl, "shlq")
OP_IMM(shr, "sarq")

#define COMPARE_IMM(name)                                                                          \
    INLINE _Bool name##_imm(u64 a) {                                                               \
        _Bool flag;                                                                                \
        asm("cmpq %[imm], %[a]" : "=@cc" #name(flag) : [a] "r"(a), [imm] "i"(HOLE_IMM));           \
        return flag;                                                                               \
    }
COMPARE_IMM(l)
COMPARE_IMM(le)
COMPARE_IMM(g)
COMPARE_IMM(ge)
COMPARE_IMM(e)
COMPARE_IMM(ne)

/* Shifts by 0 to 63. */
#define SHIFT(name, instruction)                                                                   \
    INLINE u64 name(u64 a, u64 count) {                                                            \
        asm("movq %%rcx, %%r11\n\t"                                                                \
            "movq %[count], %%rcx\n\t" instruction " %%cl, %[a]\n\t"                               \
            "movq %%r11, %%rcx"                                                                    \
            : [a] "+a"(a)                                                                          \
            : [count] "r"(count)                                                                   \
            : "r11", "cc");                                                                        \
        return a;                                                                                  \
    }
SHIFT(shift_left, "shlq")
SHIFT(shift_right, "sarq")

/* Division: the dividend in rax, the divisor in r10, the result in rax. The short ones are for
 * operands that fit 32 bits without sign, which is much faster on many processors. */
#define DIVISION(name, type, instructions)                                                         \
    INLINE type name(type a, type b) {                                                             \
        register u64 divisor asm("r10") = b;                                                       \
        asm("movq %%rdx, %%r11\n\t" instructions "movq %%r11, %%rdx"                               \
            : "+a"(a), "+r"(divisor)                                                               \
            :                                                                                      \
            : "r11", "cc");                                                                        \
        return a;                                                                                  \
    }
#define DIVIDE_SHORT                                                                               \
    "xorl %%edx, %%edx\n\t"                                                                        \
    "divl %%r10d\n\t"
#define DIVIDE                                                                                     \
    "cqto\n\t"                                                                                     \
    "idivq %%r10\n\t"
DIVISION(short_quotient, u64, DIVIDE_SHORT)
DIVISION(short_remainder, u64, DIVIDE_SHORT "movl %%edx, %%eax\n\t")
/* One less when the remainder is not 0 and its sign is not the divisor's. */
DIVISION(floor_quotient, i64,
         DIVIDE "xorq %%rdx, %%r10\n\t"
                "sarq $63, %%r10\n\t"
                "testq %%rdx, %%rdx\n\t"
                "cmoveq %%rdx, %%r10\n\t"
                "addq %%r10, %%rax\n\t")
/* The divisor added, but not to a remainder of 0 or with the divisor's sign. */
DIVISION(floor_remainder, i64,
         DIVIDE "leaq (%%rdx, %%r10), %%rax\n\t"
                "testq %%rdx, %%rdx\n\t"
                "cmoveq %%rdx, %%rax\n\t"
                "xorq %%rdx, %%r10\n\t"
                "cmovnsq %%rdx, %%rax\n\t")

/* Gives a value the register that results of divisions have. */
INLINE u64 as_quotient(u64 value) {
    asm("" : "+a"(value));
    return value;
}

/* Of two nans the first comes out, as in the interpreter; the compiler would exchange the operands
   where that saves a move. */
INLINE double add_in_order(double a, double b) {
    asm("addsd %1, %0" : "+x"(a) : "x"(b));
    return a;
}
INLINE double multiply_in_order(double a, double b) {
    asm("mulsd %1, %0" : "+x"(a) : "x"(b));
    return a;
}

/* Truncation; anything that does not fit 63 bits (nan too) gives something that does not either. */
#define NAN_NEEDS_TEST 0
INLINE _Bool truncate_overflows(double a, u64 *result) {
    i64 value, twice;
    asm("cvttsd2siq %[a], %[value]" : [value] "=r"(value) : [a] "x"(a));
    *result = value;
    return __builtin_add_overflow(value, value, &twice);
}

/* The masks are made in a register, as a constant would be a load from memory. */
INLINE double negate(double a) {
    double mask;
    asm("pcmpeqd %[mask], %[mask]\n\t"
        "psllq $63, %[mask]\n\t"
        "xorps %[mask], %[a]"
        : [a] "+x"(a), [mask] "=&x"(mask));
    return a;
}

INLINE double absolute(double a) {
    double mask;
    asm("pcmpeqd %[mask], %[mask]\n\t"
        "psrlq $1, %[mask]\n\t"
        "andps %[mask], %[a]"
        : [a] "+x"(a), [mask] "=&x"(mask));
    return a;
}
