/* Rows of neighbours in compressed form, their weights, and products with the matrix of a graph
   (layout/graph_rows.py).

   The entries of a row are in the order of the edges, whatever the numbers of the rows. Sums over a
   row therefore do not depend on these numbers. */

#include "kernels.h"

/* Fill the rows of a graph. `number` has the row of each item. Return 0, or -1 if an end of an edge
   does not exist. */
int fill_rows(const int64_t *head, const int64_t *tail, const float *weight, int64_t edges,
              const int32_t *number, int64_t *starts, int32_t *others, float *weights, int64_t n)
{
    memset(starts, 0, (size_t)(n + 1) * sizeof *starts);
    for (int64_t e = 0; e < edges; e++) {
        if (head[e] < 0 || head[e] >= n || tail[e] < 0 || tail[e] >= n)
            return -1;
        starts[number[head[e]] + 1]++;
        starts[number[tail[e]] + 1]++;
    }
    for (int64_t i = 0; i < n; i++)
        starts[i + 1] += starts[i];
    /* While the rows are filled, starts[i] is the next free place of row i. */
    for (int64_t e = 0; e < edges; e++) {
        int32_t one = number[head[e]], other = number[tail[e]];
        int64_t at = starts[one]++;
        others[at] = other;
        weights[at] = weight[e];
        at = starts[other]++;
        others[at] = one;
        weights[at] = weight[e];
    }
    memmove(starts + 1, starts, (size_t)n * sizeof *starts);
    starts[0] = 0;
    return 0;
}

enum { AHEAD = 8, LANES = 8 };
/* Number of entries between the loading of a row and its use, and number of values in Lanes. */

/* Values that are added and multiplied together. GCC does not vectorise all loops with them. */
#if defined(__GNUC__)
typedef float Lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#define ADD_PRODUCT(sum, value, from) ((sum) += (value) * *(const Lanes *)(from))
#define ADD_PRODUCTS(sum, one, other) ((sum) += *(const Lanes *)(one) * *(const Lanes *)(other))
#define SET_PRODUCT(to, value, sum) (*(Lanes *)(to) = (value) * (sum))
#else
typedef struct {
    float of[LANES];
} Lanes;
#define ADD_PRODUCT(sum, value, from) \
    for (int lane = 0; lane < LANES; lane++) \
        (sum).of[lane] += (value) * (from)[lane]
#define ADD_PRODUCTS(sum, one, other) \
    for (int lane = 0; lane < LANES; lane++) \
        (sum).of[lane] += (one)[lane] * (other)[lane]
#define SET_PRODUCT(to, value, sum) \
    for (int lane = 0; lane < LANES; lane++) \
        (to)[lane] = (value) * (sum).of[lane]
#endif

/* Return w ((1 - s) + s max(least, a)^g) for a = the sum of 8 values, with `agreement` = (s, least,
   g). */
static inline float agreeing(float weight, const float *sums, const float *agreement)
{
    float agreed = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
                   ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    agreed = agreed > agreement[1] ? agreed : agreement[1];
    if (agreement[2] != 1.0f)
        agreed = power(agreed, agreement[2]);
    return weight * ((1.0f - agreement[0]) + agreement[0] * agreed);
}

/* Set the weights of the entries of the rows first..last. `probabilities` (n, classes) are in the
   order of the rows, and `classes` is a multiple of 8. */
FOR_EACH_PROCESSOR
void agree_rows(const Rows *rows, const float *probabilities, int classes, const float *agreement,
                float *result, int64_t first, int64_t last)
{
    const int64_t end = rows->starts[rows->n] - AHEAD;
    for (int64_t row = first; row < last; row++) {
        const float *own = probabilities + row * classes;
        for (int64_t k = rows->starts[row]; k < rows->starts[row + 1]; k++) {
            const float *other = probabilities + (int64_t)rows->others[k] * classes;
            Lanes sum;
            float sums[LANES];
            if (k < end)
                LOAD_SOON(probabilities + (int64_t)rows->others[k + AHEAD] * classes);
            memset(&sum, 0, sizeof sum);
            for (int c = 0; c < classes; c += LANES)
                ADD_PRODUCTS(sum, own + c, other + c);
            memcpy(sums, &sum, sizeof sums);
            result[k] = agreeing(rows->weights[k], sums, agreement);
        }
    }
}

/* Set the weights of the edges first..last. Return 0, or -1 if an end of an edge does not exist. */
int agree_edges(const int64_t *head, const int64_t *tail, const float *weight,
                const float *probabilities, int classes, const float *agreement, float *result,
                int64_t first, int64_t last, int64_t n)
{
    for (int64_t e = first; e < last; e++) {
        if (head[e] < 0 || head[e] >= n || tail[e] < 0 || tail[e] >= n)
            return -1;
        const float *p = probabilities + head[e] * classes, *q = probabilities + tail[e] * classes;
        float sums[LANES] = {0.0f};
        for (int c = 0; c < classes; c++)
            sums[c % LANES] += p[c] * q[c];
        result[e] = agreeing(weight[e], sums, agreement);
    }
    return 0;
}

/* Set 8 `blocks` columns of one row of the product. `blocks` is a constant. */
static inline void multiply_row(const Rows *rows, const float *scale, const float *x,
                                int64_t stride, float factor, float *result, int64_t row,
                                int blocks)
{
    Lanes sums[4];
    memset(sums, 0, sizeof sums);
    const int64_t end = rows->starts[rows->n] - AHEAD;
    for (int64_t k = rows->starts[row]; k < rows->starts[row + 1]; k++) {
        const int64_t other = rows->others[k];
        if (k < end) {
            const float *soon = x + (int64_t)rows->others[k + AHEAD] * stride;
            LOAD_SOON(soon);
            if (blocks > 2)
                LOAD_SOON(soon + 16);
        }
        const float value = rows->weights[k] * scale[other], *from = x + other * stride;
        for (int block = 0; block < blocks; block++)
            ADD_PRODUCT(sums[block], value, from + LANES * block);
    }
    factor *= scale[row];
    for (int block = 0; block < blocks; block++)
        SET_PRODUCT(result + row * stride + LANES * block, factor, sums[block]);
}

/* Set the rows first..last of the result (n, width) to `factor` times the product of the matrix with
   x (n, width). An entry of the matrix is the weight times the scales of both rows. `width` is a
   multiple of 8. */
FOR_EACH_PROCESSOR
void multiply_rows(const Rows *rows, const float *scale, const float *x, int width, float factor,
                   float *result, int64_t first, int64_t last)
{
    for (int64_t row = first; row < last; row++) {
        int w = 0;
        for (; w + 4 * LANES <= width; w += 4 * LANES)
            multiply_row(rows, scale, x + w, width, factor, result + w, row, 4);
        if (width - w == 3 * LANES) {
            multiply_row(rows, scale, x + w, width, factor, result + w, row, 3);
            continue;
        }
        for (; w + 2 * LANES <= width; w += 2 * LANES)
            multiply_row(rows, scale, x + w, width, factor, result + w, row, 2);
        if (w < width)
            multiply_row(rows, scale, x + w, width, factor, result + w, row, 1);
    }
}
