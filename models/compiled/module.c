/* The Python module of the compiled code. loaded.py and its users pass contiguous arrays; _code.pyi
   has their types. Sizes are checked here, so that a mistake cannot write outside an array. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

#include <stdlib.h>

static void release(Py_buffer *buffers, int count)
{
    for (int k = 0; k < count; k++)
        PyBuffer_Release(&buffers[k]);
}

/* Release the buffers. Return None, or raise ValueError with `error` if there is one. */
static PyObject *finished(Py_buffer *buffers, int count, const char *error)
{
    release(buffers, count);
    if (error != NULL) {
        PyErr_SetString(PyExc_ValueError, error);
        return NULL;
    }
    Py_RETURN_NONE;
}

static const char SIZES[] = "the sizes of the arrays, or of the range, do not match";
static const char SAMPLE[] = "a sampled item does not exist";
static const char EDGE[] = "an edge has an end that is no item";

/* Return the number of blocks of n items: the number of entries in an array of sums. */
static int64_t blocks_of(int64_t n)
{
    return (n + SUMMED - 1) / SUMMED;
}

/* Return whether the items first..last of n are whole blocks. */
static int whole_blocks(int64_t first, int64_t last, int64_t n)
{
    return first >= 0 && first <= last && last <= n && first % SUMMED == 0 &&
           (last % SUMMED == 0 || last == n);
}

/* Return the number of dimensions of n points in an array; 0 if there is no such number. */
static int dimensions(const Py_buffer *points, int64_t n)
{
    int64_t d = n > 0 ? points->len / (4 * n) : 0;
    return d >= 1 && d <= 3 && points->len == 4 * n * d ? (int)d : 0;
}

/* Return whether the n numbers are a permutation of 0..n - 1: whether all of them are different. */
static int is_permutation(const int32_t *numbers, int64_t n)
{
    unsigned char *seen = n > 0 && n <= INT32_MAX ? calloc((size_t)n, 1) : NULL;
    int64_t count = 0;
    if (seen == NULL)
        return n == 0;
    for (int64_t i = 0; i < n && numbers[i] >= 0 && numbers[i] < n; i++)
        count += !seen[numbers[i]]++;
    free(seen);
    return count == n;
}

static PyObject *fill(PyObject *module, PyObject *arguments)
{
    Py_buffer b[7];
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*w*w*", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
                          &b[6]))
        return NULL;
    int64_t edges = b[0].len / 8, n = b[3].len / 4;
    if (b[0].len != 8 * edges || b[1].len != 8 * edges || b[2].len != 4 * edges ||
        b[3].len != 4 * n || !is_permutation(b[3].buf, n) || b[4].len != 8 * (n + 1) ||
        b[5].len != 8 * edges || b[6].len != 8 * edges) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        if (fill_rows(b[0].buf, b[1].buf, b[2].buf, edges, b[3].buf, b[4].buf, b[5].buf, b[6].buf,
                      n))
            error = EDGE;
        Py_END_ALLOW_THREADS
    }
    return finished(b, 7, error);
}

/* Take over rows: starts, others, weights. Return 0, or -1 if sizes do not match. */
static int rows_of(const Py_buffer *b, Py_ssize_t first, Py_ssize_t last, Rows *rows)
{
    const int64_t *starts = b[0].buf;
    int64_t n = b[0].len / 8 - 1;
    if (n < 1 || b[0].len != 8 * (n + 1) || b[1].len != 4 * starts[n] ||
        b[2].len != b[1].len || first < 0 || last < first || last > n)
        return -1;
    *rows = (Rows){starts, b[1].buf, b[2].buf, n};
    return 0;
}

/* Parse the arguments of `attract` or `attraction`, and call it. `loss` is whether the result has one
   value per item. */
static PyObject *of_rows(PyObject *arguments, int loss)
{
    Py_buffer b[6];
    Kernel kernel;
    Rows rows;
    Py_ssize_t first, last;
    const char *error = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*w*nn(ffff)", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &b[5], &first, &last, &kernel.a, &kernel.b, &kernel.near, &kernel.limit))
        return NULL;
    int d = 0;
    if (rows_of(b, first, last, &rows) || (d = dimensions(&b[3], rows.n)) < 2 ||
        b[4].len != 4 * rows.n || b[5].len != 4 * rows.n * (loss ? 1 : d)) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        if (loss)
            attraction_of_rows(&rows, b[3].buf, b[4].buf, b[5].buf, first, last, d, kernel);
        else
            attract_rows(&rows, b[3].buf, b[4].buf, b[5].buf, first, last, d, kernel);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 6, error);
}

