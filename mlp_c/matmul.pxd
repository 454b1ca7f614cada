"""Which way a product goes: small, packed or thin, in how many parts. The rule stands here alone.

    small    nothing is packed, but threads may copy panels; w of G @ w.T is transposed into scratch memory first
    packed   where the second-level cache cannot hold what is read again and again, and enough rows make up for copying
             it, or where w would have to be transposed
    thin     where w is large and there are only a few rows of x or G

Whichever it is, the bits are the same. The numbers of the rule are in blocksizes.h, with the command that measures
them.
"""

from libc.stdint cimport uintptr_t
from libc.string cimport memset

from . cimport packed, thin
from .packed cimport MOST_PARTS, TILE_VECTORS, Product, Turns, packs_for
from .plain cimport KC
from .scratch cimport carve
from .simd cimport FULL_LANES, real
from .small cimport PIECE, all_calls, described, padded
from .table cimport CHOSEN, PACKED, SMALL, THIN, Net
from .tiles cimport STORE, UPDATE, Call
from .transpose cimport transpose

cdef extern from "blocksizes.h" nogil:
    enum:
        PACKED_NUMBERS
        PACKED_ROWS
        MANY_ROWS
        THIN_NUMBERS
        THIN_WORK
        THIN_OUTER
        PRODUCT_WORK

cdef extern from "pages.h" nogil:
    Py_ssize_t second_level_cache()

cdef extern from "threads.h" nogil:
    void run_parts(int parts, void (*body)(void *, int, int) noexcept nogil, void *job)
    void run_team(int parts, void (*body)(void *, int, int) noexcept nogil, void *job)
    void run_apart(void (*body)(void *) noexcept nogil, void *job)     # body(job), compiled once, not inlined

cdef struct Scratch:
    Py_ssize_t rows             # the largest batch that it is made for
    int path                    # a Path
    int threads                 # at most so many parts
    real *G[2]                  # two arrays (rows, padded widest), and a vector to spare
    real *wT                    # one layer's w transposed, for the small path
    real *piece                 # PIECE numbers, or one row, for the small path
    real *packs                 # for packing, or copies, by as many threads as were allowed; NULL: no layer is large


cdef inline void carve_scratch(const Net *net, Py_ssize_t rows, uintptr_t *place, Scratch *scratch) noexcept nogil:
    """Its arrays, for batches of up to `rows` rows."""
    cdef bint packs = net.path == PACKED or (net.path == CHOSEN and net.largest >= PACKED_NUMBERS)
    cdef Py_ssize_t transposed = min(net.largest, <Py_ssize_t>PACKED_NUMBERS) if packs else net.largest
    scratch.rows, scratch.path, scratch.threads = rows, net.path, 1
    scratch.G[0] = <real *>carve(place, (rows * padded(net.widest) + FULL_LANES) * sizeof(real))
    scratch.G[1] = <real *>carve(place, (rows * padded(net.widest) + FULL_LANES) * sizeof(real))
    scratch.wT = <real *>carve(place, transposed * sizeof(real))
    scratch.piece = <real *>carve(place, max(<Py_ssize_t>PIECE, padded(net.widest)) * sizeof(real))
    scratch.packs = NULL
    if packs or (net.path == SMALL and net.threads > 1):    # chosen by a test: the copies of threads need some, too
        scratch.packs = <real *>carve(place, packs_for(max(1, min(net.threads, <int>MOST_PARTS))) * sizeof(real))


cdef inline bint takes_thin(int path, const Product *of) noexcept nogil:
    """Does a product go the thin way?"""
    if path != CHOSEN:
        return path == THIN and thin.can_be_thin(of)
    return thin.can_be_thin(of) and (of.M * of.N if thin.is_outer(of) else of.N * of.K) >= THIN_NUMBERS


