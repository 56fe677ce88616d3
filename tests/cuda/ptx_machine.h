/* SPDX-License-Identifier: Apache-2.0 */
/* A GPU in slow motion: what translated PTX calls. Semantics: PTX ISA 9.0, chapter 9.

   Threads of a block run one after another, each up to its next barrier or warp exchange; then the
   others. Memory that a kernel may not touch, shared memory that nobody wrote (filled with a
   pattern), threads that wait for each other forever: each is a fault, where a GPU would go on. */
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FINISHED, AT_BARRIER, AT_WARP, READY };
enum { OK, BAD_GLOBAL, BAD_SHARED, MISALIGNED, DEADLOCK, NO_MEMORY };
enum { UP, DOWN, BFLY, IDX };

struct block {
    uint32_t ntid[3], ctaid[3], nctaid[3];
    const uint8_t *param;
    uint8_t *shared;
    uint64_t shared_bytes;
    const uint64_t *ranges; /* first and last+1 address of every array */
    int n_ranges;
    uint32_t *seen; /* what the lanes of each warp have posted */
    uint64_t line, address;
    jmp_buf escape;
};

static void fault(struct block *B, int what, uint64_t line, uint64_t address) {
    B->line = line;
    B->address = address;
    longjmp(B->escape, what);
}

static void *global_at(struct block *B, uint64_t address, uint64_t size, uint64_t line) {
    if (address % size) fault(B, MISALIGNED, line, address);
    for (int i = 0; i < B->n_ranges; i++)
        /* Not address + size: that of an address just below 2^64 wraps. */
        if (address >= B->ranges[2 * i] && address < B->ranges[2 * i + 1] &&
            size <= B->ranges[2 * i + 1] - address)
            return (void *)(uintptr_t)address;
    fault(B, BAD_GLOBAL, line, address);
    return 0;
}

static void *shared_at(struct block *B, uint64_t address, uint64_t size, uint64_t line) {
    if (address % size) fault(B, MISALIGNED, line, address);
    if (address >= B->shared_bytes || size > B->shared_bytes - address)
        fault(B, BAD_SHARED, line, address);
    return B->shared + address;
}

/* Bits of a register seen as another type. */
static inline float f32_of(uint32_t x) { float y; memcpy(&y, &x, 4); return y; }
static inline uint32_t b32_of(float x) { uint32_t y; memcpy(&y, &x, 4); return y; }

/* min and max: a number wins over NaN, +0 is larger than -0. */
static inline float f32_min(float a, float b) {
    if (a != a) return b;
    if (b != b) return a;
    return a < b || (a == b && signbit(a)) ? a : b;
}
static inline float f32_max(float a, float b) {
    if (a != a) return b;
    if (b != b) return a;
    return a > b || (a == b && !signbit(a)) ? a : b;
}

/* Division by zero is unspecified in PTX; hardware answers all ones. The most negative number
   divided by -1 wraps. */
#define DEFINE_DIVISION(T, S)                                                                      \
    static inline T div_##S(T a, T b) { return !b ? (T)-1 : b == (T)-1 && (T)-1 < 1 ? (T)(0 - a) : (T)(a / b); } \
    static inline T rem_##S(T a, T b) { return !b ? a : b == (T)-1 && (T)-1 < 1 ? 0 : (T)(a % b); }
DEFINE_DIVISION(int16_t, s16)
DEFINE_DIVISION(uint16_t, u16)
DEFINE_DIVISION(int32_t, s32)
DEFINE_DIVISION(uint32_t, u32)
DEFINE_DIVISION(int64_t, s64)
DEFINE_DIVISION(uint64_t, u64)

/* Shifts by the width or more leave nothing but the sign. */
#define SHL(a, n) ((n) >= 8 * sizeof(a) ? 0 : (a) << (n))
#define SHR(a, n) ((n) >= 8 * sizeof(a) ? ((a) < 0 ? -1 : 0) : (a) >> (n))

/* The lowest bits of a, so many of them, in the place of those of b; what is past the width goes. */
#define FIELD(a, at, n) SHL(((n) >= 8 * sizeof(a) ? 0 : SHL(1 + 0 * (a), n)) - 1, at)
#define INSERT(a, b, at, n) (((b) & ~FIELD(a, at, n)) | (SHL(a, at) & FIELD(a, at, n)))

/* Float to integer holds at the ends of the range, NaN gives 0. */
static inline int64_t hold(float x, double low, double high, int64_t first, int64_t last) {
    if (x != x) return 0;
    return (double)x <= low ? first : (double)x >= high ? last : (int64_t)x;
}
#define TO_S32(x) hold(x, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX)
#define TO_U32(x) hold(x, 0, 0x1p32, 0, UINT32_MAX)
#define TO_S64(x) hold(x, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)

/* From which lane shfl.sync takes its value (PTX ISA 9.0, section 9.7.9.6). */
static inline int shuffle_source(int mode, uint32_t lane, uint32_t b, uint32_t c, int *inside) {
    uint32_t bval = b & 31, cval = c & 31, seg = c >> 8 & 31;
    int highest = (lane & seg) | (cval & ~seg), from = 0;
    if (mode == UP) from = (int)lane - (int)bval;
    if (mode == DOWN) from = lane + bval;
    if (mode == BFLY) from = lane ^ bval;
    if (mode == IDX) from = (lane & seg) | (bval & ~seg);
    *inside = mode == UP ? from >= highest : from <= highest;
    return *inside ? from : (int)lane;
}
