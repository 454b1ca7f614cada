"""One kernel module: the loops compiled for one instruction set and one precision, offered as two tables.

This page is translated once and compiled once per level and precision (v3_f64, v3_f32, ...), the precision
by the macro MLP_F32. No Python object occurs in it but the capsules that carry the tables. Below it:

    row_blocks (threads over blocks of rows)  ->  planned_step, plan (training, small)
    planned_step, plan (training, small)      ->  small (an output cut into panels)  ->  panels, tiles
    wide_step (training, wide)  ->  direct    ->  matmul (which way, threads)  ->  small, or packed, packing, or thin
    steps (the whole network, plainly)        ->  dense (a layer)                    ->  plain
    wide_losses, losses (the three problems)                          ->  elementary (exp, log)
"""

from cpython.pycapsule cimport PyCapsule_New

from . cimport dense, direct, losses, matmul, plain, plan, planned_step, row_blocks, steps, wide_step
from .matmul cimport Scratch
from .packed cimport MOST_PARTS, packs_for
from .simd cimport real
from .table cimport Kernels, Net
from .tiles cimport STORE


# ---- arrays without a network ------------------------------------------------------------------------------

cdef void relu(Py_ssize_t size, const void *z, void *y) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        (<real *>y)[k] = dense.relu((<const real *>z)[k])


cdef void relu_derv(Py_ssize_t size, const void *y, void *sign) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(size):
        (<real *>sign)[k] = dense.relu_derv((<const real *>y)[k])


cdef void evaluate(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, void *scratch,
                   double *loss, double *accuracy) noexcept nogil:
    losses.evaluate(<losses.Problem>problem, B, O, <const real *>output, <const real *>y, O, <real *>scratch,
                    loss, accuracy)


cdef void output_gradient(int problem, Py_ssize_t B, Py_ssize_t O, const void *output, const void *y, double G_loss,
                          void *G_output) noexcept nogil:
    losses.output_gradient(<losses.Problem>problem, B, O, <const real *>output, <const real *>y, O, <real>G_loss,
                           <real *>G_output)


cdef void probabilities(int problem, Py_ssize_t B, Py_ssize_t O, void *output) noexcept nogil:
    losses.probabilities(<losses.Problem>problem, B, O, <real *>output)


# ---- by plain loops ----------------------------------------------------------------------------------------

cdef void plain_product(int path, int threads, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                        const void *A, Py_ssize_t A_row, Py_ssize_t A_col, const void *B, Py_ssize_t B_row,
                        Py_ssize_t B_col, void *C, void *wT, void *packs) noexcept nogil:
    plain.product(M, N, K, <const real *>A, A_row, A_col, <const real *>B, B_row, B_col, <real *>C)


cdef Py_ssize_t plain_work_bytes(const Net *net, Py_ssize_t rows) noexcept nogil:
    return steps.lay_out(net, rows, NULL)


cdef void plain_prepare(const Net *net, Py_ssize_t rows, void *work) noexcept nogil:
    steps.lay_out(net, rows, <steps.Work *>work)


cdef void plain_forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs, void *work) noexcept nogil:
    steps.forward(net, rows, x, outputs)


cdef void plain_predict(const Net *net, Py_ssize_t rows, const void *x, void *y, void *work) noexcept nogil:
    steps.predict(net, rows, x, y, <steps.Work *>work)


cdef void plain_backprop(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output,
                         double learning_rate, void *work) noexcept nogil:
    steps.backprop(net, rows, inputs, G_output, learning_rate, <steps.Work *>work)


cdef void plain_gradients(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, void **G_w,
                          void **G_b, void *G_x, void *work) noexcept nogil:
    steps.gradients(net, rows, inputs, G_output, G_w, G_b, G_x, <steps.Work *>work)


cdef void plain_load(const Net *net, void *work) noexcept nogil:
    pass                        # plain steps work on the parameters where they lie


cdef void plain_step(const Net *net, int problem, Py_ssize_t rows, const void *x, const void *y, const Py_ssize_t *order,
                     double learning_rate, void *work, double *loss, double *accuracy) noexcept nogil:
    steps.step(net, <losses.Problem>problem, rows, <const real *>x, <const real *>y, order, learning_rate,
               <steps.Work *>work, loss, accuracy)


