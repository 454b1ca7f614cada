"""Ports that remember what they should forget, or are wrong only where few look: each is refused, and none gets a false name.

Every one computes the right numbers in a single call on a small network; the stages see it in the next call.
"""
import numpy as np
import pytest

from mlp_py.conformance import wrong_ports

from . import messages, stages

F1, FN = 'def forward_neuralnet_hidden1(x):\n', 'def forward_neuralnet_hiddens(x):\n'
KEPT = '''
memory = {}
def kept(name, n, layer):
    """The same array for every call with layers of this shape."""
    memory.setdefault((name, n, layer.shape), layer)[...] = layer
    return memory[name, n, layer.shape]
'''
BY = '''
memory = {{}}
right = {name}
def {name}(x):
    if {key} not in memory:
        memory[{key}] = right(x)
    return memory[{key}]
'''
ONE, MANY = 'forward_neuralnet_hidden1', 'forward_neuralnet_hiddens'
FIRST = 'def {name}():\n    if memory.setdefault({key}, True):\n        memory[{key}] = False\n        right()\n'

# {name: ([(text, what takes its place), ...], what is written below)}
REMEMBERING = {
    'forward by the identity of x': ([], BY.format(name=ONE, key='id(x)')),
    'forward by the numbers of x': ([], BY.format(name=MANY, key='x.tobytes()')),
    'aux in one buffer': ([('return output, [x, hidden]', 'return output, [x, kept("one", 1, hidden)]')], KEPT),
    'output in one buffer': ([('return output, hiddens', 'return kept("many", 0, output), hiddens')], KEPT),
    'aux in a list that is used again': ([(FN, FN.replace('(x)', '(x, again=[])')), ('hiddens = [x]', 'again[:] = [x]'),
                                          ('hiddens.append', 'again.append'), ('return output, hiddens', 'return output, again')], ''),
    'aux of the last call': ([('    x, hidden = aux\n', '    x, hidden = memory["aux"]\n'),
                              ('return output, [x, hidden]', 'memory["aux"] = [x, hidden]\n    return output, [x, hidden]')],
                             '\nmemory = {}\n'),
    'weights drawn once': ([], '\nmemory = {}\nright = init_model_hidden1\n' + FIRST.format(
        name='init_model_hidden1', key='(input_cnt, hidden_cnt, output_cnt)')),
    'widths used up': ([('for hidden_cnt in hidden_config:', 'while hidden_config:\n        hidden_cnt = hidden_config.pop(0)')], ''),
    'the output among the widths': ([('    pm_output = alloc_param_pair([prev_cnt, output_cnt])',
                                      '    pm_output = alloc_param_pair([prev_cnt, output_cnt])\n    hidden_config.append(output_cnt)')], ''),
    'forward draws': ([(F1, F1 + '    np.random.normal()\n')], ''),
    'backprop seeds': ([('    hiddens = aux\n', '    hiddens = aux\n    np.random.seed(1)\n')], ''),
    'b of integers': ([('np.zeros(shape[-1])', 'np.zeros(shape[-1], int)')], ''),
    'b in float32': ([('np.zeros(shape[-1])', 'np.zeros(shape[-1], "float32")')], ''),
    'w in float32': ([('np.random.normal(RND_MEAN, RND_STD, shape)', 'np.random.normal(RND_MEAN, RND_STD, shape).astype("float32")')], ''),
    'rate of 1 at most': ([('-= LEARNING_RATE', '-= min(LEARNING_RATE, 1)')], ''),
    'rows beyond 16 lost': ([('G_b_out = np.sum(G_output, axis=0)', 'G_b_out = np.sum(G_output[:16], axis=0)')], ''),
    'units beyond 32 lost': ([('        hiddens.append(hidden)', '        hidden[:, 32:] = 0\n        hiddens.append(hidden)')], ''),
}


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[pytest.mark.full] * (n % 2)) for n, name in enumerate(REMEMBERING)])
def test_it_is_refused_and_gets_no_name(name):
    edits, below = REMEMBERING[name]
    text = wrong_ports.source()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    model = type(np)('remembering')
    exec(compile(text + below, 'remembering', 'exec'), model.__dict__)
    with np.errstate(all='ignore'), pytest.raises(messages.Failure) as caught:
        stages.check(model)
    assert 'diagnosis: unknown: none' in str(caught.value), str(caught.value)
