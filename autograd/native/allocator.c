/* A cache of freed blocks for the data of NumPy's arrays, put in through NumPy's allocator hook (NEP 49).
 *
 * A training step makes and frees arrays of some megabytes all the time. The system hands out such memory as pages that
 * are zeroed one by one at their first touch, which takes longer than the arithmetic on them. Here a freed block of 64 KiB
 * or more waits for the next array of about its size. Smaller ones, and those above the limit, are NumPy's business as
 * ever.
 *
 * - A block is mapped in one of the sizes 4, 5, 6, 7 · 2ᵏ: it begins at a page, and what an array leaves unused at its
 *   end was never touched, so it takes no memory.
 * - Where none of the wanted size waits, it is cut out of waiting ones that lie beside each other, before any memory is
 *   mapped: arrays of other sizes than those before them need no new pages, and no more of them.
 * - All blocks in use stand in a table, by address. What is not in it is NumPy's own block: nothing depends on
 *   the size that comes with a free, which is not always the one that was asked for (an array resized to nothing).
 * - The cache is bounded twice: by the limit; and when a new block must be mapped, the blocks that waited longest are
 *   given back until all blocks, used and waiting, take hardly more than those in use took at their most. A program
 *   needs about as much memory with the cache as without.
 * - So many arrays at once that their mappings would be too many for a process are NumPy's business too.
 * - Any thread may free any block at any time: one mutex holds all of it together. No Python below the line "Python".
 */
#define _GNU_SOURCE
#include "native.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALLEST ((size_t)1 << 16)
#define HUGE_PAGE ((size_t)2 << 20)
#define CLASSES (4 * 48)
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define SLACK ((size_t)4 << 20)
#define MOST_BLOCKS 16384 /* of the 65,530 mappings that a process may have, a large block takes two */
#define MOST_SORTED 1024  /* waiting blocks: to sort more of them would take longer than to map another */

/* A waiting block; this stands at its own beginning. */
struct waiting {
    struct waiting *newer, *older; /* in its class */
    uint64_t since;
    size_t size;
};

struct used {
    uintptr_t address; /* 0: a free slot */
    size_t size;       /* of the mapping */
    size_t bytes;      /* asked for */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    struct waiting *newest, *oldest;
} classes[CLASSES];
static struct used *table;  /* by address, open addressing, linear probing */
static size_t slots, taken; /* slots: a power of two */
static _Atomic size_t limit; /* also read without the lock */
static size_t page;
static size_t in_use, most_in_use, cached, cached_blocks, hits, misses;
static uint64_t moment;

static PyDataMemAllocator *numpys; /* NumPy's own allocator */

/* -- sizes -------------------------------------------------------------------------------------- */

struct class {
    int number;
    size_t size;
};

/* The least class of at least so many bytes, SMALLEST <= bytes <= SIZE_MAX / 8; a class's size is a number of pages. */
static struct class class_of(size_t bytes)
{
    bytes = (bytes + page - 1) & ~(page - 1);
    int e = 63 - __builtin_clzll(bytes - 1); /* 2^e <= bytes - 1 < 2^(e + 1), cut into quarters */
    int quarter = (int)((bytes - 1 - ((size_t)1 << e)) >> (e - 2));
    size_t size = ((size_t)1 << e) + ((size_t)(quarter + 1) << (e - 2));
    return (struct class){4 * (e - 15) + quarter, size};
}

/* The class in which so many pages wait: the largest that they can serve, or the first, where what is too small for any
 * waits for its neighbors. What is left of a block that was cut may be of any size. */
static int class_served(size_t size)
{
    struct class class = class_of(size);
    return MAX(0, class.number - (class.size > size));
}

/* -- the table of blocks in use ------------------------------------------------------------------ */

static size_t slot_of(uintptr_t address)
{
    return (size_t)((uint64_t)(address >> 12) * 0x9e3779b97f4a7c15u >> 20) & (slots - 1);
}

static struct used *find(uintptr_t address)
{
    if (!slots)
        return NULL;
    for (size_t i = slot_of(address); table[i].address; i = (i + 1) & (slots - 1))
        if (table[i].address == address)
            return table + i;
    return NULL;
}

