"""One function for every kind of panel: the vector's type, how many beside each other, and how A lies.

x @ w and G @ w.T have A in rows, x.T @ G in columns. Here the numbers become constants, of which the compiler makes
the tiles.
"""

from .simd cimport FULL_LANES, HALF_LANES, full, half, lanes, quarter, single
from .tiles cimport Call, sweep

ctypedef void (*Runner)(const Call *, Py_ssize_t) noexcept nogil


cdef inline void any_height(lanes *like, int NV, bint A_in_columns, const Call *call, Py_ssize_t panel) noexcept nogil:
    """`sweep` with the call's MR as a constant."""
    if call.rows == 1:
        sweep[lanes](like, 1, NV, A_in_columns, call, panel)
    elif call.rows == 2:
        sweep[lanes](like, 2, NV, A_in_columns, call, panel)
    elif call.rows == 3:
        sweep[lanes](like, 3, NV, A_in_columns, call, panel)
    elif call.rows == 4:
        sweep[lanes](like, 4, NV, A_in_columns, call, panel)
    elif call.rows == 5:
        sweep[lanes](like, 5, NV, A_in_columns, call, panel)
    elif call.rows == 6:
        sweep[lanes](like, 6, NV, A_in_columns, call, panel)
    elif call.rows == 7:
        sweep[lanes](like, 7, NV, A_in_columns, call, panel)
    elif call.rows == 8:
        sweep[lanes](like, 8, NV, A_in_columns, call, panel)
    elif call.rows == 9:
        sweep[lanes](like, 9, NV, A_in_columns, call, panel)
    elif call.rows == 10:
        sweep[lanes](like, 10, NV, A_in_columns, call, panel)
    elif call.rows == 11:
        sweep[lanes](like, 11, NV, A_in_columns, call, panel)
    elif call.rows == 12:
        sweep[lanes](like, 12, NV, A_in_columns, call, panel)


cdef inline void rows_full_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 1, False, call, panel)

cdef inline void rows_full_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 2, False, call, panel)

cdef inline void rows_full_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 3, False, call, panel)

cdef inline void rows_half_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[half](<half *>NULL, 1, False, call, panel)

cdef inline void rows_quarter_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, False, call, panel)

cdef inline void rows_single_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 1, False, call, panel)

cdef inline void rows_single_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 2, False, call, panel)

cdef inline void rows_single_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 3, False, call, panel)

cdef inline void columns_full_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 1, True, call, panel)

cdef inline void columns_full_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 2, True, call, panel)

cdef inline void columns_full_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[full](<full *>NULL, 3, True, call, panel)

cdef inline void columns_half_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[half](<half *>NULL, 1, True, call, panel)

cdef inline void columns_quarter_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[quarter](<quarter *>NULL, 1, True, call, panel)

cdef inline void columns_single_1(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 1, True, call, panel)

cdef inline void columns_single_2(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 2, True, call, panel)

cdef inline void columns_single_3(const Call *call, Py_ssize_t panel) noexcept nogil:
    any_height[single](<single *>NULL, 3, True, call, panel)


cdef inline Runner runner(int lane_cnt, int vectors, bint A_in_columns) noexcept nogil:
    """The function for panels of `vectors` vectors of `lane_cnt` lanes."""
    if lane_cnt == 1 and FULL_LANES > 1:
        if vectors == 1:
            return columns_single_1 if A_in_columns else rows_single_1
        if vectors == 2:
            return columns_single_2 if A_in_columns else rows_single_2
        return columns_single_3 if A_in_columns else rows_single_3
    if lane_cnt == FULL_LANES:
        if vectors == 1:
            return columns_full_1 if A_in_columns else rows_full_1
        if vectors == 2:
            return columns_full_2 if A_in_columns else rows_full_2
        return columns_full_3 if A_in_columns else rows_full_3
    if lane_cnt == HALF_LANES:
        return columns_half_1 if A_in_columns else rows_half_1
    return columns_quarter_1 if A_in_columns else rows_quarter_1
