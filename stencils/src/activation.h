/* The activation record: what compiled code shares with the runtime.
 *
 * The same structure as rustpython-jit-cp/src/activation.rs, in C. The builder includes that file
 * and makes every translation unit assert that all offsets agree. */
#ifndef ACTIVATION_H
#define ACTIVATION_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long u64;
typedef long i64;

enum { MAX_GPRS = 9, MAX_FPRS = 8, SPILL_SLOTS = 64 };

typedef struct Activation {
    u64 *locals;
    u64 *stack;
    volatile u8 *poll_breaker;
    volatile u8 *poll_gc;
    volatile u8 *poll_stop;
    volatile u32 *poll_trace;
    u64 status;
    u64 exit;
    u64 regs[MAX_GPRS];
    double fregs[MAX_FPRS];
    u64 spill[SPILL_SLOTS];
    void *host;
} Activation;

#endif