static void insert(struct used block) /* after make_room */
{
    taken++;
    size_t i = slot_of(block.address);
    while (table[i].address)
        i = (i + 1) & (slots - 1);
    table[i] = block;
}

/* Room for one more; 0 where memory ran out. */
static int make_room(void)
{
    if (2 * (taken + 1) <= slots)
        return 1;
    struct used *old = table;
    size_t old_slots = slots;
    struct used *larger = calloc(slots ? 2 * slots : 256, sizeof *larger);
    if (!larger)
        return 0;
    table = larger;
    taken = 0;
    slots = old_slots ? 2 * old_slots : 256;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].address)
            insert(old[i]);
    free(old);
    return 1;
}

static void remove_from_table(struct used *block)
{
    size_t hole = (size_t)(block - table);
    for (size_t i = (hole + 1) & (slots - 1); table[i].address; i = (i + 1) & (slots - 1)) {
        size_t home = slot_of(table[i].address);
        if (((i - home) & (slots - 1)) >= ((i - hole) & (slots - 1))) { /* a search for it comes by the hole */
            table[hole] = table[i];
            hole = i;
        }
    }
    table[hole].address = 0;
    taken--;
}

/* -- the waiting blocks -------------------------------------------------------------------------- */

static void put(struct waiting *block, size_t size)
{
    int c = class_served(size);
    *block = (struct waiting){NULL, classes[c].newest, moment++, size};
    if (block->older)
        block->older->newer = block;
    else
        classes[c].oldest = block;
    classes[c].newest = block;
    cached += size;
    cached_blocks++;
}

static void take(struct waiting *block)
{
    int c = class_served(block->size);
    if (block->newer)
        block->newer->older = block->older;
    else
        classes[c].newest = block->older;
    if (block->older)
        block->older->newer = block->newer;
    else
        classes[c].oldest = block->newer;
    cached -= block->size;
    cached_blocks--;
}

/* Back to the system. Where the process has no mapping left to cut one out of another, at least the memory. */
static void unmap(void *data, size_t size)
{
    if (munmap(data, size) != 0)
        madvise(data, size, MADV_DONTNEED);
}

/* Give back to the system those that waited longest, until at most so many bytes wait. */
static void shrink_to(size_t most)
{
    while (cached > most) {
        struct waiting *oldest = NULL;
        for (int c = 0; c < CLASSES; c++)
            if (classes[c].oldest && (!oldest || classes[c].oldest->since < oldest->since))
                oldest = classes[c].oldest;
        take(oldest);
        unmap(oldest, oldest->size);
    }
}

static int by_address(const void *one, const void *other)
{
    uintptr_t a = (uintptr_t)*(struct waiting *const *)one, b = (uintptr_t)*(struct waiting *const *)other;
    return (a > b) - (a < b);
}

/* So many bytes out of waiting blocks beside each other, of those that hold the least together; NULL where there are
 * none. */
static void *cut(size_t size)
{
    struct waiting *all[MOST_SORTED];
    size_t count = 0, sum = 0, least = SIZE_MAX, from = 0, to = 0;
    if (cached < size || cached_blocks > MOST_SORTED)
        return NULL;
    for (int c = 0; c < CLASSES; c++)
        for (struct waiting *block = classes[c].newest; block; block = block->older)
            all[count++] = block;
    qsort(all, count, sizeof *all, by_address);
    for (size_t first = 0, i = 0; i < count; i++) {
        if (i > first && (char *)all[i - 1] + all[i - 1]->size != (char *)all[i]) {
            first = i;
            sum = 0;
        }
        sum += all[i]->size;
        while (sum - all[first]->size >= size)
            sum -= all[first++]->size;
        if (sum >= size && sum < least) {
            least = sum;
            from = first;
            to = i;
        }
    }
    if (least == SIZE_MAX)
        return NULL;
    for (size_t i = from; i <= to; i++)
        take(all[i]);
    if (least > size)
        put((struct waiting *)((char *)all[from] + size), least - size);
    return all[from];
}

