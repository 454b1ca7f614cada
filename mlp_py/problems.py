"""The three problems: what is reported as loss and accuracy, and the gradient that training uses.

| problem    | loss                                                  | G_output                 | accuracy                         |
| ---------- | ----------------------------------------------------- | ------------------------ | -------------------------------- |
| regression | mean((output - y)**2) over all entries                | 2 (output - y) / size    | 1 - mean(abs((output - y) / y))  |
| binary     | mean(relu(x) - x z + log(1 + exp(-abs(x))))           | (sigmoid(x) - z) / size  | share of (x > 0) == (z > 0.5)    |
| select     | mean over rows of -sum(labels log(softmax + 1e-10))   | (softmax - labels) / rows| share of equal argmax            |

output and y are (B, O) in the network's dtype; terms are computed in that dtype and summed in float64.
The 1e-10 belongs to the reported loss only: G_output is the gradient of the loss without it.
Source: chapters 1 (regression), 2 (binary) and 3 (select) of the lecture.
"""

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)), in a form whose exp never overflows."""
    return np.exp(-np.maximum(-x, 0)) / (1 + np.exp(-np.abs(x)))


def softmax(x):
    """exp(x) / sum(exp(x)) along a row; the row's maximum is subtracted first, so that no exp overflows."""
    raised = np.exp(x - np.max(x, axis=1, keepdims=True))
    return raised / np.sum(raised, axis=1, keepdims=True)


def loss(problem, output, y):
    """The reported loss, a float."""
    if problem == "regression":
        return float(np.mean((output - y) ** 2, dtype=np.float64))
    if problem == "binary":
        terms = np.maximum(output, 0) - output * y + np.log(1 + np.exp(-np.abs(output)))
        return float(np.mean(terms, dtype=np.float64))
    terms = y * np.log(softmax(output) + 1e-10)
    return float(-np.sum(terms, dtype=np.float64) / output.shape[0])


def G_output(problem, output, y):
    """The gradient of the loss with respect to the output, (B, O)."""
    if problem == "regression":
        return 2 * (output - y) / output.size
    if problem == "binary":
        return (sigmoid(output) - y) / output.size
    return (softmax(output) - y) / output.shape[0]


def accuracy(problem, output, y):
    """The lecture's accuracy, a float: a share of right answers, for regression 1 - mean relative error."""
    if problem == "regression":
        return float(1 - np.mean(np.abs((output - y) / y), dtype=np.float64))
    if problem == "binary":
        return float(np.mean((output > 0) == (y > 0.5)))
    return float(np.mean(np.argmax(output, axis=1) == np.argmax(y, axis=1)))


def probabilities(problem, output):
    """What a user calls the prediction: the output itself, its sigmoid, or its softmax."""
    if problem == "regression":
        return output
    return sigmoid(output) if problem == "binary" else softmax(output)
