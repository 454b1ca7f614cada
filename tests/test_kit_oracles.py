"""The right answers of the conformance kit, from three sources that share no line with it or with one another.

    exact page            every finite number of every case, to the last bit
    JAX                   within the tolerance of the case
    finite differences    to half an ulp, where no unit is at its kink; what lies in front of one everywhere

What is NaN or infinite is told by the table of `special_cells`; what is refused has no answer.
"""
import re

import numpy as np
import pytest

from mlp_py.conformance import cases, driving

from . import exact_reference, finite_differences, kit

LOSSES = 'regression', 'binary', 'select'
NETWORKS = 'forward', 'gradients', 'update', 'steps'


def finite(case):
    given = [driving.array(*field) for field in case.given.values()]
    expected = [array for array, _ in case.expected.values()]
    return case.result == 'valid' and all(np.isfinite(array).all() for array in (*given, *expected))


def with_rows(case):
    return all(0 not in driving.array(*field).shape for field in case.given.values())


KIT = [case for case in cases.read() if case.stage not in ('bits', 'invalid') and finite(case) and with_rows(case)]


def asked(*ops):
    return [case for case in KIT if case.op in ops]


def as_problem(case):
    """(problem, params, batches, rate) of a case of any operation, as a network and its minibatches; arrays.

    A product is a network of one layer without bias, a layer one whose output is what comes before the ReLU, a loss that
    of a layer that changes nothing.
    """
    given = {name: driving.array(*field) for name, field in case.given.items()}
    rate = float(given['rate'][0, 0]) if 'rate' in given else 1.0
    if case.op in LOSSES:
        size = given['output'].shape[1]
        return case.op, [{'w': np.eye(size), 'b': np.zeros(size)}], [(given['output'], given['y'])], rate
    if case.op in ('product', 'layer'):
        x, w = (given['a'], given['b']) if case.op == 'product' else (given['x'], given['w'])
        b = np.zeros(w.shape[1]) if case.op == 'product' else given['b'][0]
        return 'given', [{'w': w, 'b': b}], [(x, np.ones((len(x), w.shape[1])))], rate
    params = kit.params_of(case)
    if case.op == 'steps':
        return 'given', params, [(given[f'x{n}'], given[f'G{n}']) for n in range(1, 1 + kit.count(given, 'x'))], rate
    G = given.get('G_output', np.ones((len(given['x']), params[-1]['b'].size)))
    return 'given', params, [(given['x'], G)], rate


PATTERNS = ((r'hidden (\d+)', r'hidden\1'), (r'gradient ([wb]) (\d+)', r'G_\1\2'), (r'([wb]) (\d+)', r'\1\2'),
            ('input gradient', 'G_x'))


def in_the_words_of(case, steps):
    """{field of the kit: values}, from the steps of a page that names things as `exact_reference` does."""
    found = {}
    for n, step in enumerate(steps, 1):
        for name, values in step.items():
            for pattern, new in PATTERNS:
                if re.fullmatch(pattern, name):
                    name = re.sub(pattern, new, name)
                    break
            found[name] = values
        found[f'output{n}'] = found['c'] = found['sum'] = step['output']
    if case.op == 'layer':
        found['hidden'] = np.where(np.array(found['sum'], float) > 0, found['sum'], 0)
    return found


def by_fractions(case, monkeypatch):
    problem, params, batches, rate = as_problem(case)
    if case.op in LOSSES and np.abs(batches[0][0]).max() > 80:
        monkeypatch.setattr(exact_reference, 'FEWEST_BITS', 4096)      # with 128 and with 256, 1 + exp(-1000) is 1
    lists = [{name: values.tolist() for name, values in pair.items()} for pair in params]
    return exact_reference.steps(problem, lists, [(x.tolist(), y.tolist()) for x, y in batches], rate)


@pytest.mark.parametrize('op', [pytest.param(op, marks=[pytest.mark.full] * (op not in ('layer', 'steps', 'select')))
                                for op in ('product', 'layer', *NETWORKS, *LOSSES)])
def test_an_independent_page_has_the_same_numbers(op, monkeypatch):
    """Every expected number of every case, to the last bit; G_hidden is what it does not name."""
    compared = 0
    for case in asked(op):
        found = in_the_words_of(case, by_fractions(case, monkeypatch))
        for name, (expected, _) in case.expected.items():
            if not name.startswith('G_hidden'):
                assert np.array_equal(np.atleast_2d(found[name]), expected), (case.id, name)
                compared += 1
    assert compared >= len(asked(op)) > 15


