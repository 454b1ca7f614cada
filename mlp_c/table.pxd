"""What a kernel module offers to the rest of the package: tables of C functions, and the structs they take.

One kernel module is built per instruction set and precision; `void *` stands for its `real *`, float64 or
float32. Every array is in C order and aligned. No function holds the GIL, allocates or raises.

A module has two tables with the same signatures and the same bits: the fast one, small, packed or thin as `matmul` chooses,
and that of the plain loops, which define what it must give.
"""

cdef enum Path:
    # Which way a product goes; for tests the rule can be overruled.
    CHOSEN = 0
    SMALL = 1
    PACKED = 2
    THIN = 3                    # thin wherever it can be; else small in a network, as chosen in `product`

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
    int path                    # a Path
    int threads                 # at most so many, of this call

cdef struct Kernels:
    Py_ssize_t itemsize         # bytes of a `real`
    Py_ssize_t packs            # numbers that are packed or copied, at most
    # C[M, N] = A[M, K] @ B[K, N], operands by their steps; wT (K, N) where B_col is not 1, memory for packs
    void (*product)(int path, int threads, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                    const void *A, Py_ssize_t A_row, Py_ssize_t A_col,
                    const void *B, Py_ssize_t B_row, Py_ssize_t B_col, void *C, void *wT, void *packs) noexcept nogil
    void (*relu)(Py_ssize_t size, const void *z, void *y) noexcept nogil
    void (*relu_derv)(Py_ssize_t size, const void *y, void *sign) noexcept nogil
    void (*evaluate)(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, void *scratch,
                     double *loss, double *accuracy) noexcept nogil
    void (*output_gradient)(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, double G_loss,
                            void *G_output) noexcept nogil
    void (*probabilities)(int problem, Py_ssize_t B, Py_ssize_t O, void *output) noexcept nogil

    # Memory that the functions below work in: its bytes for up to `rows` rows, and its first layout (all zeros before)
    Py_ssize_t (*work_bytes)(const Net *net, Py_ssize_t rows) noexcept nogil
    void (*prepare)(const Net *net, Py_ssize_t rows, void *work) noexcept nogil

    # outputs[l]: (rows, fan_out) of each layer, the network's output last; inputs[l]: the input of layer l
    void (*forward)(const Net *net, Py_ssize_t rows, const void *x, void **outputs, void *work) noexcept nogil
    # y: (rows, O), for more rows than the work is made for, too
    void (*predict)(const Net *net, Py_ssize_t rows, const void *x, void *y, void *work) noexcept nogil
    # in place: p = fma(-learning_rate, G_p, p)
    void (*backprop)(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, double learning_rate,
                     void *work) noexcept nogil
    # into G_w[l], G_b[l] and G_x, each of which may be NULL; nothing else changes
    void (*gradients)(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, void **G_w,
                      void **G_b, void *G_x, void *work) noexcept nogil

    # Training: parameters in, any number of steps, parameters out.
    void (*load)(const Net *net, void *work) noexcept nogil
    # forward, loss, backprop and update on rows order[0 .. rows-1] of x and y, or on the first ones (order NULL)
    void (*step)(const Net *net, int problem, Py_ssize_t rows, const void *x, const void *y, const Py_ssize_t *order,
                 double learning_rate, void *work, double *loss, double *accuracy) noexcept nogil
    void (*store)(const Net *net, void *work) noexcept nogil
