"""Golden cases: small networks with every quantity of one or two training steps, correctly rounded to float64.

    python -m tests.golden_cases            writes golden_cases.json again, the same bytes

Inputs are short dyadic numbers (multiples of 1/8), the same in float16, float32, float64 and in decimal; rates
are powers of two. The quantities are computed by `exact_reference` and rounded once. Numbers in the file are the shortest
decimals that give the same float64 back; a case is one line.

    problem     regression, binary, select, or given: a gradient G_output of the output instead of y
    kind        drawn: no unit comes near its kink; or what is special about the case
    steps       output, hidden 1, ..., loss (with the 1e-10 of select), G_output, gradient w 1, gradient b 1, ...,
                input gradient, and w 1, b 1, ... after the step
"""
import json
import random
from pathlib import Path

from . import exact_reference

FILE = Path(__file__).with_name('golden_cases.json')
SHAPES = (
    # problem, inputs, hidden widths, outputs, rows
    ('regression', 3, (), 2, 4), ('regression', 4, (5,), 1, 3), ('regression', 1, (2, 4, 3), 2, 2),
    ('binary', 5, (), 1, 5), ('binary', 3, (4,), 2, 1), ('binary', 4, (1, 3), 1, 2),
    ('select', 4, (), 3, 3), ('select', 2, (5,), 4, 2), ('select', 3, (2, 3, 4), 5, 2),
    ('given', 3, (2,), 2, 3), ('given', 2, (4, 3), 5, 2), ('given', 5, (1, 2, 3), 4, 5),
)
STEPS = (1, 1, 2, 2)            # of the drawn cases of each shape
NEAREST = 2.0**-7               # to 0, of any sum before a ReLU in a drawn case


def _eighths(rng, rows, columns, most=12):
    return [[(rng.randrange(2 * most + 1) - most) / 8 for _ in range(columns)] for _ in range(rows)]


def _labels(rng, problem, rows, outputs):
    if problem == 'given':
        return _eighths(rng, rows, outputs)
    if problem == 'regression':
        return [[entry or 0.5 for entry in row] for row in _eighths(rng, rows, outputs)]
    if problem == 'binary':
        return [[float(rng.randrange(2)) for _ in range(outputs)] for _ in range(rows)]
    labels = []
    for _ in range(rows):       # one-hot, or shares 3/4 and 1/4
        row, certain = [0.0] * outputs, rng.randrange(3)
        row[rng.randrange(outputs)] += 1.0 if certain else 0.75
        row[rng.randrange(outputs)] += 0.0 if certain else 0.25
        labels.append(row)
    return labels


def _drawn(shape, count, seed):
    problem, inputs, hidden, outputs, rows = shape
    rng = random.Random(f'{shape} {seed}')
    widths = (inputs, *hidden, outputs)
    params = [{'w': _eighths(rng, a, b), 'b': _eighths(rng, 1, b, 8)[0]} for a, b in zip(widths, widths[1:])]
    batches = [(_eighths(rng, rows, inputs), _labels(rng, problem, rows, outputs)) for _ in range(count)]
    return {'problem': problem, 'kind': 'drawn', 'learning_rate': 2.0**-rng.randrange(1, 4), 'params': params,
            'batches': batches}


def _zeroed(case, layers, name):
    params = [{'w': [[0.0] * len(row) for row in pair['w']], 'b': [0.0] * len(pair['b'])} if n in layers else pair
              for n, pair in enumerate(case['params'])]
    return {**case, 'kind': name, 'params': params}


def _special():
    """Kinks and saturated logits, in some of the shapes above."""
    for shape in (s for s in SHAPES if len(s[2]) == 1):
        case = _drawn(shape, 2, 'special')
        yield shape, _zeroed(case, range(len(case['params'])), 'all parameters 0')
        yield shape, _zeroed(case, [0], 'first layer 0')
        dead = [{**case['params'][0], 'b': [-64.0] * shape[2][0]}, *case['params'][1:]]
        yield shape, {**case, 'kind': 'first layer dead', 'params': dead}
    for shape in (s for s in SHAPES if s[0] in ('binary', 'select') and not s[2]):
        case = _drawn(shape, 1, 'special')
        large = [{'w': [[24 * entry for entry in row] for row in pair['w']], 'b': pair['b']} for pair in case['params']]
        yield shape, {**case, 'kind': 'saturated', 'params': large}


def _with_steps(case):
    asked = (case[name] for name in ('problem', 'params', 'batches', 'learning_rate'))
    return {**case, 'steps': exact_reference.steps(*asked)}


def _ordinary(case):
    """No unit near its kink in any step, and the first layer learns."""
    sums = [value for step in case['steps'] for name, z in step.items() if name.startswith('sum')
            for row in z for value in row]
    return (all(abs(value) >= NEAREST for value in sums)
            and all(any(map(any, step['gradient w 1'])) for step in case['steps']))


def _named(case, shape, number):
    """The case as it is kept: with a name, and without the sums, which no implementation shows."""
    problem, inputs, hidden, outputs, rows = shape
    steps = [{name: values for name, values in step.items() if not name.startswith('sum')} for step in case['steps']]
    widths = '-'.join(map(str, (inputs, *hidden, outputs)))
    return {'name': f'{problem} {widths} rows {rows} {case["kind"]} {number}', **case, 'steps': steps}


def built():
    """All cases, computed."""
    cases = []
    for shape in SHAPES:
        seed = 0
        for number, count in enumerate(STEPS, 1):
            while True:
                seed += 1
                try:
                    case = _with_steps(_drawn(shape, count, seed))
                except exact_reference.Undecided:
                    continue
                if _ordinary(case):
                    break
            cases.append(_named(case, shape, number))
    return cases + [_named(_with_steps(case), shape, 1) for shape, case in _special()]


def text(cases):
    return '[\n' + ',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases) + '\n]\n'


def read():
    return json.loads(FILE.read_text(encoding='ascii'))


if __name__ == '__main__':
    FILE.write_text(text(built()), encoding='ascii', newline='\n')
    print(f'{FILE.name}: {len(read())} cases, {FILE.stat().st_size:,} bytes')
