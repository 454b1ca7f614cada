"""What the suite asks of a port: the thirteen functions of the lecture and its globals. Nothing else is needed.

A port is a module, a file or a notebook that holds the functions below as plain functions, and its state as globals
of the same place. The suite only does what a reader of the lecture would do at the prompt (`protocol`):

    port.RND_MEAN, port.RND_STD, port.LEARNING_RATE         set where absent
    port.input_cnt, port.output_cnt = 3, 2                  set
    port.set_hidden(4)  or  port.set_hidden([4, 3])         an integer: one hidden layer; a list: one for each width
    port.init_model()                                       makes pm_hidden or pm_hiddens, and pm_output
    port.pm_output['w'][...] = values                       the arrays are overwritten in place
    output, aux = port.forward_neuralnet(x)
    port.backprop_neuralnet(G_output, aux)                  moves the parameters that pm_* hold
    gradient = (before - after) / LEARNING_RATE             with a power of two as the rate

Shapes, with B rows, I inputs, H hidden units, O outputs:

    x (B, I)    pm_hidden {'w': (I, H), 'b': (H,)}    pm_output {'w': (H, O), 'b': (O,)}
    output (B, O)    aux [x, hidden] or [x, hidden_1, ..., hidden_n]    G_output (B, O)

The dicts in pm_* stay the same objects; their arrays may be changed in place (as the lecture does) or replaced.

Order of effects: backprop takes every gradient with the weights as they were in forward, then moves
p -= LEARNING_RATE * G_p, once. forward changes nothing; x, aux, G_output and what relu and relu_derv are given are only
read. The weights are drawn from NumPy's legacy global generator, in the order in which the layers follow one another,
and biases are zeros: arrays of float64, drawn anew by each call of init_model, which leaves hidden_config as it is. Nothing
else draws a number. What one call has seen or returned is not touched by the next.

What is printed is the port's own affair, unless it offers 'lines'. `python -m mlp_py check` puts the whole conformance kit
to a port, its NaN, infinities and batches of 0 rows included; pytest asks for these where a port offers 'special'. `check`
compares numbers alone: the order of effects, and what must not be touched, are asked by pytest.
"""

REQUIRED = {
    # name: (arguments, marker for pytest -m, where the lecture has it)
    'init_model_hidden1': ('', 'init_model_hidden1', '4.2'),
    'alloc_param_pair': ('shape', 'alloc_param_pair', '4.2'),
    'forward_neuralnet_hidden1': ('x', 'forward_hidden1', '4.2'),
    'relu': ('x', 'relu', '4.2'),
    'backprop_neuralnet_hidden1': ('G_output, aux', 'backprop_hidden1', '4.2'),
    'relu_derv': ('y', 'relu_derv', '4.2'),
    'init_model_hiddens': ('', 'init_model_hiddens', '4.3'),
    'forward_neuralnet_hiddens': ('x', 'forward_hiddens', '4.3'),
    'backprop_neuralnet_hiddens': ('G_output, aux', 'backprop_hiddens', '4.3'),
    'init_model': ('', 'init_model', '4.4'),
    'forward_neuralnet': ('x', 'forward', '4.4'),
    'backprop_neuralnet': ('G_output, hiddens', 'backprop', '4.4'),
    'set_hidden': ('info', 'set_hidden', '4.4'),
}

# Judged where a port has all of them, and a global `problem` that they go by; named in a skip where one is missing.
LOSSES = {
    'forward_postproc': ('output, y', 'postproc', 'chapters 1 to 3'),
    'backprop_postproc': ('G_loss, aux', 'postproc', 'chapters 1 to 3'),
    'eval_accuracy': ('output, y', 'postproc', 'chapters 1 to 3'),
    'run_train': ('x, y', 'postproc', 'chapter 1'),
}
GLOBALS = {'problem': "a global problem, 'regression', 'binary' or 'select', that the loss functions go by"}
WITH_LOSSES = (*LOSSES, *GLOBALS)

# What a port may offer beyond the lecture: a class Network in the module or its package, and the words of a tuple
# OFFERS there.
OFFERS = {
    'Network': 'the class Network',
    'float32': 'arrays of float32 in pm_*, in which everything is then computed',
    'errors': 'TypeError and ValueError for bad arguments, which then change nothing',
    'layouts': 'arguments of any layout and kind of number',
    'training': "all of the lecture's training loop (arrange_data to train_and_test), the three loaders included",
    'lines': 'init_model prints the line of the lecture that says which model it has made',
    'special': 'relu(z) is +0 for z <= 0 and lets NaN pass; a 0-row batch changes nothing',
}

CONSTANTS = {'RND_MEAN': 0, 'RND_STD': 0.0030, 'LEARNING_RATE': 0.001}

STATE = (*CONSTANTS, 'input_cnt', 'output_cnt', 'hidden_cnt', 'hidden_config', 'pm_output', 'pm_hidden', 'pm_hiddens',
         'data', 'shuffle_map', 'test_begin_idx', 'problem')

# In the order of the lecture: pytest -m forward_hidden1 runs what concerns that function alone.
MARKERS = ('relu', 'relu_derv', 'alloc_param_pair', 'init_model_hidden1', 'forward_hidden1', 'backprop_hidden1',
           'init_model_hiddens', 'forward_hiddens', 'backprop_hiddens', 'set_hidden', 'init_model', 'forward', 'backprop',
           'postproc', 'training')


def described(name):
    """'forward_neuralnet_hidden1(x), lecture 4.2', or what the word of OFFERS or the global stands for."""
    if name in OFFERS or name in GLOBALS:
        return OFFERS.get(name) or GLOBALS[name]
    arguments, _, where = {**REQUIRED, **LOSSES}[name]
    return f'{name}({arguments}), lecture {where}'