def by_differences(case):
    """{field: integers}: all where it is smooth, else what lies in front of the kink."""
    problem, params, batches, rate = as_problem(case)
    steps = finite_differences.steps(problem, params, batches, rate)
    smooth = all(step['smooth'] for step in steps)
    found = in_the_words_of(case, steps) if case.op != 'layer' else {'sum': steps[0]['output']}
    return {name: values for name, values in found.items() if smooth or name.startswith(('output1', 'hidden'))}


def ordinary(case):
    """Numbers for which the step of the differences was chosen; exp of them has digits in fixed point."""
    sizes = np.abs(np.concatenate([np.ravel(driving.array(*field)) for field in case.given.values()]))
    return sizes.max() < (64 if case.op in LOSSES else 2.0**30) and sizes[sizes > 0].min(initial=1) > 2.0**-60


@pytest.mark.full
@pytest.mark.parametrize('op', ['product', 'layer', *NETWORKS, *LOSSES])
def test_finite_differences_agree(op):
    compared = 0
    for case in asked(op):
        found = by_differences(case) if ordinary(case) else {}
        for name in set(found) & set(case.expected):
            values = np.atleast_2d(found[name])
            refused = finite_differences.refused(case.expected[name][0].reshape(values.shape), values)
            assert not refused, (case.id, name, refused)
            compared += 1
    print(f'{op}: {compared} arrays of {len(asked(op))} cases')
    assert compared >= len(asked(op)) / 2


def by_jax(oracle, case):
    problem, params, batches, rate = as_problem(case)
    steps = []
    for x, y in batches:
        if problem != 'given':
            step = oracle.step(params, problem, x, y, rate)
            return {'loss': step.reported_loss, 'G_output': step.G_output}
        output, hiddens = oracle.layers(params, x)
        if case.op in ('forward', 'product', 'layer'):
            return in_the_words_of(case, [{'output': output, **{f'hidden {n}': h for n, h in enumerate(hiddens, 1)}}])
        gradients, input_gradient = oracle.pull_back(params, x, y)
        params = [{name: pair[name] - rate * gradient[name] for name in 'wb'} for pair, gradient in zip(params, gradients)]
        steps.append({'output': np.array(output), **{f'hidden {n}': np.array(h) for n, h in enumerate(hiddens, 1)},
                      'input gradient': input_gradient,
                      **{f'gradient {name} {n}': pair[name] for n, pair in enumerate(gradients, 1) for name in 'wb'},
                      **{f'{name} {n}': pair[name] for n, pair in enumerate(params, 1) for name in 'wb'}})
    return in_the_words_of(case, steps)


@pytest.mark.full
@pytest.mark.parametrize('op', ['product', 'layer', *NETWORKS, *LOSSES])
def test_jax_agrees(oracle, op):
    """JAX knows no subnormal numbers."""
    compared = 0
    for case in asked(op)[::1 + (op in NETWORKS)]:      # a network is compiled for each shape: every second one
        if 'Subnormal' in case.flags:
            continue
        found = by_jax(oracle, case)
        answer = {name: np.atleast_2d(np.array(found[name], float)) for name in case.expected if name in found}
        assert answer and not kit.wrong(case, answer, 'float64'), case.id
        compared += 1
    assert compared > 15


@pytest.mark.full
def test_a_wrong_number_is_refused(oracle, monkeypatch):
    """The comparisons above do see it: one ulp by the exact page and the differences, 1e-9 by JAX."""
    for case in (asked('gradients')[20], asked('update')[20], asked('select')[3]):
        name = next(name for name, (values, _) in case.expected.items() if values.any())
        values, mag = case.expected[name]
        place = np.unravel_index(np.abs(values).argmax(), values.shape)
        ulp, off = values.copy(), values.copy()
        ulp[place], off[place] = np.nextafter(values[place], np.inf), values[place] * (1 + 1e-9)
        exact = in_the_words_of(case, by_fractions(case, monkeypatch))
        assert not np.array_equal(np.atleast_2d(exact[name]), ulp)
        close = by_differences(case)
        assert name in close and finite_differences.refused(ulp.reshape(np.shape(close[name])), close[name])
        answer = {name: np.atleast_2d(np.array(by_jax(oracle, case)[name], float))}
        assert kit.wrong(case._replace(expected={name: (off, mag)}), answer, 'float64')
