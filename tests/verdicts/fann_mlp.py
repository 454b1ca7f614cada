"""FANN, the C library for float64 (libdoublefann), by ctypes: fann_run, and fann_train_epoch in batch mode.

It has no ReLU. FANN_LINEAR_PIECE is one up to 1: steepness 2^-20 makes the sums small, the weights above are divided by
it, both exactly. Updates are asked with steepness 1; cases with a unit beyond 1 are skipped. The target is output -
G_output, the rate is times the rows, by which FANN divides.
"""
from ctypes import CDLL, CFUNCTYPE, POINTER, c_double, c_float, c_uint, c_void_p, memmove

import numpy as np

from . import line

FANN, SMALL, LINEAR, PIECE, BATCH, ERRORFUNC_LINEAR = CDLL('libdoublefann.so.2'), 2.0**-20, 0, 12, 1, 0
FANN.fann_create_standard_array.restype = FANN.fann_create_train_from_callback.restype = c_void_p
FANN.fann_run.restype, CALLBACK = POINTER(c_double), CFUNCTYPE(None, *[c_uint] * 3, *[POINTER(c_double)] * 2)
CONNECTION = np.dtype([('from', 'u4'), ('to', 'u4'), ('weight', 'f8')])     # of each unit those from below, its bias


class Fann:
    def network(self, pairs, x, slope=SMALL, last=LINEAR):
        for w, b in pairs[:len(pairs) - (last == LINEAR)]:
            x = np.maximum(x @ w + b, 0)
            line.skip((x > 1 / slope).any() or ((x > 0) & (x < 2.0**-900)).any())       # would be subnormal
        sizes = [len(pairs[0][0]), *(w.shape[1] for w, _ in pairs)]
        net = c_void_p(FANN.fann_create_standard_array(len(sizes), (c_uint * len(sizes))(*sizes)))
        FANN.fann_set_activation_function_hidden(net, PIECE), FANN.fann_set_activation_function_output(net, last)
        FANN.fann_set_activation_steepness_hidden(net, c_double(slope))
        FANN.fann_set_activation_steepness_output(net, c_double(1 if last == LINEAR else slope))
        FANN.fann_set_training_algorithm(net, BATCH), FANN.fann_set_train_error_function(net, ERRORFUNC_LINEAR)
        found = np.zeros(FANN.fann_get_total_connections(net), CONNECTION)
        FANN.fann_get_connection_array(net, found.ctypes)
        found['weight'] = np.hstack([np.vstack([w / slope**(n > 0), b]).T.ravel() for n, (w, b) in enumerate(pairs)])
        FANN.fann_set_weight_array(net, found.ctypes, len(found))
        return net, found

    def run(self, net, x, width):
        return np.array([FANN.fann_run(net, row.ctypes)[:width] for row in x]).reshape(-1, width)

    def layer(self, x, w, b):
        return self.forward([(w, b)], x)[0], self.run(self.network([(w, b)], x, SMALL, PIECE)[0], x, len(b)) / SMALL

    def forward(self, pairs, x):
        return self.run(self.network(pairs, x)[0], x, len(pairs[-1][1])), ()

    def train(self, pairs, rate, steps):
        for x, G_output in steps:
            net, found = self.network(pairs, x, slope=1.0)
            y = self.run(net, x, G_output.shape[1]) - G_output
            rows = CALLBACK(lambda n, i, o, *to: [memmove(p, a[n].ctypes, a[n].nbytes) for p, a in zip(to, (x, y))])
            FANN.fann_set_learning_rate(net, c_float(rate * len(x)))
            FANN.fann_train_epoch(net, c_void_p(FANN.fann_create_train_from_callback(*x.shape, y.shape[1], rows)))
            FANN.fann_get_connection_array(net, found.ctypes)
            parts = np.split(found['weight'], np.cumsum([w.size + b.size for w, b in pairs])[:-1])
            parts = [part.reshape(len(b), -1).T for part, (_, b) in zip(parts, pairs)]
            pairs = [(part[:-1], part[-1]) for part in parts]
        return pairs


if __name__ == '__main__':
    line.serve(Fann())
