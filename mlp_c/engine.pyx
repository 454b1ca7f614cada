"""Engine: the compiled arithmetic over a list of parameter arrays. Network and the lecture both stand on it.

A. Arguments that fit are used where they lie (`arguments`).
B. Memory. One block of work memory, made for the largest minibatch so far, serves all calls; only arrays that a call
   returns are new.
C. Threads. The GIL is released where the work outweighs the release. `busy` then keeps a second thread out. How many
   threads a large product may take is asked anew at every call.
D. Aliases. Parameters that share memory with each other are trained by the plain loops, one array after the other;
   inputs that share memory with parameters are copied first. So a call gives what its formulas say.
"""

import numpy as np

from mlp_py import arguments as check

cimport numpy as cnp
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree

from .arguments cimport destination, matrix, number, overlap, problem_number
from .levels cimport kernels_of, path_in_use, threads_in_use
from .table cimport CHOSEN, Layer

cnp.import_array()

cdef extern from "blocksizes.h":
    enum:
        KC
        PACKED_NUMBERS
        THREAD_WORK

cdef extern from "pages.h":
    void ask_for_large_pages(void *memory, size_t bytes)

cdef enum:
    PREDICT_ROWS = 256          # rows that predict takes at a time

cdef double LARGEST_WORK = 2.0**56      # numbers; a guard against overflow where sizes are counted


