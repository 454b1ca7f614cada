"""The three problems in vectors, for the planned step and the wide one: the terms of loss and accuracy, and G_output, in one pass.

The numbers are those of `losses`: the same operations on the same terms, and the terms summed in the same order.
Arrays are (B, row) with one vector of memory to spare behind them; what stands in the padding is computed, stored
and never summed.
"""

from .elementary cimport vexp, vlog
from .losses cimport BINARY, REGRESSION, SELECT, Problem, argmax
from .plain cimport KC
from .simd cimport FULL_LANES, full, load, pick, real, spread, store, vabs, vrelu

cdef extern from "threads.h" nogil:
    void run_apart(void (*body)(void *) noexcept nogil, void *job)


cdef inline void regression(Py_ssize_t size, const real *output, const real *y, real count, real *term, real *hit,
                            real *G) noexcept nogil:
    """term = (output - y)**2, hit = abs((output - y) / y), G = 2 (output - y) / count."""
    cdef full e, z, two, counts
    cdef Py_ssize_t k
    spread[full](&two, 2)
    spread[full](&counts, count)
    for k from 0 <= k < size by FULL_LANES:
        load[full](&e, output + k)
        load[full](&z, y + k)
        e = e - z
        store[full](term + k, e * e)
        store[full](hit + k, vabs[full](e / z))
        store[full](G + k, two * e / counts)


cdef inline void binary(Py_ssize_t size, const real *output, const real *y, real count, real *term, real *hit,
                        real *G) noexcept nogil:
    """term = relu(x) - x y + log(1 + exp(-abs x)), hit = (x > 0) == (y > 0.5), G = (sigmoid(x) - y) / count."""
    cdef full x, z, t, zero, one, counts
    cdef Py_ssize_t k
    spread[full](&zero, 0)
    spread[full](&one, 1)
    spread[full](&counts, count)
    for k from 0 <= k < size by FULL_LANES:
        load[full](&x, output + k)
        load[full](&z, y + k)
        t = vexp[full](zero - vabs[full](x))
        store[full](term + k, vrelu[full](x) - x * z + vlog[full](one + t))
        store[full](G + k, (pick[full](x, t, one) / (one + t) - z) / counts)
    for k in range(size):
        hit[k] = (output[k] > 0) == (y[k] > <real>0.5)


cdef inline void select(Py_ssize_t B, Py_ssize_t O, const real *output, const real *y, Py_ssize_t row, real count,
                        real *term, real *hit, real *G) noexcept nogil:
    """p = softmax(output), term = y log(p + 1e-10), hit = equal argmax, then zeros, G = (p - y) / count.

    In four passes, so that the long chains of exp and log run for many rows at once; G and term carry what is between.
    A row's last vector may run into the next row, which is written later and so has the last word.
    """
    cdef full v, z, tiny, counts, of_row, zero
    cdef Py_ssize_t i, j, k, size = B * row
    cdef real total
    spread[full](&zero, 0)
    spread[full](&tiny, <real>1e-10)
    spread[full](&counts, count)
    for i in range(B):                                  # G = output - its maximum
        k = argmax(O, output + i * row)
        spread[full](&of_row, output[i * row + k])
        for j from 0 <= j < O by FULL_LANES:
            load[full](&v, output + i * row + j)
            store[full](G + i * row + j, v - of_row)
            store[full](hit + i * row + j, zero)
        hit[i * row] = k == argmax(O, y + i * row)
    for k from 0 <= k < size by FULL_LANES:             # G = exp of it
        load[full](&v, G + k)
        store[full](G + k, vexp[full](v))
    for i in range(B):                                  # term = the sum of G's row
        total = 0
        for j in range(O):
            total = total + G[i * row + j]
        spread[full](&of_row, total)
        for j from 0 <= j < O by FULL_LANES:
            store[full](term + i * row + j, of_row)
    for k from 0 <= k < size by FULL_LANES:
        load[full](&v, G + k)
        load[full](&of_row, term + k)
        load[full](&z, y + k)
        v = v / of_row
        store[full](G + k, (v - z) / counts)
        store[full](term + k, z * vlog[full](v + tiny))


