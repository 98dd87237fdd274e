/* The neighbour term's force, gathered for ranges of items (neighbour_force.py).

   Each item adds up the forces of its own neighbours, in the order of its row, so that two threads
   never write to the same item, and the result does not depend on the ranges. Blocks of pairs are
   first collected, then weighted in flat loops that compilers vectorise, then summed. No operation
   is contracted or reordered, so vectors of any width give the same bytes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

#ifdef _MSC_VER
#pragma fp_contract(off)
#endif

/* With GCC and glibc, the loader selects the code for the processor. Elsewhere, there is one copy
   for the basic instruction set. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

enum { BLOCK = 1024 };
/* Number of pairs that are weighted at once: 16 kB. */

#define LEAST_ATTRACTING 1e-12f
/* Smallest squared distance used in the attraction. */

typedef struct {
    int32_t item;
    float weight;
} Neighbour;

typedef struct {
    float x[BLOCK], y[BLOCK], z[BLOCK];
    float scale[BLOCK];
} Pairs;
/* Differences of positions, and the factor that makes a force of each difference. */

typedef struct {
    float a, b, near, limit;
} Kernel;
/* Constants of neighbour_loss.py. */

typedef struct {
    const float *position;      /* (n, d) */
    const int64_t *starts;      /* (n + 1,) */
    const Neighbour *neighbours; /* (starts[n],) */
    const int64_t *others;      /* (n, m) */
    const float *strength;      /* (n,) */
    float *force;               /* (n, d) */
    int64_t n, m;
    int d;
} Items;

