/* A few threads of our own that share out the parts of a kernel's work.
 *
 * They are started at the first work for them, look for more for some microseconds after each (a step of training
 * is one kernel after another) and then sleep. Where two Python threads come at once, the second works alone.
 */
#define _GNU_SOURCE
#include "native.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 256
#define LOOKS_FOR_WORK_NS 50000

static int wanted = 1;  /* threads, the caller among them */
static int started = 0; /* workers */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER; /* held by whoever has the workers */

static struct {
    void (*task)(void *, long);
    void *context;
    long parts;
    _Atomic long next;
    atomic_int open;   /* there is work */
    atomic_int inside;  /* workers that are at it, or looking whether to be */
    atomic_int ran_out; /* of memory, one of the workers */
} job;

static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static atomic_int sleeping;
static pthread_key_t scratch_key;
static _Thread_local int ran_out; /* of memory, in work that this thread did or had done */

/* -- memory to work in -------------------------------------------------------------------------- */

#define KEPT ((size_t)2 << 20) /* bytes of a thread between two kernels, at most: a larger block goes back at once */

struct block {
    size_t size;
    void *memory;
};

static _Atomic size_t all_scratch; /* bytes of every thread */

static void let_go_of(struct block *block)
{
    free(block->memory);
    atomic_fetch_sub(&all_scratch, block->size);
    block->memory = NULL;
    block->size = 0;
}

static void free_block(void *pointer)
{
    let_go_of(pointer);
    free(pointer);
}

static void shrink_scratch(void)
{
    struct block *block = pthread_getspecific(scratch_key);
    if (block && block->size > KEPT)
        let_go_of(block);
}

void *scratch(size_t bytes)
{
    struct block *block = pthread_getspecific(scratch_key);
    if (block && block->size >= bytes)
        return block->memory;
    if (!block) {
        block = calloc(1, sizeof *block);
        if (!block || pthread_setspecific(scratch_key, block) != 0) {
            free(block);
            ran_out = 1;
            return NULL;
        }
    }
    let_go_of(block);
    const size_t size = (bytes + 4095) & ~(size_t)4095;
    if (size < bytes || posix_memalign(&block->memory, 64, size) != 0) {
        block->memory = NULL;
        ran_out = 1;
        return NULL;
    }
    block->size = size;
    atomic_fetch_add(&all_scratch, size);
    return block->memory;
}

size_t scratch_bytes(void)
{
    return atomic_load(&all_scratch);
}

static inline void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void work(void)
{
    long part;
    while ((part = atomic_fetch_add(&job.next, 1)) < job.parts)
        job.task(job.context, part);
    shrink_scratch();
}

static void *worker(void *number)
{
    for (;;) {
        int64_t until = now_ns() + LOOKS_FOR_WORK_NS;
        while (!atomic_load(&job.open)) {
            for (int i = 0; i < 32 && !atomic_load(&job.open); i++)
                pause_briefly();
            if (now_ns() < until)
                continue;
            pthread_mutex_lock(&sleep_lock);
            atomic_fetch_add(&sleeping, 1);
            while (!atomic_load(&job.open))
                pthread_cond_wait(&wake, &sleep_lock);
            atomic_fetch_sub(&sleeping, 1);
            pthread_mutex_unlock(&sleep_lock);
        }
        /* First in, then look again: whoever closes the work waits for all who are in. */
        atomic_fetch_add(&job.inside, 1);
        if (atomic_load(&job.open) && (intptr_t)number < wanted)
            work();
        if (ran_out) {
            ran_out = 0;
            atomic_store(&job.ran_out, 1);
        }
        atomic_fetch_sub(&job.inside, 1);
        if ((intptr_t)number >= wanted) /* fewer threads are wanted by now: wait for this work to be over */
            while (atomic_load(&job.open))
                sched_yield();
    }
    return NULL;
}

static void start_workers(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (started < wanted - 1) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, worker, (void *)(intptr_t)(started + 1)) != 0)
            break; /* the system gives no more threads: go on with those there are */
        started++;
    }
    pthread_attr_destroy(&attributes);
}

void run_parts(void (*task)(void *, long), void *context, long parts)
{
    if (parts <= 1 || wanted == 1 || pthread_mutex_trylock(&owner) != 0) {
        for (long part = 0; part < parts; part++)
            task(context, part);
        shrink_scratch();
        return;
    }
    if (started < wanted - 1)
        start_workers();
    job.task = task;
    job.context = context;
    job.parts = parts;
    atomic_store(&job.next, 0);
    atomic_store(&job.open, 1);
    if (atomic_load(&sleeping)) {
        pthread_mutex_lock(&sleep_lock);
        pthread_cond_broadcast(&wake);
        pthread_mutex_unlock(&sleep_lock);
    }
    work();
    atomic_store(&job.open, 0);
    for (long i = 0; atomic_load(&job.inside); i++)
        if (i < 1000)
            pause_briefly();
        else
            sched_yield();
    if (atomic_exchange(&job.ran_out, 0))
        ran_out = 1;
    pthread_mutex_unlock(&owner);
}

int memory_ran_out(void)
{
    const int before = ran_out;
    ran_out = 0;
    return before;
}

int thread_count(void)
{
    return wanted;
}

/* -- Python ------------------------------------------------------------------------------------- */

static void begin_again_in_child(void)
{
    started = 0; /* a forked child has none of its parent's threads */
    atomic_store(&job.open, 0);
    atomic_store(&job.inside, 0);
    atomic_store(&sleeping, 0);
    pthread_mutex_init(&owner, NULL);
    pthread_mutex_init(&sleep_lock, NULL);
    pthread_cond_init(&wake, NULL);
}

static PyObject *set_threads(PyObject *self, PyObject *argument)
{
    long n = PyLong_AsLong(argument);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n < 1 || n > MOST_THREADS) {
        PyErr_Format(PyExc_ValueError, "the number of threads must be from 1 to %d\n  given: %ld", MOST_THREADS, n);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&owner); /* not while work is going on */
    wanted = (int)n;
    pthread_mutex_unlock(&owner);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *get_threads(PyObject *self, PyObject *ignored)
{
    return PyLong_FromLong(wanted);
}

PyMethodDef thread_methods[] = {
    {"set_threads", set_threads, METH_O, "set_threads(n): the number of threads that kernels use."},
    {"threads", get_threads, METH_NOARGS, "threads(): the number of threads that kernels use."},
    {NULL, NULL, 0, NULL},
};

int prepare_threads(void)
{
    if (pthread_key_create(&scratch_key, free_block) != 0 || pthread_atfork(NULL, NULL, begin_again_in_child) != 0) {
        PyErr_SetString(PyExc_ImportError, "the system gives no thread-local memory");
        return -1;
    }
    return 0;
}
