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

enum { MAX_GPRS = 9, MAX_FPRS = 8, SPILL_SLOTS = 64, MAX_ARGS = 6 };

/* What a trace and the function trace that it calls tell each other. */
typedef struct Outgoing {
    u64 bits[MAX_ARGS];
    u64 boxes[MAX_ARGS];
    u64 function;
    u64 returned;
    u64 tag;
} Outgoing;

/* What can be called: the start of the code comes first, the rest is the runtime's. */
typedef struct Callee {
    void *code;
} Callee;

typedef struct Activation {
    u64 *locals;
    u64 *stack;
    volatile u8 *poll_breaker;
    volatile u8 *poll_gc;
    volatile u8 *poll_stop;
    volatile u32 *poll_trace;
    u64 status;
    u64 exit;
    Outgoing *args;
    struct Activation *root;
    i64 depth;
    Callee *callee;
    void *host;
    Outgoing out;
    u64 regs[MAX_GPRS];
    double fregs[MAX_FPRS];
    u64 spill[SPILL_SLOTS];
} Activation;

#endif