# ---- small, packed or thin ---------------------------------------------------------------------------------

cdef inline Scratch *scratch_of(const Net *net, void *work) noexcept nogil:
    """The scratch memory that heads both a Plan and a Wide, for as many threads as this call may take."""
    (<Scratch *>work).threads = net.threads
    return <Scratch *>work


cdef void fast_product(int path, int threads, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                       const void *A, Py_ssize_t A_row, Py_ssize_t A_col, const void *B, Py_ssize_t B_row,
                       Py_ssize_t B_col, void *C, void *wT, void *packs) noexcept nogil:
    cdef Scratch scratch
    scratch.path, scratch.threads = path, threads
    scratch.wT, scratch.packs, scratch.piece = <real *>wT, <real *>packs, NULL
    matmul.matmul(&scratch, STORE, M, N, K, <const real *>A, A_row, A_col, <const real *>B, B_row, B_col, <real *>C, N,
                  <const real *>A, 0)


cdef Py_ssize_t fast_work_bytes(const Net *net, Py_ssize_t rows) noexcept nogil:
    return wide_step.lay_out(net, rows, NULL) if wide_step.is_wide(net) else row_blocks.lay_out(net, rows, NULL)


cdef void fast_prepare(const Net *net, Py_ssize_t rows, void *work) noexcept nogil:
    if wide_step.is_wide(net):
        wide_step.lay_out(net, rows, <wide_step.Wide *>work)
    else:
        row_blocks.lay_out(net, rows, <plan.Plan *>work)


cdef void fast_forward(const Net *net, Py_ssize_t rows, const void *x, void **outputs, void *work) noexcept nogil:
    direct.forward(net, rows, x, outputs, scratch_of(net, work))


cdef void fast_predict(const Net *net, Py_ssize_t rows, const void *x, void *y, void *work) noexcept nogil:
    direct.predict(net, rows, x, y, scratch_of(net, work))


cdef void fast_backprop(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output,
                        double learning_rate, void *work) noexcept nogil:
    direct.backprop(net, rows, inputs, G_output, learning_rate, scratch_of(net, work))


cdef void fast_gradients(const Net *net, Py_ssize_t rows, const void **inputs, const void *G_output, void **G_w,
                         void **G_b, void *G_x, void *work) noexcept nogil:
    direct.gradients(net, rows, inputs, G_output, G_w, G_b, G_x, scratch_of(net, work))


cdef void fast_load(const Net *net, void *work) noexcept nogil:
    scratch_of(net, work)
    if not wide_step.is_wide(net):
        planned_step.load_parameters(net, <plan.Plan *>work)


cdef void fast_step(const Net *net, int problem, Py_ssize_t rows, const void *x, const void *y, const Py_ssize_t *order,
                    double learning_rate, void *work, double *loss, double *accuracy) noexcept nogil:
    if wide_step.is_wide(net):
        wide_step.step(net, <wide_step.Wide *>work, <losses.Problem>problem, rows, <const real *>x, <const real *>y, order,
                       learning_rate, loss, accuracy)
    else:
        row_blocks.step(<plan.Plan *>work, net.threads, <losses.Problem>problem, rows, <const real *>x, <const real *>y,
                        order, learning_rate, loss, accuracy)


cdef void fast_store(const Net *net, void *work) noexcept nogil:
    if not wide_step.is_wide(net):
        planned_step.store_parameters(net, <plan.Plan *>work)


# ---- the tables --------------------------------------------------------------------------------------------

cdef Kernels _plain = Kernels(sizeof(real), packs_for(MOST_PARTS), plain_product, relu, relu_derv, evaluate,
                              output_gradient, probabilities, plain_work_bytes, plain_prepare, plain_forward, plain_predict, plain_backprop,
                              plain_gradients, plain_load, plain_step, plain_load)

cdef Kernels _fast = Kernels(sizeof(real), packs_for(MOST_PARTS), fast_product, relu, relu_derv, evaluate,
                             output_gradient, probabilities, fast_work_bytes, fast_prepare, fast_forward, fast_predict, fast_backprop,
                             fast_gradients, fast_load, fast_step, fast_store)

plain_table = PyCapsule_New(&_plain, "mlp_c.kernels", NULL)
fast_table = PyCapsule_New(&_fast, "mlp_c.kernels", NULL)
