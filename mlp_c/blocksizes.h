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

#endif
