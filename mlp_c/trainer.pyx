"""Trainer: an Engine that takes its gradients from a problem: single steps, and whole epochs in one call.

For the length of a call the kernels keep the parameters in a form of their own (`plan`): they are loaded first and
stored at the end, also where Ctrl-C ends it. Ctrl-C is answered between minibatches, so that the parameters are always
those of a whole number of steps.
"""

import time

import numpy as np

from mlp_py import arguments as check

cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals

from .arguments cimport number, problem_number, row_numbers
from .engine cimport LONG_WORK, Engine

from .problems import evaluate, output_gradient

cnp.import_array()

cdef double PATIENCE = 0.03     # seconds between two looks for Ctrl-C

cdef enum:
    FIRST_WORK = 200_000        # multiply-adds of a forward before the first look


cdef class Trainer(Engine):
    """An Engine that knows the three problems."""

    def evaluate(self, problem, x, y):
        """(loss, accuracy); nothing changes."""
        problem_number(problem)
        x = check.at_least_one_row("x", self.rows_of("x", x))
        y = self.targets_of("y", y, len(x))
        return evaluate(problem, self.predict(x, None, None), y)

    def loss_and_gradients(self, problem, x, y):
        """(loss, gradients); nothing changes."""
        problem_number(problem)
        x = check.at_least_one_row("x", self.rows_of("x", x))
        y = self.targets_of("y", y, len(x))
        output, aux = self.forward(x)
        return evaluate(problem, output, y)[0], self.gradients(output_gradient(problem, output, y, 1), aux)

    cpdef tuple train_step(self, problem, x, y, learning_rate):
        """One step on one minibatch: (loss, accuracy) from before the update."""
        cdef int wanted = problem_number(problem)
        cdef cnp.ndarray h = self.rows_of("x", x)
        cdef Py_ssize_t rows = cnp.PyArray_DIM(h, 0)
        cdef double loss, accuracy, rate
        if rows == 0:
            check.at_least_one_row("x", h)
        cdef cnp.ndarray z = self.apart(self.targets_of("y", y, rows))
        h = self.apart(h)
        rate = number("learning_rate", learning_rate, self.dtype)
        self.enter(rows)
        if rows * self.weight_cnt > LONG_WORK:
            with nogil:
                self.one_step(wanted, rows, cnp.PyArray_DATA(h), cnp.PyArray_DATA(z), rate, &loss, &accuracy)
        else:
            self.one_step(wanted, rows, cnp.PyArray_DATA(h), cnp.PyArray_DATA(z), rate, &loss, &accuracy)
        self.busy = False
        return loss, accuracy

    cdef void one_step(self, int problem, Py_ssize_t rows, const void *x, const void *y, double rate, double *loss,
                       double *accuracy) noexcept nogil:
        self.kernels.load(&self.net, self.work)
        self.kernels.step(&self.net, problem, rows, x, y, NULL, rate, self.work, loss, accuracy)
        self.kernels.store(&self.net, self.work)

    def train_epoch(self, problem, x, y, order, mb_size, learning_rate):
        """A step for every mb_size rows of `order`: (losses, accuracies), without the GIL."""
        cdef int wanted = problem_number(problem)
        cdef cnp.ndarray z, numbered, losses, accuracies
        cdef cnp.ndarray h = check.at_least_one_row("x", self.rows_of("x", x))
        z = self.apart(self.targets_of("y", y, cnp.PyArray_DIM(h, 0)))
        h = self.apart(h)
        numbered = row_numbers("order", order, cnp.PyArray_DIM(h, 0))
        cdef Py_ssize_t rows = cnp.PyArray_DIM(numbered, 0), B = min(check.count("mb_size", mb_size), rows)
        cdef double begin, seconds, rate = number("learning_rate", learning_rate, self.dtype)
        cdef Py_ssize_t steps = (rows + B - 1) // B, done = 0, stop
        # Steps between two looks for Ctrl-C: at first so many as take a fraction of a millisecond, or one.
        cdef Py_ssize_t stride = max(<Py_ssize_t>1, FIRST_WORK // (B * self.weight_cnt))
        losses, accuracies = np.empty(steps), np.empty(steps)
        cdef const Py_ssize_t *numbers = <const Py_ssize_t *>cnp.PyArray_DATA(numbered)
        cdef double *loss = <double *>cnp.PyArray_DATA(losses)
        cdef double *accuracy = <double *>cnp.PyArray_DATA(accuracies)
        self.enter(B)
        self.kernels.load(&self.net, self.work)
        try:
            while done < steps:
                stop = min(steps, done + stride)
                begin = time.perf_counter()
                with nogil:
                    while done < stop:
                        self.kernels.step(&self.net, wanted, min(B, rows - done * B), cnp.PyArray_DATA(h),
                                          cnp.PyArray_DATA(z), numbers + done * B, rate, self.work, loss + done,
                                          accuracy + done)
                        done += 1
                seconds = time.perf_counter() - begin
                stride = max(1, min(4 * stride, <Py_ssize_t>(stride * PATIENCE / max(seconds, 1e-9))))
                PyErr_CheckSignals()
        finally:
            self.kernels.store(&self.net, self.work)
            self.busy = False
        return losses, accuracies
