/* Shared parts of the compiled code, and the functions that module.c makes callable from Python.

   All arrays are in row-major order. Functions treat a range of items, so that threads can share the
   work. No operation is contracted or reordered, so vectors of any width give the same bytes, and
   the ranges do not change the result. */

#ifndef LODESPACE_KERNELS_H
#define LODESPACE_KERNELS_H

#include <stdint.h>
#include <string.h>

/* RESTRICT: no other pointer refers to the same array. */
#ifdef _MSC_VER
#pragma fp_contract(off)
#define RESTRICT __restrict
#else
#define RESTRICT restrict
#endif

/* With GCC and glibc, the loader selects the code for the processor. Elsewhere, there is one copy
   for the basic instruction set. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

/* Ask the processor to load a cache line that is needed soon. */
#if defined(__GNUC__)
#define LOAD_SOON(address) __builtin_prefetch(address)
#else
#define LOAD_SOON(address) ((void)(address))
#endif

enum { SUMMED = 1 << 13 };
/* Number of items whose sum is one entry of an array of sums (BLOCK in loaded.py). */

typedef struct {
    float a, b, near, limit;
} Kernel;
/* Constants of layout/neighbour_loss.py. */

typedef struct {
    const int64_t *starts; /* (n + 1,) */
    const int32_t *others; /* (starts[n],) numbers of rows */
    const float *weights;  /* (starts[n],) */
    int64_t n;
} Rows;
/* Rows of neighbours. A row has one item, and rows have numbers of their own. */

typedef struct {
    const float *position; /* (n, d) */
    const int64_t *others; /* (n, m) numbers of items */
    const float *strength; /* (n,) */
    int64_t n, m;
    int d;
} Samples;
/* Sampled items that repel each item. */

/* Return log2(x) for a normal x > 0, with an absolute error of about 1e-7. */
static inline float log2_of(float x)
{
    uint32_t bits, whole;
    float mantissa;
    memcpy(&bits, &x, sizeof bits);
    /* x = mantissa * 2^(whole - 127), with the mantissa between sqrt(1/2) and sqrt(2). */
    whole = (bits - 0x3f3504f3u + 0x3f800000u) >> 23;
    bits -= (whole << 23) - 0x3f800000u;
    memcpy(&mantissa, &bits, sizeof mantissa);
    float f = mantissa - 1.0f;
    float log2 = 0.1292642056941986f;
    log2 = log2 * f - 0.2089337706565857f;
    log2 = log2 * f + 0.21521227061748505f;
    log2 = log2 * f - 0.23867568373680115f;
    log2 = log2 * f + 0.2879391014575958f;
    log2 = log2 * f - 0.3607162535190582f;
    log2 = log2 * f + 0.4809102714061737f;
    log2 = log2 * f - 0.7213472127914429f;
    log2 = log2 * f + 1.4426950216293335f;
    return log2 * f + (float)((int32_t)whole - 127);
}

/* Return x^exponent for a normal x > 0, with a relative error of about 1e-6. */
static inline float power(float x, float exponent)
{
    uint32_t bits;
    float result, y = exponent * log2_of(x);
    int32_t rounded = (int32_t)(y + 127.5f);
    float r = y - (float)(rounded - 127);
    float exp2 = 0.00015478022396564484f;
    exp2 = exp2 * r + 0.001340043148957193f;
    exp2 = exp2 * r + 0.009617994539439678f;
    exp2 = exp2 * r + 0.05550327152013779f;
    exp2 = exp2 * r + 0.24022652208805084f;
    exp2 = exp2 * r + 0.6931471824645996f;
    exp2 = exp2 * r + 1.0f;
    bits = (uint32_t)rounded << 23;
    memcpy(&result, &bits, sizeof result);
    return result * exp2;
}

/* forces.c. Attraction is computed per row, of positions in the order of the rows; `item` has the item
   of each row. Repulsion is added per item. */
void attract_rows(const Rows *rows, const float *position, const int32_t *item, float *force,
                  int64_t first, int64_t last, int d, Kernel kernel);
int repel_items(const Samples *samples, float *force, int64_t first, int64_t last, Kernel kernel);
void attraction_of_rows(const Rows *rows, const float *position, const int32_t *item, float *loss,
                        int64_t first, int64_t last, int d, Kernel kernel);
int repulsion_of_items(const Samples *samples, float *loss, int64_t first, int64_t last,
                       Kernel kernel);

/* rows.c */
int fill_rows(const int64_t *head, const int64_t *tail, const float *weight, int64_t edges,
              const int32_t *number, int64_t *starts, int32_t *others, float *weights, int64_t n);
void agree_rows(const Rows *rows, const float *probabilities, int classes, const float *agreement,
                float *result, int64_t first, int64_t last);
int agree_edges(const int64_t *head, const int64_t *tail, const float *weight,
                const float *probabilities, int classes, const float *agreement, float *result,
                int64_t first, int64_t last, int64_t n);
void multiply_rows(const Rows *rows, const float *scale, const float *x, int width, float factor,
                   float *result, int64_t first, int64_t last);

/* motion.c */
void move_items(const float *position, const float *target, const float *stiffness,
                const float *force, float *moved, double *sums, int64_t first, int64_t last, int d,
                const float *step);
void sum_products(const float *p, const float *q, double *sums, int64_t first, int64_t last, int d);
void step_items(const float *p, const float *q, const float *map, float *step, float *length,
                int64_t first, int64_t last, int d);
void advance_items(const float *q, const float *step, const float *length, float *shown,
                   int64_t first, int64_t last, int d, const float *limits);

#endif
