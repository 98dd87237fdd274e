/* The force and the loss of the neighbour term (layout/graph_rows.py).

   Each item adds up the forces of its own neighbours, in the order of its row, so that two threads
   never write to the same item. Blocks of pairs are first collected, then weighted in flat loops
   that compilers vectorise, then summed. */

#include "kernels.h"

enum { BLOCK = 1024 };
/* Number of pairs that are weighted at once: 16 kB. */

#define LEAST_ATTRACTING 1e-12f
/* Smallest squared distance used in the attraction and in the losses. */

typedef struct {
    float x[BLOCK], y[BLOCK], z[BLOCK];
    float scale[BLOCK];
} Pairs;
/* Differences of positions, and the factor that makes a force of each difference. */

/* Multiply the scales, which hold the weights of edges, by the attraction per unit of distance. */
FOR_EACH_PROCESSOR
static void weigh_attraction(Pairs *p, int count, Kernel kernel)
{
    for (int k = 0; k < count; k++) {
        float d2 = p->x[k] * p->x[k] + p->y[k] * p->y[k] + p->z[k] * p->z[k];
        d2 = d2 > LEAST_ATTRACTING ? d2 : LEAST_ATTRACTING;
        float q = power(d2, kernel.b);
        p->scale[k] *= 2.0f * kernel.a * kernel.b * q / (d2 * (1.0f + kernel.a * q));
    }
}

static inline float limited(float force, float limit)
{
    force = force < -limit ? -limit : force;
    return force > limit ? limit : force;
}

/* Replace the differences by the limited repulsion of each pair. */
FOR_EACH_PROCESSOR
static void weigh_repulsion(Pairs *p, int count, Kernel kernel)
{
    for (int k = 0; k < count; k++) {
        float d2 = p->x[k] * p->x[k] + p->y[k] * p->y[k] + p->z[k] * p->z[k];
        d2 = d2 > kernel.near ? d2 : kernel.near;
        float scale = 2.0f * kernel.b / (d2 * (1.0f + kernel.a * power(d2, kernel.b)));
        p->x[k] = limited(scale * p->x[k], kernel.limit);
        p->y[k] = limited(scale * p->y[k], kernel.limit);
        p->z[k] = limited(scale * p->z[k], kernel.limit);
    }
}

/* Collect `count` neighbours from entry k on. `row` is the row of entry k or an earlier row. Return the
   row of the last entry. */
static int64_t collect_neighbours(const Rows *rows, const float *position, int64_t k, int count,
                                  int64_t row, int d, Pairs *p)
{
    for (int j = 0; j < count;) {
        while (rows->starts[row + 1] <= k + j)
            row++;
        int64_t left = rows->starts[row + 1] - k;
        int end = left < count ? (int)left : count;
        const float *own = position + row * d;
        float x = own[0], y = own[1], z = d == 3 ? own[2] : 0.0f;
        for (; j < end; j++) {
            const float *other = position + (int64_t)rows->others[k + j] * d;
            p->x[j] = other[0] - x;
            p->y[j] = other[1] - y;
            p->z[j] = d == 3 ? other[2] - z : 0.0f;
        }
    }
    memcpy(p->scale, rows->weights + k, (size_t)count * sizeof(float));
    return row;
}

/* Collect the sampled items of the items begin..end. Return their number, or -1 if a sampled item
   does not exist. */
static int collect_samples(const Samples *samples, int64_t begin, int64_t end, Pairs *p)
{
    const int d = samples->d, m = (int)samples->m;
    int j = 0;
    for (int64_t i = begin; i < end; i++) {
        const float *own = samples->position + i * d;
        for (int s = 0; s < m; s++, j++) {
            int64_t sampled = samples->others[i * m + s];
            if (sampled < 0 || sampled >= samples->n)
                return -1;
            const float *other = samples->position + sampled * d;
            p->x[j] = own[0] - other[0];
            p->y[j] = own[1] - other[1];
            p->z[j] = d == 3 ? own[2] - other[2] : 0.0f;
        }
    }
    return j;
}

/* Return the number of entries that are treated at once, up to entry `last`. */
static int block(int64_t k, int64_t last)
{
    return last - k < BLOCK ? (int)(last - k) : BLOCK;
}

