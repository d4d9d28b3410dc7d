/* What the C files of this folder share: the argument checks, the threads, and the levels.
 *
 * A level is a family of vector instructions. Each level_*.c compiles all_kernels.inc.h once for itself;
 * at import the best one that the machine has is chosen (choose_level in module.c).
 */
#ifndef CHALKGRAD_NATIVE_H
#define CHALKGRAD_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL chalkgrad_array_api
#ifndef CHALKGRAD_IMPORTS_ARRAY_API
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "kernels.h"

/* -- arguments ------------------------------------------------------------------------------ */

/* The array as one of C order, aligned, in native byte order, of float32 or float64: a new reference to it
 * or to a copy. NULL without an error where it is no such array (then the kernel returns None, and
 * its caller goes the NumPy way), NULL with an error where memory ran out. */
PyArrayObject *real_array(PyObject *o, int axes);

/* Whether o is an array of float32 or float64 as kernels take it, with an axis or more and nothing empty; and whether its
 * entries lie side by side, in any order of the axes. In pointwise.c. */
int is_real(PyObject *o);
int is_dense(PyArrayObject *x);

/* Copy a real array, aligned and in native byte order, of one entry or more, to where its entries then lie side by side,
 * the axis order[0] the slowest. In layout.c. */
void lay_out(char *to, PyArrayObject *x, const int *order);

/* Whether all are of one dtype; NULL pointers are left out. */
int same_dtype(int count, PyArrayObject *const *arrays);

/* The fields of autograd.kernels.windows.Windows that convolutions need. */
struct windows {
    long image[2], size[2], stride[2], dilation[2], before[2], out[2];
};

/* Whether o is such a tuple, of numbers that make sense; no error is set. In conv.c. */
int read_geometry(PyObject *o, struct windows *w);

/* As real_array, of pictures (N, rows, columns, channels), which may also lie in planes. In pictures.c. */
PyArrayObject *read_pictures(PyObject *o, struct pictures *p);

/* The kernels for float32 (double_ = 0) or float64, of the chosen level. */
const struct kernels *kernels_for(PyArrayObject *array);
const struct kernels *kernels_of_type(int type);

/* Add the type Fused. In fused.c. */
int add_fused(PyObject *module);

/* -- threads -------------------------------------------------------------------------------- */

/* Run task(context, part) for every part in [0, parts), shared out among the threads; returns when all are done.
 * Which thread does which part is open, so a part's result must not depend on it. No Python in a task. */
void run_parts(void (*task)(void *context, long part), void *context, long parts);

/* Memory of at least so many bytes for the calling thread, aligned to 64, until its part of the work is done; the next
 * call may hand out the same. NULL where memory ran out: then the part returns, and whoever had the work done asks. */
void *scratch(size_t bytes);

/* Whether memory ran out in the work that this thread had done since it last asked: a MemoryError then. */
int memory_ran_out(void);

/* What scratch() has handed out and not given back, of all threads. */
size_t scratch_bytes(void);

int thread_count(void);

/* -- what each file adds to the module ---------------------------------------------------------- */

extern PyMethodDef thread_methods[], conv_methods[], weights_methods[], product_methods[], pooling_methods[],
    normalization_methods[], pointwise_methods[], optimizer_methods[], losses_methods[], extrema_methods[],
    sums_methods[], allocator_methods[], small_methods[];

#endif
