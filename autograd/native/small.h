/* The instructions of small.c, in the order of OPERATIONS in autograd/program/small.py. */
#ifndef CHALKGRAD_SMALL_H
#define CHALKGRAD_SMALL_H

#define MOST_AXES 4

enum small_operation {
    M_COPY,
    M_NEGATIVE,
    M_ABSOLUTE,
    M_SIGN,
    M_SQRT,
    M_SQUARE,
    M_RECIPROCAL,
    M_EXP,
    M_EXPM1,
    M_LOG,
    M_LOG1P,
    M_SIN,
    M_COS,
    M_TAN,
    M_TANH,
    M_SINH,
    M_COSH,
    M_ARCTAN,
    M_ARCSIN,
    M_ARCCOS,
    M_FLOOR,
    M_CEIL,
    M_LOGICAL_NOT,
    M_ADD,
    M_SUBTRACT,
    M_MULTIPLY,
    M_DIVIDE,
    M_POWER,
    M_MAXIMUM,
    M_MINIMUM,
    M_GREATER,
    M_GREATER_EQUAL,
    M_LESS,
    M_LESS_EQUAL,
    M_EQUAL,
    M_NOT_EQUAL,
    M_LOGICAL_AND,
    M_LOGICAL_OR,
    M_WHERE,
    M_MULTIPLY_ADD, /* adds a product to what is there: sums, products of matrices */
    SMALL_OPERATIONS
};

/* The result and up to three operands, whose strides count numbers. */
struct small_step {
    int operation, axes;
    int shape[MOST_AXES];
    int offset[4];
    int strides[4][MOST_AXES];
};

#endif
