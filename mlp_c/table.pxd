"""What a kernel module offers to the rest of the package: one table of C functions, and the structs they take.

One kernel module is built per instruction set and precision; `void *` stands for its `real *`, float64 or
float32. Every array is in C order and aligned. No function holds the GIL, allocates or raises.
"""

cdef struct Layer:
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    void *w                     # (fan_in, fan_out)
    void *b                     # (fan_out,)

cdef struct Net:
    Py_ssize_t layer_cnt        # hidden layers + 1
    Layer *layers               # in forward order
    Py_ssize_t widest           # largest fan_in or fan_out
    Py_ssize_t largest          # largest fan_in * fan_out

cdef struct Batch:
    Py_ssize_t rows             # B
    void **outputs              # layer_cnt arrays: (B, fan_out) of each layer, the network's output last
    const void **inputs         # layer_cnt places for the layers' inputs, filled by a step
    void *G[2]                  # two arrays (B, widest): the gradient of a layer's output and of its input
    void *G_w                   # (largest,), the gradient of one layer's w
    void *G_b                   # (widest,)
    void *x                     # (B, I), gathered rows; used by `epoch` alone
    void *y                     # (B, O), gathered rows; used by `epoch` alone

cdef struct Kernels:
    Py_ssize_t itemsize         # bytes of a `real`
    void (*product)(Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                    const void *A, Py_ssize_t A_row, Py_ssize_t A_col,
                    const void *B, Py_ssize_t B_row, Py_ssize_t B_col, void *C) noexcept nogil
    void (*relu)(Py_ssize_t size, const void *z, void *y) noexcept nogil
    void (*relu_derv)(Py_ssize_t size, const void *y, void *sign) noexcept nogil
    void (*forward)(const Net *net, Py_ssize_t rows, const void *x, void **outputs) noexcept nogil
    # in place: p = fma(-learning_rate, G_p, p); inputs[l] is the input of layer l
    void (*backprop)(const Net *net, const void **inputs, const void *G_output, double learning_rate,
                     Batch *batch) noexcept nogil
    # into G_w[l], G_b[l] and G_x, each of which may be NULL; nothing else changes
    void (*gradients)(const Net *net, const void **inputs, const void *G_output, void **G_w, void **G_b, void *G_x,
                      Batch *batch) noexcept nogil
    void (*evaluate)(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, void *scratch,
                     double *loss, double *accuracy) noexcept nogil
    void (*output_gradient)(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, double G_loss,
                            void *G_output) noexcept nogil
    void (*probabilities)(int problem, Py_ssize_t B, Py_ssize_t O, void *output) noexcept nogil
    # one forward, loss, backprop and update on the rows x, y
    void (*step)(const Net *net, int problem, const void *x, const void *y, double learning_rate, Batch *batch,
                 double *loss, double *accuracy) noexcept nogil
    # gathers batch.rows rows of x and y by number, then `step`
    void (*gathered_step)(const Net *net, int problem, const void *x, const void *y, const Py_ssize_t *order,
                          double learning_rate, Batch *batch, double *loss, double *accuracy) noexcept nogil
