"""PyTorch as a contestant: eager, backprop by hand, every product into an array that is there already; or compiled."""

import contextlib
import os

from .contestants import Contestant


class PyTorch(Contestant):
    """The update of a layer is part of its product.

    The bias is one more row of w (as it lies in theta), with an input that is always 1. An epoch's rows are gathered
    at once, its losses taken at once. Forms: (way, number of threads). Where the threads are given, a regression is
    tried compiled as well (torch.compile), which takes seconds.
    """

    name, way = "PyTorch", "by hand"

    def _start(self, theta):
        import torch
        self.torch, self.type = torch, getattr(torch, self.dtype.name)
        with torch.inference_mode():
            self.flat = torch.from_numpy(theta).clone()
            sizes = [(i + 1) * o for i, o in self.shapes]
            self.w = [part.view(i + 1, o) for part, (i, o) in zip(self.flat.split(sizes), self.shapes)]
        self.buffers = {}
        self.threads, self.compiled = getattr(self, "threads", 1), getattr(self, "compiled", {})

    def theta(self):
        return self.flat.numpy().copy()

    def _convert(self, x, y):
        return self.torch.from_numpy(x), self.torch.from_numpy(y)

    def _forms(self, threads):
        if threads is None:
            return [("by hand", count) for count in sorted({1, os.cpu_count() or 1})]
        return [(way, threads) for way in ("by hand", "compiled") if way == "by hand" or self.problem == "regression"]

    def tune(self, x, y, order, rows, learning_rate, patience=60.0, threads=None):
        """On fifty steps: on a busy machine many threads take a hundred times as long as one. A draw is for one."""
        best, one = super().tune(x, y, order[:50 * rows], rows, learning_rate, patience, threads), ("by hand", 1)
        if best and threads is None and self.trials[best] > 0.9 * self.trials[one]:
            self._use(one)
            return one
        return best

    def _use(self, form):
        self.way, self.threads = form
        self.form = f"{self.way}, {self.threads} thread{'s' * (self.threads > 1)}"

    @contextlib.contextmanager
    def taking(self, threads):
        before = self.torch.get_num_threads()
        self.torch.set_num_threads(threads)
        try:
            yield
        finally:
            self.torch.set_num_threads(before)

    def epoch(self, x, y, order, rows, learning_rate):
        torch, before = self.torch, self.torch.get_num_threads()
        if before != self.threads:
            torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                run = self._epoch if self.way == "by hand" else self._compiled_epoch
                return run(*self._own(x, y), torch.from_numpy(order), rows, learning_rate)
        finally:                    # the setting may reach other libraries' OpenMP in this process
            if before != self.threads:
                torch.set_num_threads(before)

    def _epoch(self, x, y, order, rows, learning_rate):
        torch = self.torch
        ones = torch.ones(len(order), self.widths[0] + 1, dtype=self.type)
        ones[:, :-1] = x[order]
        y, outputs = y[order], torch.empty(len(order), self.widths[-1], dtype=self.type)
        errors = outputs if self.problem == "regression" else torch.empty_like(outputs)
        for batch in zip(*(array.split(rows) for array in (ones, y, outputs, errors))):
            self.step(*batch, learning_rate)
        if self.problem == "regression":
            return outputs.square().mean().item()
        if self.problem == "binary":
            return torch.nn.functional.binary_cross_entropy_with_logits(outputs, y).item()
        return -(y * (outputs.softmax(1) + 1e-10).log()).sum().item() / len(order)

    def step(self, x, y, output, error, learning_rate):
        """One training step, in inference mode.

        x (B, I + 1), its last column ones; y (B, O); output and error (B, O) are written: output, and its error, which
        is 1 / `scale` of G_output. For a regression they may be one array, which then holds the error.
        """
        torch, rows, last = self.torch, len(x), len(self.w) - 1
        if rows not in self.buffers:
            self.buffers[rows] = self._new_buffers(rows)
        hidden, inner, hidden_t, G, w_t = self.buffers[rows]
        scale = {"regression": 2 / self.widths[-1], "binary": 1 / self.widths[-1], "select": 1}[self.problem] / rows
        mm, relu_derv, h = torch.mm, torch.ops.aten.threshold_backward.grad_input, x
        for n in range(last):
            mm(h, self.w[n], out=inner[n + 1]).relu_()
            h = hidden[n + 1]
        mm(h, self.w[last], out=output)
        if self.problem == "binary":
            torch.sigmoid(output, out=error)
        elif self.problem == "select":
            torch.softmax(output, 1, out=error)
        g = error.sub_(y)
        for n in range(last, 0, -1):
            mm(g, w_t[n], out=G[n])
            self.w[n].addmm_(hidden_t[n], g, alpha=-learning_rate * scale)
            g = relu_derv(G[n], inner[n], 0, grad_input=G[n])
        self.w[0].addmm_(x.t(), g, alpha=-learning_rate * scale)

    def _compiled_epoch(self, x, y, order, rows, learning_rate):
        torch = self.torch
        if self.threads not in self.compiled:
            import torch._inductor.config as inductor
            inductor.compile_threads = 1                        # in this process: no others stay beside the timed ones
            if not self.compiled:
                torch.compiler.reset()                          # of each function it keeps a few shapes only
            self.compiled[self.threads] = torch.compile(_step, fullgraph=True, dynamic=False)
        step = self.compiled[self.threads]
        batches = zip(x[order].split(rows), y[order].split(rows))
        losses = [step(torch, self.w, *batch, learning_rate) for batch in batches]
        return torch.stack(losses).mean().item()

    def _new_buffers(self, rows):
        """The inputs of the layers with a column of ones, without it, transposed; their gradients; w.T without b."""
        torch = self.torch
        hidden = [torch.ones(rows, i + 1, dtype=self.type) for i, _ in self.shapes]
        return (hidden, [h[:, :-1] for h in hidden], [h.t() for h in hidden],
                [torch.empty(rows, i, dtype=self.type) for i, _ in self.shapes], [w[:-1].t() for w in self.w])


def _step(torch, layers, x, y, rate):
    """A training step on a regression for torch.compile: w over b in each layer, changed in place; returns the loss."""
    inputs, h = [], x
    for n, layer in enumerate(layers):
        inputs.append(h)
        h = torch.addmm(layer[-1], h, layer[:-1])
        if n + 1 < len(layers):
            h = h.relu()
    error = h - y
    G = error * (2 / error.numel())
    for n in range(len(layers) - 1, -1, -1):
        below = torch.where(inputs[n] > 0, G @ layers[n][:-1].t(), 0) if n else None
        layers[n][:-1].addmm_(inputs[n].t(), G, alpha=-rate)
        layers[n][-1].sub_(G.sum(0), alpha=rate)
        G = below
    return error.square().mean()
