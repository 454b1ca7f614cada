"""One dense layer: forward, backprop, update. Shapes: x (B, I), w (I, H), b (H,), G (B, H); all in C order.

    forward   y = x @ w + b, then ReLU for a hidden layer
    backprop  G_w = x.T @ G,  G_b = sum of G over rows,  G_x = (G @ w.T) * sign(x) where x came out of a ReLU
    update    p = fma(-learning_rate, G_p, p)
"""

from .plain cimport column_sum, product
from .simd cimport fma, real


cdef inline real relu(real z) noexcept nogil:
    """max(z, 0): NaN passes, -0.0 becomes +0.0."""
    return <real>0 if z <= 0 else z


cdef inline real relu_derv(real y) noexcept nogil:
    """sign(y) of ReLU's output y: 1, 0 or -1, and NaN for NaN."""
    if y > 0:
        return 1
    if y < 0:
        return -1
    return y if y != y else <real>0


cdef inline void dense_forward(Py_ssize_t B, Py_ssize_t I, Py_ssize_t H, const real *x, const real *w, const real *b,
                               bint with_relu, real *y) noexcept nogil:
    """y[B, H] = relu(x @ w + b), or without the ReLU."""
    cdef Py_ssize_t i, j
    cdef real z
    product(B, H, I, x, I, 1, w, H, 1, y)
    for i in range(B):
        for j in range(H):
            z = y[i * H + j] + b[j]
            y[i * H + j] = relu(z) if with_relu else z


cdef inline void dense_gradients(Py_ssize_t B, Py_ssize_t I, Py_ssize_t H, const real *x, const real *G,
                                 real *G_w, real *G_b) noexcept nogil:
    """G_w[I, H] = x.T @ G and G_b[H] = sum of G over its rows."""
    cdef Py_ssize_t j
    product(I, H, B, x, 1, I, G, H, 1, G_w)
    for j in range(H):
        G_b[j] = column_sum(B, G + j, H)


cdef inline void dense_input_gradient(Py_ssize_t B, Py_ssize_t I, Py_ssize_t H, const real *G, const real *w,
                                      real *G_x) noexcept nogil:
    """G_x[B, I] = G @ w.T"""
    product(B, I, H, G, H, 1, w, 1, H, G_x)


cdef inline void mask(Py_ssize_t size, const real *hidden, real *G) noexcept nogil:
    """G = G * relu_derv(hidden), entry by entry: a product, so that 0 * inf and NaN stay NaN."""
    cdef Py_ssize_t k
    for k in range(size):
        G[k] = G[k] * relu_derv(hidden[k])


cdef inline void update(Py_ssize_t size, real learning_rate, const real *G_p, real *p) noexcept nogil:
    """p = p - learning_rate * G_p, rounded once."""
    cdef Py_ssize_t k
    for k in range(size):
        p[k] = fma(-learning_rate, G_p[k], p[k])
