"""Edits of the lecture's text typed in: its lines under short names, and many of them edited at once.

An edit is (function, line, what stands there instead); a line may become several, or none. Every function here returns
a tuple of edits. Indentation is that of the line.
"""

FORWARD = 'forward_neuralnet_hidden1', 'forward_neuralnet_hiddens'
BACKPROP = 'backprop_neuralnet_hidden1', 'backprop_neuralnet_hiddens'
F1, FN, B1, BN = FORWARD[:1], FORWARD[1:], BACKPROP[:1], BACKPROP[1:]

HIDDEN_1 = "hidden = relu(np.matmul(x, pm_hidden['w']) + pm_hidden['b'])"
HIDDEN_N = "hidden = relu(np.matmul(hidden, pm_hidden['w']) + pm_hidden['b'])"
OUTPUT = "output = np.matmul(hidden, pm_output['w']) + pm_output['b']"
G_W = 'G_w_out = np.matmul(g_output_w_out, G_output)', 'G_w_hid = np.matmul(g_hidden_w_hid, G_hidden)'
G_B = 'G_b_out = np.sum(G_output, axis=0)', 'G_b_hid = np.sum(G_hidden, axis=0)'
BACK_OUTPUT = 'G_hidden = np.matmul(G_output, g_output_hidden)'
BACK_HIDDEN = 'G_hidden = np.matmul(G_hidden, g_hidden_hidden)'
MASK_1, MASK_N = 'G_hidden = G_hidden * relu_derv(hidden)', 'G_hidden = G_hidden * relu_derv(hiddens[n + 1])'
LOOP = 'for n in reversed(range(len(pm_hiddens))):'
UPDATED_OUTPUT, UPDATED_N = "pm_output['b'] -= LEARNING_RATE * G_b_out", "pm_hiddens[n]['b'] -= LEARNING_RATE * G_b_hid"
WEIGHT, BIAS = 'weight = np.random.normal(RND_MEAN, RND_STD, shape)', 'bias = np.zeros(shape[-1])'


def edit(functions, old, new):
    return tuple((function, old, new) for function in functions)


def part(functions, lines, old, new):
    """In each function and line, `old` becomes `new`."""
    return tuple((function, line, line.replace(old, new)) for function in functions for line in lines)


def update(old, new, layers=('output', 'hidden'), names='wb'):
    """In the lines that update parameters, `old` becomes `new`; old None: the lines go."""
    edits = ()
    for function, hidden in zip(BACKPROP, ('pm_hidden', 'pm_hiddens[n]')):
        for layer, pair, short in (('output', 'pm_output', 'out'), ('hidden', hidden, 'hid')):
            lines = [f"{pair}['{name}'] -= LEARNING_RATE * G_{name}_{short}" for name in names if layer in layers]
            edits += tuple((function, line, '' if old is None else line.replace(old, new)) for line in lines)
    return edits


def masks(one, many):
    return edit(B1, MASK_1, one) + edit(BN, MASK_N, many)


def hidden_lines(old, new):
    return part(F1, [HIDDEN_1], old, new) + part(FN, [HIDDEN_N], old, new)


def first(line):
    """`line` as the first line of forward, in both versions."""
    return edit(F1, HIDDEN_1, f'{line}\n{HIDDEN_1}') + edit(FN, 'hidden = x', f'{line}\nhidden = x')


def last(line):
    """`line` behind the computation of the output, in both versions."""
    return edit(FORWARD, OUTPUT, f'{OUTPUT}\n{line}')


def outset(line):
    """`line` as the first line of backprop, in both versions."""
    return edit(B1, 'x, hidden = aux', f'{line}\nx, hidden = aux') + edit(BN, 'hiddens = aux', f'{line}\nhiddens = aux')


def delayed(line, function, behind):
    """`line` of one function moves behind another line."""
    return edit(function, line, '') + edit(function, behind, f'{behind}\n{line}')
