/* Motion of items by their forces (layout/particles.py), and of the shown points
   (display/display.py). */

#include "kernels.h"

#include <math.h>

static inline float limited(float value, float limit)
{
    value = value < -limit ? -limit : value;
    return value > limit ? limit : value;
}

/* Move the items first..last by a linearly implicit step, and set the entries of `sums` (blocks, 2,
   d) to the sums of the new coordinates and of their squares. `first` begins a block of SUMMED items.
   `step` = (size of the step, weight of the force, weight of the anchors, limit of the motion). */
void move_items(const float *position, const float *target, const float *stiffness,
                const float *force, float *moved, double *sums, int64_t first, int64_t last, int d,
                const float *step)
{
    const float size = step[0], beta_force = step[1], beta_anchor = step[2], limit = step[3];
    for (int64_t from = first; from < last; from += SUMMED) {
        int64_t to = from + SUMMED < last ? from + SUMMED : last;
        double sum[3] = {0.0}, square[3] = {0.0};
        for (int64_t i = from; i < to; i++) {
            float anchor = beta_anchor * stiffness[i];
            for (int axis = 0; axis < d; axis++) {
                int64_t at = i * d + axis;
                float total = beta_force * force[at] + anchor * (target[at] - position[at]);
                float to_here = position[at] + limited(size * (total / (1.0f + size * anchor)), limit);
                moved[at] = to_here;
                sum[axis] += to_here;
                square[axis] += (double)to_here * to_here;
            }
        }
        double *own = sums + 2 * d * (from / SUMMED);
        memcpy(own, sum, d * sizeof(double));
        memcpy(own + d, square, d * sizeof(double));
    }
}

/* `d` is a constant, so that the compiler keeps the sums of a block in registers. */
static inline void sum_products_of(const float *p, const float *q, double *sums, int64_t first,
                                   int64_t last, const int d)
{
    for (int64_t from = first; from < last; from += SUMMED) {
        int64_t to = from + SUMMED < last ? from + SUMMED : last;
        double own[3 * 6] = {0.0};
        double *of_q = own + d, *products = own + 2 * d, *squares = products + d * d;
        for (int64_t i = from; i < to; i++) {
            for (int one = 0; one < d; one++) {
                double value = p[i * d + one], other = q[i * d + one];
                own[one] += value;
                of_q[one] += other;
                squares[one] += other * other;
                for (int two = 0; two < d; two++)
                    products[one * d + two] += value * (double)q[i * d + two];
            }
        }
        memcpy(sums + (from / SUMMED) * d * (d + 3), own, d * (d + 3) * sizeof(double));
    }
}

/* Set the entries of `sums` (blocks, d (d + 3)) for the items first..last to the sums of p, of q, of
   the products of p and q (d, d), and of the squares of q. `first` begins a block. */
void sum_products(const float *p, const float *q, double *sums, int64_t first, int64_t last, int d)
{
    if (d == 3)
        sum_products_of(p, q, sums, first, last, 3);
    else if (d == 2)
        sum_products_of(p, q, sums, first, last, 2);
    else
        sum_products_of(p, q, sums, first, last, 1);
}

/* `d` is a constant. */
static inline void step_items_of(const float *RESTRICT p, const float *RESTRICT q,
                                 const float *given, float *RESTRICT step, float *RESTRICT length,
                                 int64_t first, int64_t last, const int d)
{
    float map[3 * 3 + 3 + 1];
    memcpy(map, given, (d * d + d + 1) * sizeof *map);
    const float *t = map + d * d, shrunk = map[d * d + d];
    for (int64_t i = first; i < last; i++) {
        float square = 0.0f;
        for (int axis = 0; axis < d; axis++) {
            float value = t[axis] - shrunk * q[i * d + axis];
            for (int one = 0; one < d; one++)
                value += p[i * d + one] * map[one * d + axis];
            step[i * d + axis] = value;
            square += value * value;
        }
        length[i] = sqrtf(square);
    }
}

/* Set the steps (n, d) of the items first..last from q towards p, which is turned, moved and shrunk:
   step = p A + t - s q, with `map` = (A (d, d), t (d,), s). Set their lengths (n,). */
void step_items(const float *p, const float *q, const float *map, float *step, float *length,
                int64_t first, int64_t last, int d)
{
    if (d == 3)
        step_items_of(p, q, map, step, length, first, last, 3);
    else if (d == 2)
        step_items_of(p, q, map, step, length, first, last, 2);
    else
        step_items_of(p, q, map, step, length, first, last, 1);
}

/* Set the shown points of the items first..last to q + step min(1, pace min(slowed, fastest /
   length)), with `limits` = (fastest, slowed, pace). */
void advance_items(const float *q, const float *step, const float *length, float *shown,
                   int64_t first, int64_t last, int d, const float *limits)
{
    for (int64_t i = first; i < last; i++) {
        float limit = limits[0] / (length[i] > 1e-12f ? length[i] : 1e-12f);
        limit = limits[2] * (limit < limits[1] ? limit : limits[1]);
        limit = limit < 1.0f ? limit : 1.0f;
        for (int axis = 0; axis < d; axis++)
            shown[i * d + axis] = q[i * d + axis] + limit * step[i * d + axis];
    }
}
