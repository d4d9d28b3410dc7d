/* A block of entries copied in other steps: four lines at a time are read along memory and turned in registers. */
#ifndef CHALKGRAD_TURNING_H
#define CHALKGRAD_TURNING_H

#include <stdint.h>
#include <string.h>

typedef uint32_t entry_of_4 __attribute__((may_alias));
typedef uint64_t entry_of_8 __attribute__((may_alias));
typedef uint32_t four __attribute__((vector_size(16), aligned(4), may_alias));

#if defined(__clang__)
#define PICK(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define PICK(a, b, i, j, k, l) __builtin_shuffle(a, b, (four){i, j, k, l})
#endif

/* to[i, j] = from[j, i] for i and j below 4, the rows to_step and from_step entries apart. */
static inline void turn_4_bytes(entry_of_4 *to, long to_step, const entry_of_4 *from, long from_step)
{
    const four a = *(const four *)from, b = *(const four *)(from + from_step);
    const four c = *(const four *)(from + 2 * from_step), d = *(const four *)(from + 3 * from_step);
    const four ab = PICK(a, b, 0, 4, 1, 5), cd = PICK(c, d, 0, 4, 1, 5);
    *(four *)to = PICK(ab, cd, 0, 1, 4, 5);
    *(four *)(to + to_step) = PICK(ab, cd, 2, 3, 6, 7);
    const four ba = PICK(a, b, 2, 6, 3, 7), dc = PICK(c, d, 2, 6, 3, 7);
    *(four *)(to + 2 * to_step) = PICK(ba, dc, 0, 1, 4, 5);
    *(four *)(to + 3 * to_step) = PICK(ba, dc, 2, 3, 6, 7);
}

static inline void turn_8_bytes(entry_of_8 *to, long to_step, const entry_of_8 *from, long from_step)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            to[i * to_step + j] = from[j * from_step + i];
}

/* to[i, j] = from[i, j] for i < tall and j < wide, in these steps; those along j are 1 in `to`.
 *
 * What is read for the next four j is fetched ahead: it may lie on other pages of memory. */
#define COPY_BLOCK(name, entry, turn)                                                                             \
    static inline void name(                                                                                      \
        entry *to, const entry *from, long tall, long wide, long to_tall, long from_tall, long from_wide)         \
    {                                                                                                             \
        if (from_wide == 1 || from_wide == 0) {                                                                   \
            for (long i = 0; i < tall; i++, to += to_tall, from += from_tall)                                     \
                if (from_wide)                                                                                    \
                    memcpy(to, from, wide * sizeof(entry));                                                       \
                else                                                                                              \
                    for (long j = 0; j < wide; j++)                                                               \
                        to[j] = *from;                                                                            \
            return;                                                                                               \
        }                                                                                                         \
        for (long j = 0; j < wide; j += 4) {                                                                      \
            const long lines = wide - j < 4 ? wide - j : 4, turned = from_tall == 1 && lines == 4 ? tall / 4 : 0; \
            for (long line = j + 4; turned && line < j + 8 && line < wide; line++)                                \
                for (long i = 0; i < tall; i += 64 / (long)sizeof(entry))                                         \
                    __builtin_prefetch(from + line * from_wide + i);                                              \
            for (long i = 0; i < 4 * turned; i += 4)                                                              \
                turn(to + i * to_tall + j, to_tall, from + j * from_wide + i, from_wide);                         \
            for (long i = 4 * turned; i < tall; i++)                                                              \
                for (long line = j; line < j + lines; line++)                                                     \
                    to[i * to_tall + line] = from[i * from_tall + line * from_wide];                              \
        }                                                                                                         \
    }
COPY_BLOCK(copy_block_of_4, entry_of_4, turn_4_bytes)
COPY_BLOCK(copy_block_of_8, entry_of_8, turn_8_bytes)
#undef COPY_BLOCK
#undef PICK

#endif
