"""The three problems: reported loss, accuracy and G_output of output (B, O) against y (B, O).

Formulas: `mlp_py.problems`. Terms are computed in `real` and summed in float64: those of a row ascending, then
the rows in blocks of 256, divided once by the count. G_output divides by the count in `real`.
"""

from .elementary cimport vexp, vlog
from .plain cimport KC
from .simd cimport absolute, real, single

cdef enum Problem:
    REGRESSION = 0
    BINARY = 1
    SELECT = 2


cdef inline real exp(real x) noexcept nogil:
    """exp(x) for x <= 0."""
    return <real>vexp[single](<single>x)


cdef inline real log(real x) noexcept nogil:
    """log(x) for positive normal x."""
    return <real>vlog[single](<single>x)


cdef inline real sigmoid(real x) noexcept nogil:
    """1 / (1 + exp(-x)), by an exp that never overflows."""
    cdef real t = exp(-absolute(x))
    return (t if x < 0 else <real>1) / (<real>1 + t)


cdef inline Py_ssize_t argmax(Py_ssize_t O, const real *row) noexcept nogil:
    """The place of the first maximum; NaN counts as the maximum, as in np.argmax."""
    cdef Py_ssize_t j, best = 0
    for j in range(O):
        if row[best] != row[best]:
            break
        if row[j] > row[best] or row[j] != row[j]:
            best = j
    return best


cdef inline void softmax(Py_ssize_t O, const real *row, real *p) noexcept nogil:
    """p = exp(row - max) / sum, the sum in ascending order; p may be row itself."""
    cdef Py_ssize_t j
    cdef real top = row[argmax(O, row)], total = 0
    for j in range(O):
        p[j] = exp(row[j] - top)
        total = total + p[j]
    for j in range(O):
        p[j] = p[j] / total


cdef inline double row_loss(Problem problem, Py_ssize_t O, const real *output, const real *y,
                            real *p) noexcept nogil:
    """The sum of one row's loss terms (SELECT: negated); p[O] receives the softmax of a SELECT row."""
    cdef Py_ssize_t j
    cdef real e, x
    cdef double total = 0
    if problem == REGRESSION:
        for j in range(O):
            e = output[j] - y[j]
            total += e * e
    elif problem == BINARY:
        for j in range(O):
            x = output[j]
            e = <real>0 if x <= 0 else x
            total += e - x * y[j] + log(<real>1 + exp(-absolute(x)))
    else:
        softmax(O, output, p)
        for j in range(O):
            total += y[j] * log(p[j] + <real>1e-10)
    return total


cdef inline double row_accuracy(Problem problem, Py_ssize_t O, const real *output, const real *y) noexcept nogil:
    """The sum of one row's accuracy terms: relative errors (REGRESSION), or right answers."""
    cdef Py_ssize_t j
    cdef double total = 0
    if problem == REGRESSION:
        for j in range(O):
            total += absolute((output[j] - y[j]) / y[j])
    elif problem == BINARY:
        for j in range(O):
            total += (output[j] > 0) == (y[j] > <real>0.5)
    else:
        total = argmax(O, output) == argmax(O, y)
    return total


cdef inline void evaluate(Problem problem, Py_ssize_t B, Py_ssize_t O, const real *output, const real *y,
                          Py_ssize_t row, real *p, double *loss, double *accuracy) noexcept nogil:
    """The means over B rows, `row` numbers apart in output and y; p[O] is scratch."""
    cdef Py_ssize_t begin, i
    cdef double block_loss, block_accuracy, count = B if problem == SELECT else B * O
    loss[0] = 0
    accuracy[0] = 0
    for begin from 0 <= begin < B by KC:
        block_loss = 0
        block_accuracy = 0
        for i in range(begin, min(begin + KC, B)):
            block_loss += row_loss(problem, O, output + i * row, y + i * row, p)
            block_accuracy += row_accuracy(problem, O, output + i * row, y + i * row)
        loss[0] += block_loss
        accuracy[0] += block_accuracy
    loss[0] = loss[0] / count
    accuracy[0] = accuracy[0] / count
    if problem == REGRESSION:
        accuracy[0] = 1 - accuracy[0]
    elif problem == SELECT:
        loss[0] = -loss[0]


cdef inline void output_gradient(Problem problem, Py_ssize_t B, Py_ssize_t O, const real *output, const real *y,
                                 Py_ssize_t row, real G_loss, real *G_output) noexcept nogil:
    """G_output[B, O] = G_loss * dloss/doutput, rows `row` numbers apart; it may be output itself."""
    cdef Py_ssize_t i, j, at
    cdef real count = <real>(B if problem == SELECT else B * O)
    for i in range(B):
        if problem == SELECT:
            softmax(O, output + i * row, G_output + i * row)
        for j in range(O):
            at = i * row + j
            if problem == REGRESSION:
                G_output[at] = G_loss * (<real>2 * (output[at] - y[at]) / count)
            elif problem == BINARY:
                G_output[at] = G_loss * ((sigmoid(output[at]) - y[at]) / count)
            else:
                G_output[at] = G_loss * ((G_output[at] - y[at]) / count)


cdef inline void probabilities(Problem problem, Py_ssize_t B, Py_ssize_t O, real *output) noexcept nogil:
    """output itself, its sigmoid, or its softmax, in place."""
    cdef Py_ssize_t k
    if problem == BINARY:
        for k in range(B * O):
            output[k] = sigmoid(output[k])
    elif problem == SELECT:
        for k in range(B):
            softmax(O, output + k * O, output + k * O)
