"""PyTorch in float64: torch.nn.Sequential of Linear and ReLU, autograd, torch.optim.SGD.

The losses are as they are by default, cross_entropy with shares as labels; the gradients are autograd's.
"""
import torch
from torch import nn

from . import line


class Torch:
    def network(self, pairs):
        parts = []
        for w, b in pairs:
            parts += [nn.Linear(1, 1), nn.ReLU()]
            parts[-2].weight, parts[-2].bias = nn.Parameter(torch.tensor(w.T)), nn.Parameter(torch.tensor(b))
        return nn.Sequential(*parts)

    def run(self, net, x):      # x, sum1, hidden1, sum2, ..., output
        values = [torch.tensor(x, requires_grad=True)]
        for part in net:
            values.append(part(values[-1]))
        return values

    def product(self, a, b):
        return torch.tensor(a) @ torch.tensor(b)

    def layer(self, x, w, b):
        return self.run(self.network([(w, b)]), x)[1:]

    def forward(self, pairs, x):
        values = self.run(self.network(pairs)[:-1], x)
        return values[-1], values[2:-1:2]

    def gradients(self, pairs, x, G_output):
        net, count = self.network(pairs)[:-1], 2 * len(pairs)
        values = self.run(net, x)
        wanted = [*net.parameters(), *values[1:-1:2], values[0]]
        *found, G_x = torch.autograd.grad(values[-1], wanted, torch.tensor(G_output))
        return zip((w.T for w in found[:count:2]), found[1:count:2]), found[count:], G_x

    def train(self, pairs, rate, steps):
        net = self.network(pairs)[:-1]
        sgd = torch.optim.SGD(net.parameters(), lr=rate)
        for x, G_output in steps:
            sgd.zero_grad()
            self.run(net, x)[-1].backward(torch.tensor(G_output))
            sgd.step()
        return [(linear.weight.T, linear.bias) for linear in net[::2]]

    def loss(self, op, output, y):
        losses = {'regression': nn.functional.mse_loss, 'binary': nn.functional.binary_cross_entropy_with_logits,
                  'select': nn.functional.cross_entropy}
        output = torch.tensor(output, requires_grad=True)
        found = losses[op](output, torch.tensor(y))
        return found, *torch.autograd.grad(found, output)


if __name__ == '__main__':
    line.serve(Torch(), invalid=True)
