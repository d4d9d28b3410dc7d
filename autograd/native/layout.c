/* Arrays laid out anew: the entries of one in any memory order copied to where they lie side by side, on all threads.
 *
 * NumPy does it on one thread, and goes down columns whose lines of memory push each other out of the first cache where
 * they lie powers of two apart. Here blocks of turning.h are copied.
 */
#include "native.h"
#include "turning.h"

#include <string.h>

#define PART 32768 /* entries that one thread does at a time */
#define TALL 64    /* of a block: entries beside each other in what is read */

/* Axes that lie one after the other in memory are one here; outer ones first, and then the two that blocks are of. */
struct layout {
    const char *from;
    char *to;
    long item;
    int axes;
    long dims[NPY_MAXDIMS + 2], steps[NPY_MAXDIMS + 2], to_steps[NPY_MAXDIMS + 2]; /* steps in entries */
    long tall, wide, down, across; /* entries of a block along the last two axes, and how many blocks */
    long blocks, blocks_of_a_part;
};

/* -- all blocks --------------------------------------------------------------------------------- */

static void copy_part(void *context, long part)
{
    const struct layout *l = context;
    const int t = l->axes - 2, w = l->axes - 1;
    const long first = part * l->blocks_of_a_part, end = first + l->blocks_of_a_part;
    for (long block = first; block < end && block < l->blocks; block++) {
        const long j = block % l->across * l->wide, i = block / l->across % l->down * l->tall;
        long outer = block / l->across / l->down, from = i * l->steps[t] + j * l->steps[w], to = i * l->to_steps[t] + j;
        for (int axis = t - 1; axis >= 0; axis--) {
            const long at = outer % l->dims[axis];
            outer /= l->dims[axis];
            from += at * l->steps[axis];
            to += at * l->to_steps[axis];
        }
        const long tall = l->dims[t] - i < l->tall ? l->dims[t] - i : l->tall;
        const long wide = l->dims[w] - j < l->wide ? l->dims[w] - j : l->wide;
        const char *read = l->from + from * l->item;
        char *write = l->to + to * l->item;
        if (l->item == 4)
            copy_block_of_4(
                (entry_of_4 *)write, (const entry_of_4 *)read, tall, wide, l->to_steps[t], l->steps[t], l->steps[w]);
        else
            copy_block_of_8(
                (entry_of_8 *)write, (const entry_of_8 *)read, tall, wide, l->to_steps[t], l->steps[t], l->steps[w]);
    }
}

static void put_axis_before_last(struct layout *l, int axis)
{
    const long dim = l->dims[axis], step = l->steps[axis], to_step = l->to_steps[axis];
    for (; axis < l->axes - 2; axis++) {
        l->dims[axis] = l->dims[axis + 1];
        l->steps[axis] = l->steps[axis + 1];
        l->to_steps[axis] = l->to_steps[axis + 1];
    }
    l->dims[axis] = dim;
    l->steps[axis] = step;
    l->to_steps[axis] = to_step;
}

/* Fill in the axes: those of x in this order, without those of length 1, and put together. */
static void read_axes(struct layout *l, PyArrayObject *x, const int *order)
{
    const int axes = PyArray_NDIM(x);
    l->axes = 2; /* of length 1: each copy is one of blocks */
    l->dims[0] = l->dims[1] = 1;
    l->steps[0] = l->steps[1] = 0;
    for (int i = 0; i < axes; i++) {
        const long dim = PyArray_DIM(x, order[i]), step = PyArray_STRIDE(x, order[i]) / l->item;
        const int last = l->axes - 1;
        if (dim == 1)
            continue;
        if (last > 1 && l->steps[last] == step * dim) {
            l->dims[last] *= dim;
            l->steps[last] = step;
        } else {
            l->dims[l->axes] = dim;
            l->steps[l->axes++] = step;
        }
    }
    for (long axis = l->axes - 1, step = 1; axis >= 0; step *= l->dims[axis--])
        l->to_steps[axis] = step;
}

void lay_out(char *to, PyArrayObject *x, const int *order)
{
    struct layout l = {.from = PyArray_DATA(x), .to = to, .item = PyArray_ITEMSIZE(x)};
    read_axes(&l, x, order);
    const int w = l.axes - 1;
    int t = w - 1;
    if (labs(l.steps[w]) > 1) { /* blocks are read along the axis whose steps are the shortest */
        for (int axis = 0; axis < w; axis++)
            if (l.dims[axis] > 1 && labs(l.steps[axis]) && labs(l.steps[axis]) < labs(l.steps[t]))
                t = axis;
        put_axis_before_last(&l, t);
    }
    t = w - 1;
    l.tall = l.dims[t] < TALL ? l.dims[t] : TALL;
    l.wide = l.dims[w] < PART / l.tall ? l.dims[w] : PART / l.tall;
    l.down = (l.dims[t] + l.tall - 1) / l.tall;
    l.across = (l.dims[w] + l.wide - 1) / l.wide;
    l.blocks = PyArray_SIZE(x) / (l.dims[t] * l.dims[w]) * l.down * l.across;
    l.blocks_of_a_part = (PART + l.tall * l.wide - 1) / (l.tall * l.wide);
    Py_BEGIN_ALLOW_THREADS
    run_parts(copy_part, &l, (l.blocks + l.blocks_of_a_part - 1) / l.blocks_of_a_part);
    Py_END_ALLOW_THREADS
}
