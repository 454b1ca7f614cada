/* All block sizes, in one place, with the arithmetic that chose them. */
#ifndef MLP_BLOCKSIZES_H
#define MLP_BLOCKSIZES_H

/* Terms of an inner sum that form one chain. It is part of the numerical contract, not a tuning knob:
   another number gives other bits. */
#define KC 256

/* A tile holds rows x vectors accumulators in registers. Two fma pipes of 4 cycles need 8 chains at least. With 16
   registers 12 accumulators leave room for the vectors of B (1 to 3) and one number of A: 12 x 1, 6 x 2, 4 x 3;
   with 32 registers 24: 12 x 1 (more rows gain nothing), 12 x 2, 8 x 3. */
#define MAX_ROWS 12
#define MAX_VECTORS 3
#define ACCUMULATORS (REGISTERS == 32 ? 24 : 12)
#define SINGLE_ACCUMULATORS 12 /* where columns are taken one by one: a tail, not worth more code */

/* Numbers of a weight gradient that may wait between blocks of KC rows: a quarter of a second-level cache of 512 KiB. */
#define PIECE 16384

/* Bytes of a layer's input and output gradient that a planned step works on at a time: three quarters of a first-level
   cache of 32 KiB, the rest is for weights. Only where all weight gradients together are no larger than SUMS numbers,
   for they wait between such blocks of rows. */
#define ROWS_BYTES 24576
#define SUMS 4096

/* The packed path. A tile of TILE_ROWS x TILE_VECTORS takes all accumulators; its panel of B, KC x 2 vectors (16 KiB
   with AVX2), lies in the first-level cache; the panels of BLOCK_COLS columns (a multiple of a panel) and the strips of
   BLOCK_ROWS rows of A in the second-level one. A block that leaves that cache is written and read at half the speed: so
   B is packed in small blocks, and the strips of a slab once for all of these. They lie in the third-level cache: half of
   STRIP_ROWS rows, while the other half is packed for the next KC terms (one thread has one half only, many threads
   BLOCK_ROWS each). The threads, at most MOST_PARTS, share them, and take columns in TURNS. SUMS_OF_ALL numbers of a
   gradient, of at most SUM_COLS columns (540 rows: at least as many as one thread's slab), wait between blocks of KC rows.
   Of an operand whose rows lie in memory AT_ONCE rows are packed at a time. A tile asks for its operands AHEAD terms
   before their turn (4 to 32 did as well), a cache line of LINE numbers at a time; that may reach beyond a panel or a
   strip, but not beyond the packing memory, whose sums lie last. */
#define AT_ONCE 8
#define TILE_ROWS (REGISTERS == 32 ? 12 : 6)
#define TILE_VECTORS 2
#define BLOCK_BYTES 196608
#define PANEL_BYTES 262144
#define STRIP_BYTES 2097152
#define SUM_COLS 1024
#define SUMS_OF_ALL (540 * SUM_COLS)
#define MOST_PARTS 16
#define AHEAD 8
#define TURNS 8
#define LINE (64 / REAL_BYTES)
#define TILE_NUMBERS (TILE_ROWS * TILE_VECTORS * FULL_LANES)
#define BLOCK_ROWS (BLOCK_BYTES / (KC * REAL_BYTES) / TILE_ROWS * TILE_ROWS)
#define BLOCK_COLS (PANEL_BYTES / (KC * REAL_BYTES))
#define STRIP_ROWS (STRIP_BYTES / (KC * REAL_BYTES))

/* The thin path: GROUP rows of w at a time, whose numbers of A stay in registers; THIN_SUMS sums in the first-level cache
   (32 KiB in float64); at most THIN_ONWARD rows of x in x @ w, THIN_BACK rows of G in G @ w.T, THIN_OUTER terms of
   x.T @ G: with more, another way is quicker. */
#define GROUP 8
#define THIN_SUMS 4096
#define THIN_ONWARD 3
#define THIN_BACK (REAL_BYTES == 8 ? 12 : 8)
#define THIN_OUTER 16

/* Which path (numbers measured by `python -m tests.bench --switch`): G @ w.T is packed from PACKED_NUMBERS of w on. x @ w
   is from PACKED_ROWS rows on, if w is larger than the second-level cache (half of it with MANY_ROWS); x.T @ G of as many
   rows, if w is larger than half of it or x larger than a quarter. Thin are products with THIN_NUMBERS of w. A network
   with a layer of WIDE weights trains where its parameters lie. PRODUCT_WORK multiply-adds of one product, whose operands
   the threads share, are worth a thread, THREAD_WORK where each has rows of its own, THIN_WORK where w is read once,
   GATHER_WORK numbers of a gathered minibatch all of them; products of THIN_OUTER rows and fewer only where w is larger
   than one and a half second-level caches. Panels are copied for threads where COPIED_STRIPS tiles read each. */
#define PACKED_NUMBERS 8192
#define PACKED_ROWS 20
#define MANY_ROWS 100
#define THIN_NUMBERS 8192
#define THIN_WORK 100000
#define WIDE 40000
#define PRODUCT_WORK (12000000 / REAL_BYTES)
#define THREAD_WORK 1000000
#define COPIED_STRIPS 4
#define GATHER_WORK 20000

/* Blocks of KC rows of a minibatch whose weight gradients wait beside each other while threads are at work; a network
   that goes through in blocks has at most SUMS of them, so that this is 2 MiB. */
#define MOST_BLOCKS 64

#endif
