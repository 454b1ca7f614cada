"""Ports that compute rightly and behave badly: python tests/ports/bad_manners.py NAME ANSWERS TURN

ANSWERS is a file with the right answer to each case, as a line; they are spoilt on the way out. The functions get the
answers one by one, as the cases come in, and yield what is printed in their place. TURN is the ID of the case at which
it happens, for those to which it happens once.
"""
import os
import subprocess
import sys
import time

TURN = ''


def right(answers):
    yield from answers


def at_the_end(answers):
    """Right, but nothing is printed before the input has ended."""
    yield from list(answers)


def hangs(answers):
    for answer in answers:
        if answer.startswith(TURN + ' '):
            time.sleep(1000)
        yield answer


def hangs_at_the_end(answers):
    """As `hangs`, with all earlier answers still unprinted."""
    yield from list(hangs(answers))


def crashes(answers):
    for answer in answers:
        if answer.startswith(TURN + ' '):
            print('Traceback\nKeyError: 37', file=sys.stderr, flush=True)
            os._exit(3)
        yield answer


def breaks_off(answers):
    """Dies in the middle of its first answers, as a program does whose output waits in a block of memory."""
    kept = list(answers)
    n = next((n for n, answer in enumerate(kept) if answer.startswith(TURN + ' ')), None)
    if n is None:
        yield from kept
        return
    yield from kept[:max(n - 2, 0)]
    if n >= 2:
        print(kept[n - 2][:len(kept[n - 2]) // 2], end='', flush=True)
    os._exit(3)


def crashes_at_the_end(answers):
    yield from list(crashes(answers))


def crashes_once(answers):
    """After ten answers, whichever they are."""
    for n, answer in enumerate(answers):
        if n == 10:
            os._exit(3)
        yield answer


def killed(answers):
    for answer in answers:
        if answer.startswith(TURN + ' '):
            os.kill(os.getpid(), 11)
        yield answer


def leaves(answers):
    """Ends in peace in the middle, each time."""
    for answer in answers:
        if answer.startswith(TURN + ' '):
            return
        yield answer


def says_nothing(answers):
    for _ in answers:
        pass
    yield from ()


def floods(answers):
    yield from answers
    while True:
        yield 'still here'


def floods_in_one_line(answers):
    for answer in answers:
        while answer.startswith(TURN + ' '):
            sys.stdout.write('0 ' * 10000)
        yield answer


def too_much(answers):
    """A number too many in each answer."""
    for answer in answers:
        yield answer + ' 1' if answer.count(' ') > 1 else answer


def too_little(answers):
    """The last number of each answer is missing."""
    for answer in answers:
        yield answer.rsplit(' ', 1)[0] if answer.count(' ') > 1 else answer


def leaves_out(answers):
    for answer in answers:
        if not answer.startswith(TURN + ' '):
            yield answer


def out_of_order(answers):
    kept = None
    for answer in answers:
        if kept:
            yield answer
            yield kept
            kept = None
        elif answer.startswith(TURN + ' '):
            kept = answer
        else:
            yield answer


def backwards(answers):
    yield from reversed(list(answers))


def all_nan(answers):
    for answer in answers:
        if answer.count(' ') < 2:
            yield answer
            continue
        yield ' '.join(_spoilt(answer.split(' '), lambda number: 'nan'))


def _spoilt(tokens, change):
    """The answer with `change` of each number."""
    made, at = [tokens[0]], 1
    while at < len(tokens):
        size = int(tokens[at + 1]) * int(tokens[at + 2])
        made += [*tokens[at:at + 3], *map(change, tokens[at + 3:at + 3 + size])]
        at += 3 + size
    return made


def answer_before(answers):
    """To each case the answer of the case before."""
    before = None
    for answer in answers:
        name, rest = answer.split(' ', 1)
        yield f'{name} {before or rest}'
        before = rest


def twice(answers):
    for answer in answers:
        yield answer
        if answer.startswith(TURN + ' '):
            yield answer


def invents(answers):
    for answer in answers:
        yield answer
        if answer.startswith(TURN + ' '):
            yield 'forward/999 output 1 1 0'


def garbage(answers):
    for answer in answers:
        if answer.startswith(TURN + ' '):
            yield 'loading the model ...'
        yield answer


def words_for_numbers(answers):
    for answer in answers:
        yield ' '.join(_spoilt(answer.split(' '), lambda number: '1,5')) if answer.startswith(TURN + ' ') else answer


def no_name(answers):
    for answer in answers:
        yield answer.split(' ')[0] + ' 1 2 3' if answer.startswith(TURN + ' ') else answer


def transposed(answers):
    """The shape turned round, the numbers in their order."""
    for answer in answers:
        tokens = answer.split(' ')
        if answer.startswith('product') and len(tokens) > 3:
            tokens[2:4] = tokens[3:1:-1]
        yield ' '.join(tokens)


def negative(answers):
    """The sign bit turned round."""
    for answer in answers:
        yield ' '.join(_spoilt(answer.split(' '), lambda bits: f'x{int(bits[1], 16) ^ 8:x}{bits[2:]}'))


def bad_status(answers):
    yield from answers
    sys.stdout.flush()
    os._exit(4)


def lingers(answers):
    yield from answers
    sys.stdout.flush()
    time.sleep(1000)


def closes_and_lingers(answers):
    """Its output is at its end, it is not."""
    yield from answers
    sys.stdout.flush()
    os.close(1)
    time.sleep(1000)


def open_ended(answers):
    """Right, but for the end of its last line."""
    *most, last = answers
    yield from most
    print(last, end='', flush=True)


def shy(answers):
    """Right, with remarks and white space."""
    for answer in answers:
        yield '# thinking'
        yield answer.replace(' ', '  ') + ' \r'


def leaves_a_child(answers):
    """Right; a child of it holds the output open."""
    subprocess.Popen(['sleep', '1000'])
    yield from answers


def main(name, path, turn):
    global TURN
    TURN = turn
    with open(path, encoding='ascii') as file:
        known = {line.split(' ', 1)[0]: line.rstrip('\n') for line in file}
    asked = (line.split(' ', 1)[0] for line in sys.stdin)
    for answer in globals()[name](known[case] for case in asked):
        sys.stdout.write(answer + '\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main(*sys.argv[1:])
