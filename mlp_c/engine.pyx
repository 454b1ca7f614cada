"""Engine: the compiled arithmetic over a list of parameter arrays. Network and the lecture both stand on it.

A. Arguments. An array that fits (dtype, shape, C order, aligned) is used where it lies, after a look of some
   nanoseconds; everything else goes through the checks of `mlp_py.arguments`, which convert it or raise.
B. Memory. One block of scratch, made for the largest minibatch so far, serves all calls; only arrays that a call
   returns are new.
C. The GIL is released where the work outweighs the release. `busy` then keeps a second thread out of the scratch.
D. Ctrl-C is answered between minibatches, so parameters are always those of a whole number of steps.
"""

import time

import numpy as np

from mlp_py import arguments as check

cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree

from .levels cimport kernels_of
from .problems cimport as_it_lies, problem_number
from .scratch cimport lay_out, scratch_bytes
from .table cimport Batch, Kernels, Layer, Net

from .problems import evaluate, output_gradient

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cnp.import_array()

cdef enum:
    LONG_WORK = 20_000          # multiply-adds from which a call releases the GIL (some microseconds)

cdef double PATIENCE = 0.03     # seconds between two looks for Ctrl-C


cdef class Engine:
    """Forward, backprop and training over `pairs`, [{'w': (I, H), 'b': (H,)}, ...], which are changed in place.

    The arrays must be C-contiguous, aligned, writeable and of one dtype, float64 or float32; who makes an Engine
    has checked that.
    """

    def __cinit__(self, pairs):
        cdef cnp.ndarray w, b
        cdef Py_ssize_t l = 0
        self.arrays = [array for pair in pairs for array in (pair["w"], pair["b"])]
        self.dtype = self.arrays[0].dtype
        self.kernels = kernels_of(self.arrays[0])
        self.typenum = cnp.PyArray_TYPE(self.arrays[0])
        self.net.layer_cnt = len(pairs)
        self.net.layers = <Layer *>PyMem_RawCalloc(len(pairs), sizeof(Layer))
        if self.net.layers == NULL:
            raise MemoryError()
        for pair in pairs:
            w, b = pair["w"], pair["b"]
            layer = &self.net.layers[l]
            layer.fan_in, layer.fan_out = cnp.PyArray_DIM(w, 0), cnp.PyArray_DIM(w, 1)
            layer.w, layer.b = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
            self.net.widest = max(self.net.widest, layer.fan_in, layer.fan_out)
            self.net.largest = max(self.net.largest, layer.fan_in * layer.fan_out)
            l += 1

    def __dealloc__(self):
        PyMem_RawFree(self.net.layers)
        PyMem_RawFree(self.memory)

    def serves(self, pairs):
        """Are these the very arrays, in the very shapes, that this Engine was made for?"""
        cdef Py_ssize_t l
        if len(pairs) != self.net.layer_cnt:
            return False
        for l, pair in enumerate(pairs):
            w, b, layer = pair["w"], pair["b"], &self.net.layers[l]
            if (w is not self.arrays[2 * l] or b is not self.arrays[2 * l + 1] or cnp.PyArray_DATA(w) != layer.w
                    or cnp.PyArray_DATA(b) != layer.b or w.shape != (layer.fan_in, layer.fan_out)):
                return False
        return True

    # ---- A. arguments -----------------------------------------------------------------------------------

    cdef cnp.ndarray matrix(self, str name, object value, Py_ssize_t rows, Py_ssize_t cols):
        """`value` as (rows, cols), rows -1 for any, in C order and in this dtype; itself where it fits."""
        cdef cnp.ndarray array
        if cnp.PyArray_CheckExact(value):
            array = value
            if (cnp.PyArray_NDIM(array) == 2 and cnp.PyArray_TYPE(array) == self.typenum
                    and cnp.PyArray_DIM(array, 1) == cols and (rows < 0 or cnp.PyArray_DIM(array, 0) == rows)
                    and cnp.PyArray_ISCARRAY_RO(array)):
                return array
        return as_it_lies(check.matrix(name, value, None if rows < 0 else rows, cols, self.dtype))

    cdef list inputs(self, str name, object aux, Py_ssize_t rows):
        """`aux` as arrays that fit: x, hidden_1, ..., hidden_n."""
        cdef Py_ssize_t l
        if not isinstance(aux, (list, tuple)) or len(aux) != self.net.layer_cnt:
            widths = [self.net.layers[l].fan_in for l in range(self.net.layer_cnt)]
            check.activations(name, aux, rows, widths, self.dtype)
        return [self.matrix(f"{name}[{l}]", aux[l], rows, self.net.layers[l].fan_in)
                for l in range(self.net.layer_cnt)]

    cdef cnp.ndarray empty(self, Py_ssize_t rows, Py_ssize_t cols):
        cdef cnp.npy_intp *shape = [rows, cols]
        return cnp.PyArray_EMPTY(2, shape, self.typenum, 0)

    # ---- B. memory, C. threads --------------------------------------------------------------------------

    cdef int reserve(self, Py_ssize_t rows) except -1:
        """Scratch for minibatches of `rows` rows."""
        total = scratch_bytes(&self.net, rows, self.kernels.itemsize)
        PyMem_RawFree(self.memory)
        self.capacity, self.memory = 0, NULL
        if total <= PY_SSIZE_T_MAX:
            self.memory = PyMem_RawCalloc(total, 1)
        if self.memory == NULL:
            raise MemoryError(f"a minibatch of {rows} rows needs {total} bytes of scratch")
        lay_out(&self.batch, &self.net, rows, self.kernels.itemsize, <char *>self.memory)
        self.capacity = rows
        return 0

    cdef int enter(self, Py_ssize_t rows) except -1:
        """Take the scratch for `rows` rows; the caller sets `busy` back to False."""
        if self.busy:
            raise RuntimeError("this network is at work in another thread: one Network belongs to one thread at a time")
        if self.memory == NULL or rows > self.capacity:
            self.reserve(rows)
        self.batch.rows = rows
        self.busy = True
        return 0

    # ---- forward and backprop ---------------------------------------------------------------------------

    def forward(self, x):
        """(output, [x, hidden_1, ..., hidden_n])"""
        cdef cnp.ndarray array, h = self.matrix("x", x, -1, self.net.layers[0].fan_in)
        cdef Py_ssize_t l, rows = cnp.PyArray_DIM(h, 0)
        cdef list arrays = [h]
        self.enter(rows)
        try:
            for l in range(self.net.layer_cnt):
                array = self.empty(rows, self.net.layers[l].fan_out)
                self.batch.inputs[l] = cnp.PyArray_DATA(array)
                arrays.append(array)
            if rows * self.net.largest > LONG_WORK:
                with nogil:
                    self.kernels.forward(&self.net, rows, cnp.PyArray_DATA(h), <void **>self.batch.inputs)
            else:
                self.kernels.forward(&self.net, rows, cnp.PyArray_DATA(h), <void **>self.batch.inputs)
        finally:
            self.busy = False
        return arrays.pop(), arrays

    def backprop(self, G_output, aux, learning_rate, rate_name="learning_rate", aux_name="aux"):
        """Every parameter in place: p = fma(-learning_rate, G_p, p). 0 rows change nothing."""
        cdef cnp.ndarray G
        cdef double rate = check.number(rate_name, learning_rate, self.dtype)
        G, arrays = self.checked_gradient(G_output, aux, aux_name)
        cdef Py_ssize_t rows = cnp.PyArray_DIM(G, 0)
        if rows == 0:
            return
        self.enter(rows)
        self.point_at(arrays)
        with nogil:
            self.kernels.backprop(&self.net, self.batch.inputs, cnp.PyArray_DATA(G), rate, &self.batch)
        self.busy = False

    def gradients(self, G_output, aux):
        """[{'w': G_w, 'b': G_b}, ...]; nothing changes."""
        G, arrays = self.checked_gradient(G_output, aux, "aux")
        return self.walk(G, arrays, True, None)

    def input_gradient(self, G_output, aux):
        """G_x (B, I); nothing changes."""
        G, arrays = self.checked_gradient(G_output, aux, "aux")
        self.walk(G, arrays, False, G_x := self.empty(len(G), self.net.layers[0].fan_in))
        return G_x

    cdef tuple checked_gradient(self, object G_output, object aux, str aux_name):
        cdef cnp.ndarray G = self.matrix("G_output", G_output, -1, self.net.layers[self.net.layer_cnt - 1].fan_out)
        return G, self.inputs(aux_name, aux, cnp.PyArray_DIM(G, 0))

    cdef int point_at(self, list arrays) except -1:
        """batch.inputs = where the arrays lie."""
        cdef Py_ssize_t l
        for l in range(self.net.layer_cnt):
            self.batch.inputs[l] = cnp.PyArray_DATA(arrays[l])
        return 0

    cdef list walk(self, cnp.ndarray G, list arrays, bint with_pairs, cnp.ndarray G_x):
        """The gradients as new pairs (with_pairs) or of the input, into G_x (not None)."""
        cdef list pairs = []
        cdef cnp.ndarray pointers = np.empty((2, self.net.layer_cnt), dtype=np.uintp)
        cdef void **G_w = <void **>cnp.PyArray_DATA(pointers)
        cdef void **G_b = G_w + self.net.layer_cnt
        cdef Py_ssize_t l, rows = cnp.PyArray_DIM(G, 0)
        if with_pairs:
            for l in range(self.net.layer_cnt):
                w, b = np.empty_like(self.arrays[2 * l]), np.empty_like(self.arrays[2 * l + 1])
                pairs.append({"w": w, "b": b})
                G_w[l], G_b[l] = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
        cdef void *target = NULL if G_x is None else cnp.PyArray_DATA(G_x)
        self.enter(rows)
        self.point_at(arrays)
        with nogil:
            self.kernels.gradients(&self.net, self.batch.inputs, cnp.PyArray_DATA(G),
                                   G_w if with_pairs else NULL, G_b, target, &self.batch)
        self.busy = False
        return pairs

    # ---- with a problem ---------------------------------------------------------------------------------

    cdef tuple checked_rows(self, object x, object y):
        cdef cnp.ndarray h = self.matrix("x", x, -1, self.net.layers[0].fan_in)
        check.at_least_one_row("x", h)
        return h, self.matrix("y", y, cnp.PyArray_DIM(h, 0), self.net.layers[self.net.layer_cnt - 1].fan_out)

    def evaluate(self, problem, x, y):
        """(loss, accuracy); nothing changes."""
        problem_number(problem)
        x, y = self.checked_rows(x, y)
        return evaluate(problem, self.predict(x, None, None), y)

    def loss_and_gradients(self, problem, x, y):
        """(loss, gradients); nothing changes."""
        problem_number(problem)
        x, y = self.checked_rows(x, y)
        output, aux = self.forward(x)
        return evaluate(problem, output, y)[0], self.gradients(output_gradient(problem, output, y, 1), aux)

    def train_step(self, problem, x, y, learning_rate):
        """One step on one minibatch: (loss, accuracy) from before the update."""
        cdef int number = problem_number(problem)
        cdef cnp.ndarray h, z
        cdef double loss, accuracy, rate
        h, z = self.checked_rows(x, y)
        rate = check.number("learning_rate", learning_rate, self.dtype)
        self.enter(cnp.PyArray_DIM(h, 0))
        with nogil:
            self.kernels.step(&self.net, number, cnp.PyArray_DATA(h), cnp.PyArray_DATA(z), rate, &self.batch,
                              &loss, &accuracy)
        self.busy = False
        return loss, accuracy

    def train_epoch(self, problem, x, y, order, mb_size, learning_rate):
        """A step for every mb_size rows of `order`: (losses, accuracies), without the GIL."""
        cdef int number = problem_number(problem)
        cdef cnp.ndarray h, z, rows_in_order, losses, accuracies
        h, z = self.checked_rows(x, y)
        rows_in_order = check.row_numbers("order", order, len(h))
        cdef Py_ssize_t B = min(check.count("mb_size", mb_size), len(rows_in_order))
        cdef double begin, seconds, rate = check.number("learning_rate", learning_rate, self.dtype)
        cdef Py_ssize_t rows = len(rows_in_order), steps = (rows + B - 1) // B
        cdef Py_ssize_t done = 0, stop, stride = 1      # steps between two looks for Ctrl-C
        losses, accuracies = np.empty(steps), np.empty(steps)
        cdef const Py_ssize_t *numbers = <const Py_ssize_t *>cnp.PyArray_DATA(rows_in_order)
        cdef double *loss = <double *>cnp.PyArray_DATA(losses)
        cdef double *accuracy = <double *>cnp.PyArray_DATA(accuracies)
        self.enter(B)
        try:
            while done < steps:
                stop = min(steps, done + stride)
                begin = time.perf_counter()
                with nogil:
                    while done < stop:
                        self.batch.rows = min(B, rows - done * B)
                        self.kernels.gathered_step(&self.net, number, cnp.PyArray_DATA(h), cnp.PyArray_DATA(z),
                                                   numbers + done * B, rate, &self.batch, loss + done, accuracy + done)
                        done += 1
                seconds = time.perf_counter() - begin
                stride = max(1, min(4 * stride, <Py_ssize_t>(stride * PATIENCE / max(seconds, 1e-9))))
                PyErr_CheckSignals()
        finally:
            self.busy = False
        return losses, accuracies

    def predict(self, x, problem, out):
        """The output, or the problem's probabilities, in `out` or in a new array."""
        cdef int number = -1 if problem is None else problem_number(problem)
        cdef Py_ssize_t last = self.net.layer_cnt - 1, O = self.net.layers[last].fan_out
        cdef cnp.ndarray target, h = self.matrix("x", x, -1, self.net.layers[0].fan_in)
        cdef Py_ssize_t rows = cnp.PyArray_DIM(h, 0)
        cdef void *place
        if out is None:
            target = self.empty(rows, O)
        else:
            target = check.destination("out", out, (rows, O), self.dtype)
            if np.may_share_memory(target, h):
                h = h.copy()
        self.enter(rows)
        place = self.batch.outputs[last]
        self.batch.outputs[last] = cnp.PyArray_DATA(target)
        with nogil:
            self.kernels.forward(&self.net, rows, cnp.PyArray_DATA(h), self.batch.outputs)
            if number >= 0:
                self.kernels.probabilities(number, rows, O, cnp.PyArray_DATA(target))
        self.batch.outputs[last] = place
        self.busy = False
        return target
