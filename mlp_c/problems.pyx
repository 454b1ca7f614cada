"""ReLU and the three problems on bare arrays of either precision: what the lecture calls outside of a network.

Formulas: `mlp_py.problems`. The loops stand in `dense` and `losses`.
"""

import numpy as np

cimport numpy as cnp

from .arguments cimport as_it_lies, problem_number
from .levels cimport kernels_of

cnp.import_array()


def relu(array):
    """max(array, 0) as a new array; NaN passes, -0.0 becomes +0.0."""
    cdef cnp.ndarray z = as_it_lies(array), y = np.empty_like(z)
    kernels_of(z).relu(cnp.PyArray_SIZE(z), cnp.PyArray_DATA(z), cnp.PyArray_DATA(y))
    return y[()]


def relu_derv(array):
    """sign(array) as a new array."""
    cdef cnp.ndarray y = as_it_lies(array), sign = np.empty_like(y)
    kernels_of(y).relu_derv(cnp.PyArray_SIZE(y), cnp.PyArray_DATA(y), cnp.PyArray_DATA(sign))
    return sign[()]


def evaluate(problem, output, y):
    """(loss, accuracy) of output (B, O) against y (B, O), of one dtype, B at least 1."""
    cdef cnp.ndarray o = as_it_lies(output), z = as_it_lies(y), scratch = np.empty(o.shape[1], dtype=o.dtype)
    cdef double loss, accuracy
    kernels_of(o).evaluate(problem_number(problem), cnp.PyArray_DIM(o, 0), cnp.PyArray_DIM(o, 1), cnp.PyArray_DATA(o),
                           cnp.PyArray_DATA(z), cnp.PyArray_DATA(scratch), &loss, &accuracy)
    return loss, accuracy


def output_gradient(problem, output, y, G_loss):
    """G_loss * dloss/doutput (B, O), a new array."""
    cdef cnp.ndarray o = as_it_lies(output), z = as_it_lies(y), G = np.empty_like(o)
    kernels_of(o).output_gradient(problem_number(problem), cnp.PyArray_DIM(o, 0), cnp.PyArray_DIM(o, 1),
                                  cnp.PyArray_DATA(o), cnp.PyArray_DATA(z), G_loss, cnp.PyArray_DATA(G))
    return G