static PyObject *attract(PyObject *module, PyObject *arguments)
{
    (void)module;
    return of_rows(arguments, 0);
}

static PyObject *attraction(PyObject *module, PyObject *arguments)
{
    (void)module;
    return of_rows(arguments, 1);
}

/* Parse the arguments of `repel` or `repulsion`, and call it. */
static PyObject *of_samples(PyObject *arguments, int loss)
{
    Py_buffer b[4];
    Kernel kernel;
    Py_ssize_t first, last;
    const char *error = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*y*w*nn(ffff)", &b[0], &b[1], &b[2], &b[3], &first, &last,
                          &kernel.a, &kernel.b, &kernel.near, &kernel.limit))
        return NULL;
    int64_t n = b[2].len / 4, m = n > 0 ? b[1].len / (8 * n) : 0;
    int d = dimensions(&b[0], n);
    if (d < 2 || m > 1024 || b[1].len != 8 * n * m || b[2].len != 4 * n ||
        b[3].len != 4 * n * (loss ? 1 : d) || first < 0 || last < first || last > n) {
        error = SIZES;
    } else {
        Samples samples = {b[0].buf, b[1].buf, b[2].buf, n, m, d};
        int status;
        Py_BEGIN_ALLOW_THREADS
        if (loss)
            status = repulsion_of_items(&samples, b[3].buf, first, last, kernel);
        else
            status = repel_items(&samples, b[3].buf, first, last, kernel);
        Py_END_ALLOW_THREADS
        if (status)
            error = SAMPLE;
    }
    return finished(b, 4, error);
}

static PyObject *repel(PyObject *module, PyObject *arguments)
{
    (void)module;
    return of_samples(arguments, 0);
}

static PyObject *repulsion(PyObject *module, PyObject *arguments)
{
    (void)module;
    return of_samples(arguments, 1);
}

static PyObject *agree(PyObject *module, PyObject *arguments)
{
    Py_buffer b[5];
    Rows rows;
    Py_ssize_t first, last;
    int classes;
    float agreement[3];
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*nni(fff)", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &first, &last, &classes, &agreement[0], &agreement[1], &agreement[2]))
        return NULL;
    if (classes < 1 || classes % 8 || rows_of(b, first, last, &rows) || b[3].len != 4 * rows.n * classes ||
        b[4].len != b[2].len) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        agree_rows(&rows, b[3].buf, classes, agreement, b[4].buf, first, last);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 5, error);
}

static PyObject *weigh(PyObject *module, PyObject *arguments)
{
    Py_buffer b[5];
    Py_ssize_t first, last;
    int classes;
    float agreement[3];
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*nni(fff)", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &first, &last, &classes, &agreement[0], &agreement[1], &agreement[2]))
        return NULL;
    int64_t edges = b[2].len / 4, n = classes > 0 ? b[3].len / (4 * (int64_t)classes) : 0;
    if (n < 1 || b[0].len != 8 * edges || b[1].len != 8 * edges || b[2].len != 4 * edges ||
        b[3].len != 4 * n * classes || b[4].len != 4 * edges || first < 0 || last < first ||
        last > edges) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        if (agree_edges(b[0].buf, b[1].buf, b[2].buf, b[3].buf, classes, agreement, b[4].buf, first,
                        last, n))
            error = EDGE;
        Py_END_ALLOW_THREADS
    }
    return finished(b, 5, error);
}

static PyObject *multiply(PyObject *module, PyObject *arguments)
{
    Py_buffer b[6];
    Rows rows;
    Py_ssize_t first, last;
    float factor;
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*y*w*nnf", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
                          &first, &last, &factor))
        return NULL;
    int status = rows_of(b, first, last, &rows);
    int64_t width = status ? 0 : b[4].len / (4 * rows.n);
    if (width < 1 || width % 8 || width > INT32_MAX || b[3].len != 4 * rows.n ||
        b[4].len != 4 * rows.n * width || b[5].len != b[4].len) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        multiply_rows(&rows, b[3].buf, b[4].buf, (int)width, factor, b[5].buf, first, last);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 6, error);
}

