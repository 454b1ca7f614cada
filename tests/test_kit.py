"""The data of the conformance kit: whole, in the form that SPEC.md tells, and its two texts."""
import hashlib
import json
import re
import struct

import numpy as np
import pytest

from mlp_py.conformance import cases

from . import kit

KIT = cases.read()
BY_ID = {case.id: case for case in KIT}
MANIFEST = json.loads((cases.FOLDER / 'MANIFEST.json').read_text(encoding='utf-8'))
SPEC = (cases.FOLDER.parent / 'SPEC.md').read_text(encoding='utf-8')
LOSSES = ('regression', 'binary', 'select')


# ---- whole ----------------------------------------------------------------------------------------------------------

def test_the_files_are_those_of_the_manifest():
    assert MANIFEST['version'] == cases.VERSION == 1 and MANIFEST['license'] == 'CC0-1.0'
    there = {path.name: path.read_bytes() for path in cases.FOLDER.iterdir()}
    names = {f'{stage}.json' for stage in (*cases.STAGES, 'fingerprints')}
    assert set(there) - {'MANIFEST.json'} == set(MANIFEST['files']) == names
    for name, told in MANIFEST['files'].items():
        assert hashlib.sha256(there[name]).hexdigest() == told['sha256'], name
        if name != 'fingerprints.json':
            found = [case for case in KIT if case.stage == name[:-5]]
            assert len(found) == told['cases'], name
            for result in ('valid', 'invalid', 'acceptable'):
                assert sum(case.result == result for case in found) == told.get(result, 0), (name, result)


def test_there_are_enough():
    counts = {result: sum(case.result == result for case in KIT) for result in ('valid', 'invalid', 'acceptable')}
    print(counts, {stage: MANIFEST['files'][f'{stage}.json']['cases'] for stage in cases.STAGES})
    assert counts['valid'] >= 400 and counts['invalid'] >= 60 and counts['acceptable'] >= 10
    assert {case.given['a'][1] for case in KIT if case.stage == 'product'} >= {*range(1, 36), 63, 64, 65, 127, 128, 129}


def test_shapes_meet_pair_by_pair():
    """Each two of rows, inputs, hidden configuration, outputs: all combinations of the levels that there are."""
    for stage in ('forward', 'gradients', 'update'):
        designs = set()
        for case in KIT:
            if case.stage == stage and 'Pairwise' in case.flags:
                widths = [case.given[name][1] for name in case.given if re.fullmatch(r'w\d+', name)]
                designs.add((case.given['x'][0], case.given['x'][1], tuple(widths[:-1]), widths[-1]))
        levels = [sorted({design[k] for design in designs}) for k in range(4)]
        assert levels[0] == [1, 2, 3, 5] and len(levels[2]) == 8 and () in levels[2] and (2,) * 8 in levels[2]
        for i in range(4):
            for j in range(i):
                met = {(design[i], design[j]) for design in designs}
                assert len(met) == len(levels[i]) * len(levels[j]), (stage, i, j)


def test_reading_some_stages():
    assert [case.id for case in cases.read(['loss', 'layer'])] == [c.id for c in KIT if c.stage in ('layer', 'loss')]
    with pytest.raises(ValueError, match="stages: expected names from product, layer, .*, got 'lyer'"):
        cases.read(['lyer'])


# ---- the form -------------------------------------------------------------------------------------------------------

def layers(case):
    return sum(re.fullmatch(r'w\d+', name) is not None for name in case.given)


def table(case):
    """Names of the fields, given and of the answer, as SPEC's table has them."""
    pairs = [f'{key}{n}' for n in range(1, layers(case) + 1) for key in 'wb']
    hidden = [f'hidden{n}' for n in range(1, layers(case))]
    count = sum(re.fullmatch(r'x\d+', name) is not None for name in case.given)
    return {'product': (['a', 'b'], ['c']),
            'layer': (['x', 'w', 'b'], ['sum', 'hidden']),
            'forward': (['x', *pairs], ['output', *hidden]),
            'gradients': (['x', *pairs, 'G_output'],
                          [*(f'G_{name}' for name in pairs), *(f'G_{name}' for name in hidden), 'G_x']),
            'update': (['x', *pairs, 'G_output', 'rate'], pairs),
            'steps': ([*pairs, 'rate', *(f'{key}{n}' for n in range(1, count + 1) for key in 'xG')],
                      [*pairs, *(f'output{n}' for n in range(1, count + 1))]),
            **dict.fromkeys(LOSSES, (['output', 'y'], ['loss', 'G_output']))}[case.op]