/* Return x^exponent for a normal x > 0, with a relative error of about 1e-6. */
static inline float power(float x, float exponent)
{
    uint32_t bits, whole;
    float mantissa, result;
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
    log2 = log2 * f + (float)((int32_t)whole - 127);
    float y = exponent * log2;
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

/* Set the force on items first..last to the attraction of their neighbours. */
static void attract(const Items *items, int64_t first, int64_t last, Kernel kernel)
{
    Pairs p;
    const int d = items->d;
    int64_t filled = first, summed = first;
    memset(items->force + first * d, 0, (size_t)(last - first) * d * sizeof(float));
    for (int64_t k = items->starts[first]; k < items->starts[last];) {
        int64_t left = items->starts[last] - k;
        int count = left < BLOCK ? (int)left : BLOCK;
        for (int j = 0; j < count;) {
            while (items->starts[filled + 1] <= k + j)
                filled++;
            int64_t row = items->starts[filled + 1] - k;
            int end = row < count ? (int)row : count;
            const float *own = items->position + filled * d;
            const Neighbour *neighbour = items->neighbours + k;
            float x = own[0], y = own[1], z = d == 3 ? own[2] : 0.0f;
            for (; j < end; j++) {
                const float *other = items->position + (int64_t)neighbour[j].item * d;
                p.x[j] = other[0] - x;
                p.y[j] = other[1] - y;
                p.z[j] = d == 3 ? other[2] - z : 0.0f;
                p.scale[j] = neighbour[j].weight;
            }
        }
        weigh_attraction(&p, count, kernel);
        for (int j = 0; j < count;) {
            while (items->starts[summed + 1] <= k + j)
                summed++;
            int64_t row = items->starts[summed + 1] - k;
            int end = row < count ? (int)row : count;
            float *force = items->force + summed * d;
            float x = force[0], y = force[1], z = d == 3 ? force[2] : 0.0f;
            for (; j < end; j++) {
                x += p.scale[j] * p.x[j];
                y += p.scale[j] * p.y[j];
                z += p.scale[j] * p.z[j];
            }
            force[0] = x;
            force[1] = y;
            if (d == 3)
                force[2] = z;
        }
        k += count;
    }
}

/* Add the repulsion of the sampled items to the force on items first..last. Return 0, or -1 if
   a sampled item does not exist. */
static int repel(const Items *items, int64_t first, int64_t last, Kernel kernel)
{
    Pairs p;
    const int d = items->d, m = (int)items->m;
    const int64_t per_block = m ? BLOCK / m : last - first;
    for (int64_t begin = first; m && begin < last; begin += per_block) {
        int64_t end = begin + per_block < last ? begin + per_block : last;
        int j = 0;
        for (int64_t i = begin; i < end; i++) {
            const float *own = items->position + i * d;
            for (int s = 0; s < m; s++, j++) {
                int64_t sampled = items->others[i * m + s];
                if (sampled < 0 || sampled >= items->n)
                    return -1;
                const float *other = items->position + sampled * d;
                p.x[j] = own[0] - other[0];
                p.y[j] = own[1] - other[1];
                p.z[j] = d == 3 ? own[2] - other[2] : 0.0f;
            }
        }
        weigh_repulsion(&p, j, kernel);
        j = 0;
        for (int64_t i = begin; i < end; i++) {
            float x = 0.0f, y = 0.0f, z = 0.0f, share = items->strength[i] / (float)m;
            for (int s = 0; s < m; s++, j++) {
                x += p.x[j];
                y += p.y[j];
                z += p.z[j];
            }
            float *force = items->force + i * d;
            force[0] += share * x;
            force[1] += share * y;
            if (d == 3)
                force[2] += share * z;
        }
    }
    return 0;
}

/* Fill the rows. Return 0, or -1 if an end of an edge does not exist. */
static int fill_rows(const int64_t *head, const int64_t *tail, const float *weight, int64_t edges,
                     int64_t *starts, Neighbour *neighbours, int64_t n)
{
    memset(starts, 0, (size_t)(n + 1) * sizeof *starts);
    for (int64_t e = 0; e < edges; e++) {
        if (head[e] < 0 || head[e] >= n || tail[e] < 0 || tail[e] >= n)
            return -1;
        starts[head[e] + 1]++;
        starts[tail[e] + 1]++;
    }
    for (int64_t i = 0; i < n; i++)
        starts[i + 1] += starts[i];
    /* While the rows are filled, starts[i] is the next free place of row i. */
    for (int64_t e = 0; e < edges; e++) {
        Neighbour *of_head = neighbours + starts[head[e]]++;
        of_head->item = (int32_t)tail[e];
        of_head->weight = weight[e];
        Neighbour *of_tail = neighbours + starts[tail[e]]++;
        of_tail->item = (int32_t)head[e];
        of_tail->weight = weight[e];
    }
    memmove(starts + 1, starts, (size_t)n * sizeof *starts);
    starts[0] = 0;
    return 0;
}

static void release(Py_buffer *buffers, int count)
{
    for (int k = 0; k < count; k++)
        PyBuffer_Release(&buffers[k]);
}

static PyObject *fill(PyObject *module, PyObject *arguments)
{
    Py_buffer b[5];
    int status = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*w*w*", &b[0], &b[1], &b[2], &b[3], &b[4]))
        return NULL;
    int64_t edges = b[0].len / 8, n = b[3].len / 8 - 1;
    if (b[0].len != 8 * edges || b[1].len != 8 * edges || b[2].len != 4 * edges ||
        b[3].len != 8 * (n + 1) || b[4].len != 16 * edges || n < 0 || n > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "sizes of edges and rows do not match");
        status = -1;
    } else {
        Py_BEGIN_ALLOW_THREADS
        status = fill_rows(b[0].buf, b[1].buf, b[2].buf, edges, b[3].buf, b[4].buf, n);
        Py_END_ALLOW_THREADS
        if (status)
            PyErr_SetString(PyExc_ValueError, "an edge has an end that is no item");
    }
    release(b, 5);
    if (status)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *force(PyObject *module, PyObject *arguments)
{
    Py_buffer b[6];
    Kernel kernel;
    Py_ssize_t first, last;
    int status = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*w*nn(ffff)", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &b[5], &first, &last, &kernel.a, &kernel.b, &kernel.near, &kernel.limit))
        return NULL;
    int64_t n = b[1].len / 8 - 1, d = n > 0 ? b[0].len / (4 * n) : 0;
    int64_t m = n > 0 ? b[3].len / (8 * n) : 0;
    const int64_t *starts = b[1].buf;
    if (n < 1 || (d != 2 && d != 3) || m > BLOCK || b[0].len != 4 * n * d ||
        b[1].len != 8 * (n + 1) || b[2].len != 8 * starts[n] || b[3].len != 8 * n * m ||
        b[4].len != 4 * n || b[5].len != 4 * n * d || first < 0 || last < first || last > n) {
        PyErr_SetString(PyExc_ValueError, "sizes of items, rows and range do not match");
        status = -1;
    } else {
        Items items = {b[0].buf, starts, b[2].buf, b[3].buf, b[4].buf, b[5].buf, n, m, (int)d};
        Py_BEGIN_ALLOW_THREADS
        attract(&items, first, last, kernel);
        status = repel(&items, first, last, kernel);
        Py_END_ALLOW_THREADS
        if (status)
            PyErr_SetString(PyExc_ValueError, "a sampled item does not exist");
    }
    release(b, 6);
    if (status)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"fill", fill, METH_VARARGS, "Fill rows of neighbours from edges."},
    {"force", force, METH_VARARGS, "Set the force on a range of items."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_gather", "Forces of the neighbour term.", 0, methods, slots, NULL,
    NULL, NULL,
};

PyMODINIT_FUNC PyInit__gather(void)
{
    return PyModuleDef_Init(&definition);
}
