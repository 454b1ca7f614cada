"""All stages, and their form in the files: one case a line."""
import hashlib
import json

from .. import cases
from . import (bits_cases, faults, fingerprint_cases, invalid_cases, layer_cases, loss_cases, network_cases,
               nonfinite_cases, special_cases)

# What a case is there for, in the words of its flags.
FLAGS = {
    'Bits': 'every bit counts: fma, in the order that SPEC.md gives', 'DeadLayer': 'a layer whose units are all off',
    'Decider': 'tells apart two mistakes with the same answers elsewhere', 'Empty': 'no rows',
    'Exact': 'no rounding in any order of summation: the answer must be equal',
    'Fingerprint': 'mistakes are told by it', 'Infinity': 'infinities', 'Kink': 'a unit at exactly 0',
    'Length': 'a length of an inner sum', 'NaN': 'NaN',
    'NoHidden': 'no hidden layer', 'Overflow': 'beyond the largest number of the type',
    'Pairwise': 'each pair of rows, inputs, hidden layers, outputs', 'Rate': 'a rate that is not finite',
    'Saturated': 'exp overflows or vanishes', 'Shape': 'shapes', 'Sign': 'signs', 'SignedZero': 'the sign of 0 counts',
    'Square': 'square arrays, into which a transpose would fit, too', 'Steps': 'several updates in a row',
    'Subnormal': 'numbers below the normal ones', 'Wide': 'more digits than the next smaller type has', 'Zero': 'zeros',
    'ZeroLogit': 'logits that are 0, or equal', 'ZeroWeights': 'weights of 0',
}


def stages():
    """{stage: [Made, ...]}."""
    special, nonfinite = special_cases, nonfinite_cases
    specials = (special.kinks, special.dead_layers, special.zeros, special.edges, nonfinite.nan, nonfinite.infinities,
                nonfinite.signed_zeros, nonfinite.of_one_type, fingerprint_cases.wide)
    return {
        'product': [*layer_cases.product()],
        'layer': [*layer_cases.layer(), *fingerprint_cases.layer()],
        **{op: [*network_cases.pairwise(op), *fingerprint_cases.of(op)] for op in ('forward', 'gradients', 'update')},
        'steps': [*network_cases.steps(), *fingerprint_cases.of('steps')],
        'special': [case for part in specials for case in part()],
        'loss': [*loss_cases.regression(), *loss_cases.binary(), *loss_cases.select()],
        'bits': [*bits_cases.bits()],
        'invalid': [*invalid_cases.invalid()],
    }


def entry(stage, number, case):
    """A case as it is in the file."""
    made = {'id': f'{stage}/{number:03}', 'op': case.op, 'result': case.result, 'flags': list(case.flags),
            'comment': case.comment}
    if case.dtype:
        made['dtype'] = case.dtype
    made['in'] = {name: [rows, columns, ' '.join(texts)] for name, (rows, columns, texts) in case.given.items()}
    if case.out is not None:
        made['out'] = {name: [rows, columns, ' '.join(texts), *_unless_all_0(mags)]
                       for name, (rows, columns, texts, mags) in case.out.items()}
    return made


def _unless_all_0(mags):
    return [' '.join(mags)] if set(mags) - {'0'} else []


def files():
    """{name: text} of all files of the kit's data."""
    written, everything, counts = {}, [], {}
    for stage, made in stages().items():
        entries = [entry(stage, number, case) for number, case in enumerate(made, 1)]
        everything += [cases.case_of(stage, one) for one in entries]
        lines = ',\n'.join(json.dumps(one, separators=(',', ':')) for one in entries)
        written[f'{stage}.json'] = f'{{"stage":"{stage}","cases":[\n{lines}\n]}}\n'
        counts[f'{stage}.json'] = {'cases': len(entries), **{result: n for result in ('valid', 'invalid', 'acceptable')
                                                             if (n := sum(one['result'] == result for one in entries))}}
    written['fingerprints.json'] = faults.document(everything)
    counts['fingerprints.json'] = {'faults': written['fingerprints.json'].count('{"key":')}
    manifest = {'version': cases.VERSION, 'license': 'CC0-1.0', 'generator': 'mlp_py.conformance.generator, version 1',
                'flags': FLAGS,
                'files': {name: {**counts[name], 'sha256': hashlib.sha256(content.encode()).hexdigest()}
                          for name, content in written.items()}}
    written['MANIFEST.json'] = json.dumps(manifest, indent=1) + '\n'
    return written