def sizes(case):
    """The shape of each field of the answer, from the shapes of those given."""
    shapes = {name: field[:2] for name, field in case.given.items()}
    if case.op == 'product':
        return {'c': (shapes['a'][0], shapes['b'][1])}
    if case.op == 'layer':
        return dict.fromkeys(('sum', 'hidden'), (shapes['x'][0], shapes['w'][1]))
    if case.op in LOSSES:
        return {'loss': (1, 1), 'G_output': shapes['output']}
    rows, outputs = shapes.get('x', shapes.get('x1'))[0], shapes[f'b{layers(case)}'][1]
    between = {f'hidden{n}': (rows, shapes[f'b{n}'][1]) for n in range(1, layers(case))}
    pairs = {name: shape for name, shape in shapes.items() if name[0] in 'wb'}
    return {**pairs, **{f'G_{name}': shape for name, shape in (*pairs.items(), *between.items())}, **between,
            'G_x': shapes.get('x'), **{f'output{n}': (rows, outputs) for n in ('', *range(1, 11))}}


def test_every_case_has_the_form_of_the_specification():
    number = re.compile(r'-?\d+(\.\d+)?(e[+-]\d+)?|nan|-?inf')
    for case in KIT:
        assert re.fullmatch(rf'{case.stage}/\d\d\d', case.id) and BY_ID[case.id] is case
        assert case.op == case.stage or case.stage in ('special', 'loss', 'bits', 'invalid')
        given, answer = table(case)
        assert list(case.given) == given, case.id
        assert case.result == 'invalid' and not case.expected or list(case.expected) == answer, case.id
        assert (case.result == 'invalid') == (case.stage == 'invalid'), case.id
        assert set(case.flags) <= set(MANIFEST['flags']) and 3 < len(case.comment) <= 120, case.id
        for name, (rows, columns, texts) in case.given.items():
            assert len(texts) == rows * columns and all(map(number.fullmatch, texts)), (case.id, name)
            assert case.result == 'invalid' or (rows == 1 or name[0] != 'b' or case.op == 'product'), (case.id, name)
            assert case.result == 'invalid' or (rows, columns) == (1, 1) or name != 'rate', case.id
    assert {flag for case in KIT for flag in case.flags} == set(MANIFEST['flags'])


def test_inputs_are_short_binary_fractions():
    """Multiples of 2^-6 that float16 holds, at most 8 where drawn; in cases for one type alone, numbers of that type."""
    for case in KIT:
        for _, _, texts in case.given.values():
            values = np.array(texts, float)
            finite = values[np.isfinite(values)]
            if case.dtype:
                assert (finite.astype(case.dtype) == finite).all() or case.dtype == 'float32', case.id
                continue
            assert (finite * 64 % 1 == 0).all() and (finite.astype('float16') == finite).all(), case.id
            if 'Pairwise' in case.flags or 'Length' in case.flags:
                assert (np.abs(finite) <= 8).all(), case.id


def test_inputs_of_float32_read_back():
    """Nine digits are the same float32, whether read at once or by way of float64."""
    for case in KIT:
        if case.dtype == 'float32':
            for text in (text for _, _, texts in case.given.values() for text in texts):
                value = np.float32(text)
                assert float(text) == value or f'{value:.9g}' == text, case.id


