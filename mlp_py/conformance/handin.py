"""One hand-in, in a process of its own: python -m mlp_py.conformance.handin NAME RESULT [korean] [STAGE ...]

NAME is a .py or .ipynb file in the working folder, which is a copy. What came out is written to the file RESULT as
JSON; whatever the hand-in prints, or does to its streams, is nobody's concern.
"""
import json
import os
import sys

from . import cases, module, ports, table
from .loading import load
from .wording import Speaker, number


def examined(name, say, stages=()):
    """{'state', 'stages right', 'worst ratio', 'first', 'diagnosis'} of one hand-in: the cells of the report."""
    try:
        port = load(name)
    except ports.UnusablePort as error:
        return cells(say('unusable'), first=str(error))
    optional = () if stages else [stage for stage in cases.STAGES if stage not in cases.REQUIRED]
    asked = [case for case in cases.read(stages or None) if case.dtype != 'float32']
    outcome = module.check(port, asked, optional, not stages)
    seen = [{outcome.verdicts[n].status for n in numbers} for numbers in outcome.stages().values()]
    seen = [statuses for statuses in seen if statuses != {'skipped'}]
    found = cells(say('right' if outcome.is_right() else 'wrong'),
                  f"{sum('wrong' not in statuses for statuses in seen)}/{len(seen)}", ratio(outcome.worst()))
    if not outcome.is_right():
        found['first'] = sentence(outcome, say)
        found['diagnosis'] = table.fault_text(outcome.fault, say) if outcome.fault else ''
    return {**found, 'is right': outcome.is_right()}


def cells(state, stages_right='', worst='', first='', diagnosis=''):
    return {'state': state, 'stages right': stages_right, 'worst ratio': worst, 'first': first, 'diagnosis': diagnosis}


def ratio(worst):
    return '' if worst is None else f'{worst:.3g}'


def sentence(outcome, say):
    """The first failure in one line; where functions are missing, all of them."""
    if outcome.manners:
        return '; '.join(say.problem(problem) for problem, _ in outcome.manners)
    n = outcome.first()
    case, verdict = outcome.cases[n], outcome.verdicts[n]
    text = f'{case.id}: {say.problem(verdict.problem)}'
    if 'expected' in verdict.details:
        expected, got = number(verdict.details['expected']), number(verdict.details['got'])
        text += f"; {say('expected').strip()} {expected}; {say('got').strip()} {got}"
    if verdict.details.get('relation'):
        text += f"; {say.relation(verdict.details['relation'])}"
    return text


def main(name, result, *words):
    stages = [word for word in words if word in cases.STAGES]
    found = examined(name, Speaker('korean' in words), stages)
    with open(result + '.part', 'w', encoding='utf-8') as file:
        json.dump(found, file)
    os.replace(result + '.part', result)
    os._exit(0)                         # threads that the hand-in has left are not waited for


if __name__ == '__main__':
    main(*sys.argv[1:])
