/* The kernel of fused.inc.h as a pointer, and the words of its programs. */
#ifndef CHALKGRAD_FUSED_H
#define CHALKGRAD_FUSED_H

#include <stdint.h>

/* In the order of OPERATIONS in autograd/program/entrywise.py. */
enum fused_operation {
    DO_COPY,
    DO_NEGATIVE,
    DO_ABSOLUTE,
    DO_SQRT,
    DO_SQUARE,
    DO_RECIPROCAL,
    DO_SIGN,
    DO_NOT,
    DO_SIGMOID,
    DO_TANH,
    DO_RELU,
    DO_MAXIMUM, /* of two from here on */
    DO_MINIMUM,
    DO_GREATER,
    DO_GREATER_EQUAL,
    DO_LESS,
    DO_LESS_EQUAL,
    DO_EQUAL,
    DO_NOT_EQUAL,
    DO_AND,
    DO_OR,
    DO_ADD,
    DO_SUBTRACT,
    DO_MULTIPLY,
    DO_DIVIDE,
    DO_WHERE, /* of three */
    DO_LOOP,  /* NumPy's own loop number c, of a function of one argument */
    DO_LOOP_OF_TWO,
    FUSED_OPERATIONS
};

/* One operation on blocks: out, a, b and c are places. Of the operands whose bit is in `ones` the first number stands
 * for all; where both of two are such, it is none. */
struct micro {
    unsigned short operation, ones;
    int out, a, b, c;
};

/* An inner loop of a NumPy function. */
struct loop {
    void (*function)(char **arrays, const intptr_t *lengths, const intptr_t *steps, void *data);
    void *data;
};

struct fused_program {
    long length;
    const struct micro *micro;
    const struct loop *loops;
};

struct fused_kernels {
    /* Run it on the n numbers at each place. */
    void (*run)(const struct fused_program *program, void *const *place, long n);
};

#define FUSED_KERNELS(dtype) {JOIN3(fused_run, dtype, LEVEL)}

#endif