def test_answers_have_the_right_shape_and_tolerance():
    for case in KIT:
        shapes = sizes(case) if case.expected else {}
        for name, (expected, mag) in case.expected.items():
            assert expected.shape == mag.shape == tuple(shapes[name]), (case.id, name)
            assert np.isfinite(mag).all() and (mag >= 0).all() and (mag[~np.isfinite(expected)] == 0).all()
            assert not mag.any() or not {'Exact', 'Bits', 'Fingerprint'} & set(case.flags), case.id
            zeros = expected[expected == 0]
            assert not np.signbit(zeros).any() or 'Bits' in case.flags, case.id


def test_tolerances_hide_nothing():
    """In float32 half of a tolerance is at most 2^-9 of the largest number of its array, in every drawn case."""
    for case in KIT:
        if case.stage in ('product', 'layer', 'forward', 'gradients', 'update', 'steps'):
            for name, (expected, mag) in case.expected.items():
                assert 2.0**-23 * mag.max() <= 2.0**-9 * np.abs(expected).max(), (case.id, name)


# ---- the texts ------------------------------------------------------------------------------------------------------

def fields(tokens):
    """{name: (rows, columns, [tokens])} of the tokens behind the head of a line."""
    found, at = {}, 0
    while at < len(tokens):
        name, rows, columns = tokens[at], int(tokens[at + 1]), int(tokens[at + 2])
        found[name] = rows, columns, tokens[at + 3:at + 3 + rows * columns]
        at += 3 + rows * columns
    return found


def test_the_line_of_a_case_says_all():
    for case in KIT:
        name, op, *tokens = cases.text(case).split(' ')
        assert (name, op) == (case.id, case.op) and fields(tokens) == case.given


def test_the_line_for_a_judge_says_all():
    signed = 0
    for case in KIT:
        name, result, dtype, *tokens = cases.expected_text(case).split(' ')
        assert (name, result, dtype) == (case.id, case.result, case.dtype or 'any')
        found = fields(tokens)
        assert list(found) == [key + '?' * cases.may_be_left_out(case.op, key) for key in case.expected]
        for (rows, columns, texts), (expected, mag) in zip(found.values(), case.expected.values()):
            assert (rows, columns) == expected.shape
            for text, value, size in zip(texts, expected.ravel(), mag.ravel()):
                bits, _, told = text.partition('~')
                if bits == 'nan':
                    assert np.isnan(value) and not told
                    continue
                read, = struct.unpack('>d' if len(bits) == 16 else '>f', bytes.fromhex(bits))
                assert read == value and np.signbit(read) == np.signbit(value) and float(told or 0) == size
                assert (told == '0') == ('SignedZero' in case.flags and value == 0)
                assert len(bits) == (8 if case.stage == 'bits' and case.dtype == 'float32' else 16)
                signed += told == '0'
    assert signed > 10


def test_the_worked_case_of_the_specification():
    """Every number that it prints: the lines of the cases, the right answers, bits, mag, and the sums by hand."""
    lines = re.sub(r'\n +(?=G_output 1 2)', ' ', SPEC)
    update, loss = BY_ID['update/067'], BY_ID['loss/025']
    for case in (update, loss):
        assert f'\n    {cases.text(case)}\n' in lines
        begin = f'    {case.id} {list(case.expected)[0]} '
        [answer] = [fields(line.split()[1:]) for line in lines.split('\n') if line.startswith(begin)]
        read = {name: np.array(texts, float).reshape(rows, columns) for name, (rows, columns, texts) in answer.items()}
        assert list(read) == list(case.expected)
        assert all(np.array_equal(read[name], expected) for name, (expected, _) in case.expected.items())
    assert not any(mag.any() for _, mag in update.expected.values())
    [[value]], [[mag]] = loss.expected['loss']
    assert f'bits {struct.pack(">d", value).hex()}, mag {mag:g}' in SPEC and f'{value:.17g}' in SPEC
    told = re.search(r'off by (\S+) in float64 and by (\S+) in float32', SPEC)
    for dtype, bound in zip(kit.DTYPES, told.groups()):
        assert abs(float(bound) - 2 * kit.UNIT[dtype] * mag) < 0.01 * float(bound)