cdef class Engine:
    """Forward, backprop and training over `pairs`, [{'w': (I, H), 'b': (H,)}, ...], which are changed in place.

    The arrays must be C-contiguous, aligned, writeable and of one dtype, float64 or float32; who makes an Engine
    has checked that.
    """

    def __cinit__(self, pairs):
        cdef cnp.ndarray w, b, array
        cdef Py_ssize_t l = 0, layer_cnt = len(pairs)
        self.arrays = [array for pair in pairs for array in (pair["w"], pair["b"])]
        self.dtype = self.arrays[0].dtype
        self.net.layer_cnt = layer_cnt
        self.net.layers = <Layer *>PyMem_RawCalloc(layer_cnt, sizeof(Layer))
        self.inputs = <const void **>PyMem_RawCalloc(3 * layer_cnt, sizeof(void *))
        if self.net.layers == NULL or self.inputs == NULL:
            raise MemoryError()
        self.outputs, self.more = <void **>self.inputs + layer_cnt, <void **>self.inputs + 2 * layer_cnt
        for pair in pairs:
            w, b = pair["w"], pair["b"]
            layer = &self.net.layers[l]
            layer.fan_in, layer.fan_out = cnp.PyArray_DIM(w, 0), cnp.PyArray_DIM(w, 1)
            layer.w, layer.b = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
            self.net.widest = max(self.net.widest, layer.fan_in, layer.fan_out)
            self.net.largest = max(self.net.largest, layer.fan_in * layer.fan_out)
            self.weight_cnt += layer.fan_in * layer.fan_out
            l += 1
        shared = False
        for l, array in enumerate(self.arrays):
            for other in self.arrays[:l]:
                shared = shared or overlap(other, cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))
        self.kernels, self.net.path = kernels_of(self.arrays[0], shared), path_in_use

    def __dealloc__(self):
        PyMem_RawFree(self.net.layers)
        PyMem_RawFree(self.inputs)
        PyMem_RawFree(self.work)

    def serves(self, pairs):
        """Are these the very arrays, in the very shapes, that this Engine was made for?"""
        cdef Py_ssize_t l
        cdef cnp.ndarray w, b
        if len(pairs) != self.net.layer_cnt:
            return False
        for l, pair in enumerate(pairs):
            w, b, layer = pair["w"], pair["b"], &self.net.layers[l]
            if (w is not self.arrays[2 * l] or b is not self.arrays[2 * l + 1] or cnp.PyArray_DATA(w) != layer.w
                    or cnp.PyArray_DATA(b) != layer.b or cnp.PyArray_DIM(w, 0) != layer.fan_in
                    or cnp.PyArray_DIM(w, 1) != layer.fan_out):
                return False
        return True

    # ---- A. arguments, D. aliases -----------------------------------------------------------------------

    cdef cnp.ndarray rows_of(self, str name, object value):
        """`value` as (B, I)."""
        return matrix(name, value, -1, self.net.layers[0].fan_in, self.dtype)

    cdef cnp.ndarray targets_of(self, str name, object value, Py_ssize_t rows):
        """`value` as (rows, O)."""
        return matrix(name, value, rows, self.net.layers[self.net.layer_cnt - 1].fan_out, self.dtype)

    cdef list inputs_of(self, str name, object aux, Py_ssize_t rows):
        """`aux` as arrays that fit: x, hidden_1, ..., hidden_n."""
        cdef Py_ssize_t l
        if not isinstance(aux, (list, tuple)) or len(aux) != self.net.layer_cnt:
            widths = [self.net.layers[l].fan_in for l in range(self.net.layer_cnt)]
            check.activations(name, aux, rows, widths, self.dtype)
        return [matrix(f"{name}[{l}]", aux[l], rows, self.net.layers[l].fan_in, self.dtype)
                for l in range(self.net.layer_cnt)]

    cdef cnp.ndarray apart(self, cnp.ndarray array):
        """`array`, or a copy where it shares memory with the parameters."""
        cdef Py_ssize_t l, size = self.dtype.itemsize
        for l in range(self.net.layer_cnt):
            layer = &self.net.layers[l]
            if (overlap(array, layer.w, layer.fan_in * layer.fan_out * size)
                    or overlap(array, layer.b, layer.fan_out * size)):
                return array.copy()
        return array

    cdef cnp.ndarray empty(self, Py_ssize_t rows, Py_ssize_t cols):
        cdef cnp.npy_intp *shape = [rows, cols]
        return cnp.PyArray_EMPTY(2, shape, self.dtype.type_num, 0)

    # ---- B. memory, C. threads --------------------------------------------------------------------------

    cdef int reserve(self, Py_ssize_t rows) except -1:
        """Work memory for minibatches of `rows` rows."""
        cdef Py_ssize_t total = 0
        PyMem_RawFree(self.work)
        self.capacity, self.threads, self.work = 0, 0, NULL
        if (<double>rows + self.net.widest) * (self.net.widest + 64) * (self.net.layer_cnt + 1) < LARGEST_WORK:
            total = self.kernels.work_bytes(&self.net, rows) + 64
            self.work = PyMem_RawCalloc(total, 1)
        if self.work == NULL:
            raise MemoryError(f"a minibatch of {rows} rows needs {total or 'too many'} bytes of work memory")
        ask_for_large_pages(self.work, total)
        self.kernels.prepare(&self.net, rows, self.work)
        self.capacity, self.threads = rows, self.net.threads
        return 0

    cdef int enter(self, Py_ssize_t rows) except -1:
        """Take the work memory, for `rows` rows; the caller sets `busy` back to False."""
        if self.busy:
            raise RuntimeError("this network is at work in another thread: one Network belongs to one thread at a time")
        self.net.threads = 1
        if self.net.largest >= PACKED_NUMBERS or self.net.path != CHOSEN or (
                rows > KC and 3 * rows * self.weight_cnt >= 2 * THREAD_WORK):
            self.net.threads = threads_in_use()
        if self.work == NULL or rows > self.capacity or self.net.threads > self.threads:
            self.reserve(max(rows, self.capacity))
        self.busy = True
        return 0

    cdef int point_at(self, list arrays) except -1:
        """inputs = where the arrays lie."""
        cdef Py_ssize_t l
        for l in range(self.net.layer_cnt):
            self.inputs[l] = cnp.PyArray_DATA(arrays[l])
        return 0

    # ---- forward ----------------------------------------------------------------------------------------

    cpdef tuple forward(self, x):
        """(output, [x, hidden_1, ..., hidden_n])"""
        cdef cnp.ndarray array, h = self.rows_of("x", x)
        cdef Py_ssize_t l, rows = cnp.PyArray_DIM(h, 0)
        cdef list arrays = [h]
        self.enter(0)
        try:
            for l in range(self.net.layer_cnt):
                array = self.empty(rows, self.net.layers[l].fan_out)
                self.outputs[l] = cnp.PyArray_DATA(array)
                arrays.append(array)
            if rows * self.weight_cnt > LONG_WORK:
                with nogil:
                    self.kernels.forward(&self.net, rows, cnp.PyArray_DATA(h), self.outputs, self.work)
            else:
                self.kernels.forward(&self.net, rows, cnp.PyArray_DATA(h), self.outputs, self.work)
        finally:
            self.busy = False
        return arrays.pop(), arrays

    cpdef cnp.ndarray predict(self, x, problem, out):
        """The output, or the problem's probabilities, in `out` or in a new array."""
        cdef int wanted = -1 if problem is None else problem_number(problem)
        cdef cnp.ndarray target, h = self.rows_of("x", x)
        cdef Py_ssize_t rows = cnp.PyArray_DIM(h, 0), O = self.net.layers[self.net.layer_cnt - 1].fan_out
        if out is None:
            target = self.empty(rows, O)
        else:
            target = destination("out", out, rows, O, self.dtype)
            if overlap(h, cnp.PyArray_DATA(target), cnp.PyArray_NBYTES(target)) or self.apart(target) is not target:
                target[...] = self.predict(x, problem, None)
                return target
        self.enter(min(rows, PREDICT_ROWS))
        if rows * self.weight_cnt > LONG_WORK:
            with nogil:
                self.predict_rows(rows, cnp.PyArray_DATA(h), cnp.PyArray_DATA(target), wanted, O)
        else:
            self.predict_rows(rows, cnp.PyArray_DATA(h), cnp.PyArray_DATA(target), wanted, O)
        self.busy = False
        return target

    cdef void predict_rows(self, Py_ssize_t rows, const void *x, void *y, int wanted, Py_ssize_t O) noexcept nogil:
        self.kernels.predict(&self.net, rows, x, y, self.work)
        if wanted >= 0:
            self.kernels.probabilities(wanted, rows, O, y)

    # ---- backprop ---------------------------------------------------------------------------------------

    cpdef int backprop(self, G_output, aux, learning_rate, str rate_name="learning_rate", str aux_name="aux") except -1:
        """Every parameter in place: p = fma(-learning_rate, G_p, p). 0 rows change nothing."""
        cdef double rate = number(rate_name, learning_rate, self.dtype)
        cdef cnp.ndarray array, G = self.apart(self.targets_of("G_output", G_output, -1))
        cdef Py_ssize_t rows = cnp.PyArray_DIM(G, 0)
        cdef list arrays = [self.apart(array) for array in self.inputs_of(aux_name, aux, rows)]
        if rows == 0:
            return 0
        self.enter(rows)
        self.point_at(arrays)
        if rows * self.weight_cnt > LONG_WORK:
            with nogil:
                self.kernels.backprop(&self.net, rows, self.inputs, cnp.PyArray_DATA(G), rate, self.work)
        else:
            self.kernels.backprop(&self.net, rows, self.inputs, cnp.PyArray_DATA(G), rate, self.work)
        self.busy = False
        return 0

    cpdef list gradients(self, G_output, aux):
        """[{'w': G_w, 'b': G_b}, ...]; nothing changes."""
        cdef cnp.ndarray w, b, G = self.targets_of("G_output", G_output, -1)
        cdef Py_ssize_t l, rows = cnp.PyArray_DIM(G, 0)
        cdef list pairs = [], arrays = self.inputs_of("aux", aux, rows)
        self.enter(rows)
        try:
            for l in range(self.net.layer_cnt):
                w, b = np.empty_like(self.arrays[2 * l]), np.empty_like(self.arrays[2 * l + 1])
                pairs.append({"w": w, "b": b})
                self.outputs[l], self.more[l] = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
            self.point_at(arrays)
            with nogil:
                self.kernels.gradients(&self.net, rows, self.inputs, cnp.PyArray_DATA(G), self.outputs, self.more, NULL,
                                       self.work)
        finally:
            self.busy = False
        return pairs

    cpdef cnp.ndarray input_gradient(self, G_output, aux):
        """G_x (B, I); nothing changes."""
        cdef cnp.ndarray G = self.targets_of("G_output", G_output, -1)
        cdef Py_ssize_t rows = cnp.PyArray_DIM(G, 0)
        cdef list arrays = self.inputs_of("aux", aux, rows)
        cdef cnp.ndarray G_x = self.empty(rows, self.net.layers[0].fan_in)
        self.enter(rows)
        self.point_at(arrays)
        with nogil:
            self.kernels.gradients(&self.net, rows, self.inputs, cnp.PyArray_DATA(G), NULL, NULL, cnp.PyArray_DATA(G_x),
                                   self.work)
        self.busy = False
        return G_x
