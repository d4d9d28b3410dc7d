/* The kernel of optimizer.inc.h as a pointer, and the words of its programs. */
#ifndef CHALKGRAD_OPTIMIZER_H
#define CHALKGRAD_OPTIMIZER_H

/* In the order of OPERATIONS in autograd/kernels/updates.py. */
enum update_operation {
    COPY,
    FILL,
    NEGATIVE,
    ABSOLUTE,
    SQRT,
    SIGN,
    MAXIMUM,
    MINIMUM,
    GREATER,
    LESS,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    DIVIDE_ADD,
    MULTIPLY_ADD,
    MULTIPLY_TAKEN,
    DIVIDE_TAKEN,
    MAXIMUM_MINIMUM,
    WHERE,
    UPDATE_OPERATIONS
};

/* One operation on blocks of numbers. out is the place of an array; the others are places of arrays, or of one number
 * with IS_NUMBER added; c is of WHERE, of ADD to DIVIDE a number to multiply by, or 0, and of those after them what the
 * second of two operations takes: DIVIDE_ADD is a / b + c, MULTIPLY_ADD a * b + c, MULTIPLY_TAKEN c - a * b, DIVIDE_TAKEN
 * c - a / b, and MAXIMUM_MINIMUM the least of the number c and the largest of a and the number b.
 * First come the arrays that the caller gives, then temporary ones. */
struct instruction {
    unsigned char operation, out, a, b, c;
};

#define IS_NUMBER 128
#define MOST_ARRAYS 6 /* w, g, and what is remembered */
#define MOST_TEMPORARIES 10
#define MOST_NUMBERS 32

struct program {
    int length, arrays, numbers;
    const struct instruction *instructions;
    double number[MOST_NUMBERS];
};

struct optimizer_kernels {
    void (*update)(long n, void *const *arrays, const struct program *program);
};

#define OPTIMIZER_KERNELS(dtype) {JOIN3(update, dtype, LEVEL)}

#endif