cdef inline bint takes_packed(int path, const Product *of) noexcept nogil:
    """Does a product that is not thin go the packed way?"""
    cdef Py_ssize_t cache = second_level_cache() // <Py_ssize_t>sizeof(real)
    if path == SMALL or path == PACKED:
        return path == PACKED
    if of.B_col != 1:                           # otherwise w would be transposed, number by number
        return of.N * of.K >= PACKED_NUMBERS
    if of.A_col > 1:                            # x.T: its strips lie across its rows
        return of.K >= PACKED_ROWS and (of.M * of.N >= cache // 2 or of.M * of.K >= cache // 4)
    return of.M >= PACKED_ROWS and of.N * of.K >= (cache // 2 if of.M >= MANY_ROWS else cache)


cdef inline bint is_of_weights(const Product *of) noexcept nogil:
    """Is it x.T @ G, whose inner index runs over the minibatch?"""
    return of.B_col == 1 and of.A_row == 1 and (of.finish == UPDATE or of.finish == STORE)


cdef inline int parts_of(const Scratch *scratch, const Product *of, bint is_thin) noexcept nogil:
    """How many threads are worth it; all of them where a test overrules the rule.

    A few rows use each weight a few times: then a second thread gains by its cache alone, where w is too large for one.
    A smaller w would only go to and fro between the two.
    """
    cdef bint turned = is_of_weights(of)
    cdef Py_ssize_t rows = of.K if turned else of.M, weights = of.M * of.N if turned else of.N * of.K
    cdef Py_ssize_t most = min(scratch.threads, <int>MOST_PARTS)
    if scratch.path != CHOSEN:
        return <int>most
    if rows <= THIN_OUTER and weights * <Py_ssize_t>sizeof(real) <= second_level_cache() // 2 * 3:
        return 1
    most = min(most, of.M * of.N * of.K // (<Py_ssize_t>THIN_WORK if is_thin else <Py_ssize_t>PRODUCT_WORK))
    return <int>max(most, <Py_ssize_t>1)


cdef inline void share_small(void *job, int part, int parts) noexcept nogil:
    """Part number `part` of a Product that takes the small way; B lies in rows.

    Of its columns, where w has many for the rows of the minibatch: so each thread writes and reads the same part of w,
    step after step, which no other has to send. Otherwise of its rows, with copies of panels where there is memory.
    """
    cdef const Product *of = <const Product *>job
    cdef const Scratch *scratch = <const Scratch *>of.scratch
    cdef Py_ssize_t unit = TILE_VECTORS * FULL_LANES, units = of.N // unit, begin, end, minibatch = of.M
    cdef Call call = described(of.finish, of.A, of.A_row, of.A_col, of.B, of.B_row, of.C, of.C_row, of.E, of.E_row)
    cdef real *copy = NULL
    if is_of_weights(of):
        minibatch = of.K
    if parts > 1 and units >= parts and of.N > 2 * minibatch:
        begin = units * part // parts * unit
        end = units * (part + 1) // parts * unit if part + 1 < parts else of.N
        call.B, call.C, call.E = of.B + begin, of.C + begin, of.E + begin * call.E_col
        all_calls(NULL, &call, of.M, end - begin, of.K, False, scratch.piece, NULL)
        return
    begin, end = of.M * part // parts, of.M * (part + 1) // parts
    call.A, call.C, call.E = of.A + begin * of.A_row, of.C + begin * of.C_row, of.E + begin * of.E_row
    if parts > 1 and scratch.packs != NULL:
        copy = scratch.packs + part * KC * unit
    all_calls(NULL, &call, end - begin, of.N, of.K, False, scratch.piece, copy)


cdef inline void multiply(void *job) noexcept nogil:
    """One Product, on the way that the rule says."""
    cdef Product of = (<const Product *>job)[0]
    cdef const Scratch *scratch = <const Scratch *>of.scratch
    cdef bint is_thin = takes_thin(scratch.path, &of)
    cdef int parts = parts_of(scratch, &of, is_thin)
    cdef Turns turns
    if is_thin:
        run_parts(parts, thin.share, &of)
        return
    if scratch.packs != NULL and takes_packed(scratch.path, &of):
        memset(&turns, 0, sizeof(Turns))
        of.turns = &turns
        run_team(parts, packed.share, &of)
        return
    if of.B_col != 1:
        transpose(of.N, of.K, of.B, of.B_col, scratch.wT, of.N)
        of.B, of.B_row, of.B_col = scratch.wT, of.N, 1
    if of.finish == UPDATE and of.K > KC:       # its sums wait in `piece`, of which there is one
        parts = 1
    run_parts(parts, share_small, &of)


cdef inline void matmul(const Scratch *scratch, int finish, Py_ssize_t M, Py_ssize_t N, Py_ssize_t K,
                        const real *A, Py_ssize_t A_row, Py_ssize_t A_col, const real *B, Py_ssize_t B_row,
                        Py_ssize_t B_col, real *C, Py_ssize_t C_row, const real *E, Py_ssize_t E_row) noexcept nogil:
    """C[M, N] = what `finish` makes of A @ B and E; one of A's steps and one of B's is 1."""
    cdef Product of
    of.scratch, of.packs = scratch, scratch.packs
    of.finish, of.M, of.N, of.K = finish, M, N, K
    of.A, of.A_row, of.A_col = A, A_row, A_col
    of.B, of.B_row, of.B_col = B, B_row, B_col
    of.C, of.C_row, of.E, of.E_row = C, C_row, E, E_row
    run_apart(multiply, &of)
