/* All block sizes, in one place. */
#ifndef MLP_BLOCKSIZES_H
#define MLP_BLOCKSIZES_H

/* Terms of an inner sum that form one chain. It is part of the numerical contract, not a tuning knob:
   another number gives other bits. */
#define KC 256

#endif