cdef inline void loss_terms(Problem problem, Py_ssize_t rows, Py_ssize_t B, Py_ssize_t O, const real *output,
                            const real *y, Py_ssize_t row, real *term, real *hit, real *G) noexcept nogil:
    """The terms, and G = dloss/doutput, of `rows` rows out of a minibatch of B; rows lie `row` numbers apart."""
    if problem == REGRESSION:
        regression(rows * row, output, y, <real>(B * O), term, hit, G)
    elif problem == BINARY:
        binary(rows * row, output, y, <real>(B * O), term, hit, G)
    else:
        select(rows, O, output, y, row, <real>B, term, hit, G)


cdef struct Terms:
    # the arguments of loss_terms
    Problem problem
    Py_ssize_t rows
    Py_ssize_t B
    Py_ssize_t O
    const real *output
    const real *y
    Py_ssize_t row
    real *term
    real *hit
    real *G


cdef inline void terms_of(void *job) noexcept nogil:
    """A Terms."""
    cdef const Terms *of = <const Terms *>job
    loss_terms(of.problem, of.rows, of.B, of.O, of.output, of.y, of.row, of.term, of.hit, of.G)


cdef inline void loss_terms_apart(Problem problem, Py_ssize_t rows, Py_ssize_t B, Py_ssize_t O, const real *output,
                                  const real *y, Py_ssize_t row, real *term, real *hit, real *G) noexcept nogil:
    """`loss_terms` in a copy of its own, for steps in which a call costs nothing: it is long to compile."""
    cdef Terms job
    job.problem, job.rows, job.B, job.O, job.output, job.y = problem, rows, B, O, output, y
    job.row, job.term, job.hit, job.G = row, term, hit, G
    run_apart(terms_of, &job)


cdef inline void tell(Problem problem, double term, double hit, double *loss, double *accuracy) noexcept nogil:
    """loss and accuracy from the means of the terms."""
    loss[0] = -term if problem == SELECT else term
    accuracy[0] = 1 - hit if problem == REGRESSION else hit


cdef inline void sum_rows(Py_ssize_t rows, Py_ssize_t O, Py_ssize_t row, const real *term, const real *hit,
                          double *sums) noexcept nogil:
    """sums[2 i], sums[2 i + 1] = the sums of row i of term and of hit; four rows at a time: each sum waits for itself."""
    cdef double terms[4]
    cdef double hits[4]
    cdef Py_ssize_t i, j, k, here
    for i from 0 <= i < rows by 4:
        here = min(<Py_ssize_t>4, rows - i)
        for k in range(4):
            terms[k] = hits[k] = 0
        for j in range(O):
            for k in range(4):
                terms[k] += term[(i + min(k, here - 1)) * row + j]
                hits[k] += hit[(i + min(k, here - 1)) * row + j]
        for k in range(here):
            sums[2 * (i + k)], sums[2 * (i + k) + 1] = terms[k], hits[k]


cdef inline void means_of(Problem problem, Py_ssize_t B, Py_ssize_t O, const double *sums, double *loss,
                          double *accuracy) noexcept nogil:
    """loss and accuracy from the sums of B rows, summed in the order of `losses.evaluate`."""
    cdef Py_ssize_t begin, i
    cdef double count = B if problem == SELECT else B * O, terms = 0, hits = 0, block_terms, block_hits
    for begin from 0 <= begin < B by KC:
        block_terms = 0
        block_hits = 0
        for i in range(begin, min(begin + KC, B)):
            block_terms += sums[2 * i]
            block_hits += sums[2 * i + 1]
        terms += block_terms
        hits += block_hits
    tell(problem, terms / count, hits / count, loss, accuracy)


cdef inline void means(Problem problem, Py_ssize_t B, Py_ssize_t O, Py_ssize_t row, const real *term, const real *hit,
                       double *loss, double *accuracy) noexcept nogil:
    """loss and accuracy from their terms, summed over B rows and O columns in the order of `losses.evaluate`."""
    cdef Py_ssize_t begin, i, j
    cdef double count = B if problem == SELECT else B * O, terms = 0, hits = 0, block_terms, block_hits, row_terms, row_hits
    for begin from 0 <= begin < B by KC:
        block_terms = 0
        block_hits = 0
        if O == 1:
            for i in range(begin, min(begin + KC, B)):
                block_terms += term[i * row]
                block_hits += hit[i * row]
        else:
            for i in range(begin, min(begin + KC, B)):
                row_terms = 0
                row_hits = 0
                for j in range(O):
                    row_terms += term[i * row + j]
                    row_hits += hit[i * row + j]
                block_terms += row_terms
                block_hits += row_hits
        terms += block_terms
        hits += block_hits
    tell(problem, terms / count, hits / count, loss, accuracy)