/* Set the force on the items of the rows first..last to the attraction of their neighbours. */
void attract_rows(const Rows *rows, const float *position, const int32_t *item, float *force,
                  int64_t first, int64_t last, int d, Kernel kernel)
{
    Pairs p;
    int64_t filled = first, summed = first;
    float sum[3] = {0.0f, 0.0f, 0.0f};
    for (int64_t k = rows->starts[first]; k < rows->starts[last];) {
        int count = block(k, rows->starts[last]);
        filled = collect_neighbours(rows, position, k, count, filled, d, &p);
        weigh_attraction(&p, count, kernel);
        for (int j = 0; j < count;) {
            for (; rows->starts[summed + 1] <= k + j; summed++) {
                memcpy(force + (int64_t)item[summed] * d, sum, d * sizeof(float));
                sum[0] = sum[1] = sum[2] = 0.0f;
            }
            int64_t row = rows->starts[summed + 1] - k;
            int end = row < count ? (int)row : count;
            float x = sum[0], y = sum[1], z = sum[2];
            for (; j < end; j++) {
                x += p.scale[j] * p.x[j];
                y += p.scale[j] * p.y[j];
                z += p.scale[j] * p.z[j];
            }
            sum[0] = x;
            sum[1] = y;
            sum[2] = z;
        }
        k += count;
    }
    for (; summed < last; summed++) {
        memcpy(force + (int64_t)item[summed] * d, sum, d * sizeof(float));
        sum[0] = sum[1] = sum[2] = 0.0f;
    }
}

/* Add the repulsion of the sampled items to the force on the items first..last. Return 0, or -1 if a
   sampled item does not exist. */
int repel_items(const Samples *samples, float *force, int64_t first, int64_t last, Kernel kernel)
{
    Pairs p;
    const int d = samples->d, m = (int)samples->m;
    const int64_t per_block = m ? BLOCK / m : last - first;
    for (int64_t begin = first; m && begin < last; begin += per_block) {
        int64_t end = begin + per_block < last ? begin + per_block : last;
        int j = collect_samples(samples, begin, end, &p);
        if (j < 0)
            return -1;
        weigh_repulsion(&p, j, kernel);
        j = 0;
        for (int64_t i = begin; i < end; i++) {
            float x = 0.0f, y = 0.0f, z = 0.0f, share = samples->strength[i] / (float)m;
            for (int s = 0; s < m; s++, j++) {
                x += p.x[j];
                y += p.y[j];
                z += p.z[j];
            }
            force[i * d] += share * x;
            force[i * d + 1] += share * y;
            if (d == 3)
                force[i * d + 2] += share * z;
        }
    }
    return 0;
}

/* Replace the differences along x by the loss per unit of weight: of the attraction, or of the
   repulsion. */
FOR_EACH_PROCESSOR
static void weigh_losses(Pairs *p, int count, Kernel kernel, int repels)
{
    const float ln2 = 0.6931471805599453f;
    for (int k = 0; k < count; k++) {
        float d2 = p->x[k] * p->x[k] + p->y[k] * p->y[k] + p->z[k] * p->z[k];
        d2 = d2 > LEAST_ATTRACTING ? d2 : LEAST_ATTRACTING;
        float q = kernel.a * power(d2, kernel.b);
        p->x[k] = ln2 * log2_of(repels ? (1.0f + q) / q : 1.0f + q);
    }
}

/* Set the losses of the items of the rows first..last to the attraction of their neighbours. Each
   edge is in the losses of both ends. */
void attraction_of_rows(const Rows *rows, const float *position, const int32_t *item, float *loss,
                        int64_t first, int64_t last, int d, Kernel kernel)
{
    Pairs p;
    int64_t filled = first, summed = first;
    float sum = 0.0f;
    for (int64_t k = rows->starts[first]; k < rows->starts[last];) {
        int count = block(k, rows->starts[last]);
        filled = collect_neighbours(rows, position, k, count, filled, d, &p);
        weigh_losses(&p, count, kernel, 0);
        for (int j = 0; j < count; j++) {
            for (; rows->starts[summed + 1] <= k + j; summed++) {
                loss[item[summed]] = sum;
                sum = 0.0f;
            }
            sum += p.scale[j] * p.x[j];
        }
        k += count;
    }
    for (; summed < last; summed++) {
        loss[item[summed]] = sum;
        sum = 0.0f;
    }
}

/* Set the losses of the items first..last to the repulsion of the sampled items. Return 0, or -1 if a
   sampled item does not exist. */
int repulsion_of_items(const Samples *samples, float *loss, int64_t first, int64_t last,
                       Kernel kernel)
{
    Pairs p;
    const int m = (int)samples->m;
    const int64_t per_block = m ? BLOCK / m : last - first;
    memset(loss + first, 0, (size_t)(last - first) * sizeof(float));
    for (int64_t begin = first; m && begin < last; begin += per_block) {
        int64_t end = begin + per_block < last ? begin + per_block : last;
        int j = collect_samples(samples, begin, end, &p);
        if (j < 0)
            return -1;
        weigh_losses(&p, j, kernel, 1);
        j = 0;
        for (int64_t i = begin; i < end; i++) {
            float sum = 0.0f;
            for (int s = 0; s < m; s++, j++)
                sum += p.x[j];
            loss[i] = samples->strength[i] / (float)m * sum;
        }
    }
    return 0;
}