/* What waits of a class, or can be cut for it, or NULL. */
static void *waiting_block(struct class class)
{
    struct waiting *block = classes[class.number].newest;
    if (!block || block->size != class.size)
        return cut(class.size);
    take(block);
    return block;
}

/* A new block from the system, all zeros, or NULL. Of a large one, what is asked for lies in huge pages as far as it
 * fills them: one page fault for each 2 MiB, not 512. (NumPy itself asks for them from 4 MiB up.) */
static void *map(size_t size, size_t bytes)
{
    size_t spare = size >= HUGE_PAGE ? HUGE_PAGE : 0;
    char *data = mmap(NULL, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return NULL;
    if (spare) {
        size_t before = -(uintptr_t)data & (HUGE_PAGE - 1);
        if (before)
            unmap(data, before);
        unmap(data + before + size, spare - before);
        data += before;
#ifdef MADV_HUGEPAGE
        madvise(data, bytes & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);
#endif
    }
    return data;
}

/* -- blocks in use -------------------------------------------------------------------------------- */

/* A block, or NULL where NumPy's own allocator is to be asked. */
static void *get_block(size_t bytes, int zeros)
{
    if (bytes < SMALLEST)
        return NULL;
    void *data = NULL;
    int fresh = 0;
    pthread_mutex_lock(&lock);
    if (bytes <= limit && make_room()) {
        struct class class = class_of(bytes);
        data = waiting_block(class);
        if (data) {
            hits++;
        } else if (taken + cached_blocks < MOST_BLOCKS) {
            size_t most = MAX(most_in_use, in_use + class.size);
            shrink_to(most + most / 8 + SLACK - in_use - class.size);
            data = map(class.size, bytes);
            if (!data) { /* what waits may be in the way */
                shrink_to(0);
                data = map(class.size, bytes);
            }
            fresh = 1;
            misses++;
        }
        if (data) {
            insert((struct used){(uintptr_t)data, class.size, bytes});
            in_use += class.size;
            most_in_use = MAX(most_in_use, in_use);
        }
    }
    pthread_mutex_unlock(&lock);
    if (data && zeros && !fresh)
        memset(data, 0, bytes);
    return data;
}

/* Whether it was a block of ours, which then waits. */
static int free_block(void *data)
{
    if ((uintptr_t)data & (page - 1))
        return 0;
    pthread_mutex_lock(&lock);
    struct used *block = find((uintptr_t)data);
    if (block) {
        size_t size = block->size;
        remove_from_table(block);
        in_use -= size;
        if (size > limit) {
            unmap(data, size);
        } else {
            put(data, size);
            shrink_to(limit);
        }
    }
    pthread_mutex_unlock(&lock);
    return block != NULL;
}

/* How many bytes were asked for, and how many there are: 0 where it is no block of ours. */
static struct used sizes_of(void *data)
{
    struct used block = {0, 0, 0};
    if ((uintptr_t)data & (page - 1))
        return block;
    pthread_mutex_lock(&lock);
    struct used *found = find((uintptr_t)data);
    if (found)
        block = *found;
    pthread_mutex_unlock(&lock);
    return block;
}

/* -- what NumPy calls ----------------------------------------------------------------------------- */

static void *cached_malloc(void *context, size_t bytes)
{
    void *data = get_block(bytes, 0);
    return data ? data : numpys->malloc(numpys->ctx, bytes);
}

static void *cached_calloc(void *context, size_t count, size_t size)
{
    size_t bytes;
    void *data = __builtin_mul_overflow(count, size, &bytes) ? NULL : get_block(bytes, 1);
    return data ? data : numpys->calloc(numpys->ctx, count, size);
}

static void cached_free(void *context, void *data, size_t bytes)
{
    if (data && !free_block(data))
        numpys->free(numpys->ctx, data, bytes);
}

static void *cached_realloc(void *context, void *data, size_t bytes)
{
    struct used block = sizes_of(data);
    if (!block.size)
        return numpys->realloc(numpys->ctx, data, bytes);
    if (bytes <= block.size && bytes >= block.size / 2) {
        pthread_mutex_lock(&lock);
        find((uintptr_t)data)->bytes = bytes;
        pthread_mutex_unlock(&lock);
        return data;
    }
    void *moved = cached_malloc(context, bytes);
    if (!moved)
        return NULL;
    memcpy(moved, data, MIN(bytes, block.bytes));
    free_block(data);
    return moved;
}

static PyDataMem_Handler handler = {
    "chalkgrad_cache",
    1,
    {NULL, cached_malloc, cached_calloc, cached_realloc, cached_free},
};

/* -- forks ---------------------------------------------------------------------------------------- */

static void hold(void)
{
    pthread_mutex_lock(&lock);
}

static void let_go(void)
{
    pthread_mutex_unlock(&lock);
}

/* -- Python ---------------------------------------------------------------------------------------- */

static PyObject *capsule; /* of the handler; every array made with it keeps it alive */

static int prepare(void)
{
    numpys = &((PyDataMem_Handler *)PyCapsule_GetPointer(PyDataMem_DefaultHandler, "mem_handler"))->allocator;
    if (PyErr_Occurred())
        return -1;
    page = (size_t)sysconf(_SC_PAGESIZE);
    if (pthread_atfork(hold, let_go, let_go) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    return capsule ? 0 : -1;
}

static PyObject *use_cache(PyObject *self, PyObject *ignored)
{
    if (!capsule && prepare() < 0)
        return NULL;
    PyObject *now = PyDataMem_GetHandler();
    if (!now)
        return NULL;
    Py_DECREF(now);
    PyObject *wanted = limit ? capsule : PyDataMem_DefaultHandler;
    if (now != wanted && (now == capsule || now == PyDataMem_DefaultHandler)) {
        PyObject *before = PyDataMem_SetHandler(wanted);
        if (!before)
            return NULL;
        Py_DECREF(before);
        now = wanted;
    }
    return PyBool_FromLong(now == capsule);
}

static PyObject *set_cache_limit(PyObject *self, PyObject *argument)
{
    size_t bytes = PyLong_AsSize_t(argument);
    if (bytes == (size_t)-1 && PyErr_Occurred())
        return NULL;
    pthread_mutex_lock(&lock);
    limit = MIN(bytes, SIZE_MAX / 8);
    shrink_to(limit);
    pthread_mutex_unlock(&lock);
    Py_RETURN_NONE;
}

static PyObject *empty_cache(PyObject *self, PyObject *ignored)
{
    pthread_mutex_lock(&lock);
    size_t before = cached;
    shrink_to(0);
    most_in_use = in_use;
    pthread_mutex_unlock(&lock);
#ifdef __GLIBC__
    malloc_trim(0); /* smaller blocks, and Python's own, wait in malloc */
#endif
    return PyLong_FromSize_t(before);
}

static PyObject *memory_stats(PyObject *self, PyObject *ignored)
{
    pthread_mutex_lock(&lock);
    size_t figures[] = {in_use, taken, cached, cached_blocks, limit, most_in_use, hits, misses, scratch_bytes()};
    pthread_mutex_unlock(&lock);
    return Py_BuildValue(
        "{s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "bytes_in_use", (Py_ssize_t)figures[0], "blocks_in_use",
        (Py_ssize_t)figures[1], "bytes_cached", (Py_ssize_t)figures[2], "blocks_cached", (Py_ssize_t)figures[3],
        "limit", (Py_ssize_t)figures[4], "most_bytes_in_use", (Py_ssize_t)figures[5], "hits", (Py_ssize_t)figures[6],
        "misses", (Py_ssize_t)figures[7], "bytes_of_scratch", (Py_ssize_t)figures[8]);
}

PyMethodDef allocator_methods[] = {
    {"use_cache", use_cache, METH_NOARGS,
     "use_cache(): let NumPy's arrays come from the cache, in this thread, unless it is off or somebody else has given "
     "NumPy an allocator; whether they do."},
    {"set_cache_limit", set_cache_limit, METH_O, "set_cache_limit(bytes): how much may wait at most; 0: no cache."},
    {"empty_cache", empty_cache, METH_NOARGS, "empty_cache(): give all that waits back to the system; how many bytes."},
    {"memory_stats", memory_stats, METH_NOARGS, "memory_stats(): a dict of what the cache holds and did."},
    {NULL, NULL, 0, NULL},
};