static PyObject *move(PyObject *module, PyObject *arguments)
{
    Py_buffer b[6];
    Py_ssize_t first, last;
    float step[4];
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*w*nn(ffff)", &b[0], &b[1], &b[2], &b[3], &b[4],
                          &b[5], &first, &last, &step[0], &step[1], &step[2], &step[3]))
        return NULL;
    int64_t n = b[2].len / 4;
    int d = dimensions(&b[0], n);
    if (d == 0 || b[2].len != 4 * n || b[1].len != b[0].len || b[3].len != b[0].len ||
        b[4].len != b[0].len || b[5].len != 8 * blocks_of(n) * 2 * d ||
        !whole_blocks(first, last, n)) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        move_items(b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf, first, last, d, step);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 6, error);
}

static PyObject *products(PyObject *module, PyObject *arguments)
{
    Py_buffer b[3];
    Py_ssize_t first, last, n;
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*w*nnn", &b[0], &b[1], &b[2], &n, &first, &last))
        return NULL;
    int d = dimensions(&b[0], n);
    if (d == 0 || b[1].len != b[0].len || b[2].len != 8 * blocks_of(n) * d * (d + 3) ||
        !whole_blocks(first, last, n)) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        sum_products(b[0].buf, b[1].buf, b[2].buf, first, last, d);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 3, error);
}

static PyObject *steps(PyObject *module, PyObject *arguments)
{
    Py_buffer b[5];
    Py_ssize_t first, last;
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*w*w*nn", &b[0], &b[1], &b[2], &b[3], &b[4], &first,
                          &last))
        return NULL;
    int64_t n = b[4].len / 4;
    int d = dimensions(&b[0], n);
    if (d == 0 || b[1].len != b[0].len || b[2].len != 4 * (d * d + d + 1) ||
        b[3].len != b[0].len || b[4].len != 4 * n || first < 0 || last < first || last > n) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        step_items(b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, first, last, d);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 5, error);
}

static PyObject *advance(PyObject *module, PyObject *arguments)
{
    Py_buffer b[4];
    Py_ssize_t first, last;
    float limits[3];
    const char *error = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*y*w*nn(fff)", &b[0], &b[1], &b[2], &b[3], &first, &last,
                          &limits[0], &limits[1], &limits[2]))
        return NULL;
    int64_t n = b[2].len / 4;
    int d = dimensions(&b[0], n);
    if (d == 0 || b[2].len != 4 * n || b[1].len != b[0].len || b[3].len != b[0].len || first < 0 ||
        last < first || last > n) {
        error = SIZES;
    } else {
        Py_BEGIN_ALLOW_THREADS
        advance_items(b[0].buf, b[1].buf, b[2].buf, b[3].buf, first, last, d, limits);
        Py_END_ALLOW_THREADS
    }
    return finished(b, 4, error);
}

static PyMethodDef methods[] = {
    {"fill", fill, METH_VARARGS, "Fill rows of neighbours from edges."},
    {"attract", attract, METH_VARARGS, "Set the forces of the neighbours of a range of rows."},
    {"attraction", attraction, METH_VARARGS, "Set the losses of a range of rows."},
    {"repel", repel, METH_VARARGS, "Add the forces of sampled items on a range of items."},
    {"repulsion", repulsion, METH_VARARGS, "Set the losses of sampled items of a range of items."},
    {"agree", agree, METH_VARARGS, "Set the weights of a range of rows."},
    {"weigh", weigh, METH_VARARGS, "Set the weights of a range of edges."},
    {"multiply", multiply, METH_VARARGS, "Multiply a range of rows by a matrix."},
    {"move", move, METH_VARARGS, "Move a range of items, and sum their coordinates."},
    {"products", products, METH_VARARGS, "Set the sums of products of a range of points."},
    {"steps", steps, METH_VARARGS, "Set the steps of a range of shown points."},
    {"advance", advance, METH_VARARGS, "Set a range of shown points."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_code", "Steps of the training for many items.", 0, methods, slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__code(void)
{
    return PyModuleDef_Init(&definition);
}
