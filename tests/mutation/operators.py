"""What a fault looks like: small changes of the arithmetic in a page, in Cython or Python, found by its tokens.

Existing tools do not fit. mutmut and cosmic-ray parse Python, so not a line of the Cython pages. universalmutator changes
any text by regular expressions: of its 4,450 changes of three pages most are of docstrings, declarations and casts, and
it knows neither the kernels' words nor an end of a loop. Python's own tokenizer reads Cython as well, and knows what is
a comment, a docstring or a number; so a table is enough.
"""
import io
import token
import tokenize
from dataclasses import dataclass

BINARY = {
    '+': '-', '-': '+', '*': '+', '/': '*', '//': '%', '%': '//', '@': '*', '**': '*',
    '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==',
    '+=': ('-=', '='), '-=': ('+=', '='), 'and': 'or', 'or': 'and',
}
WORDS = {
    'min': 'max', 'max': 'min', 'maximum': 'minimum', 'mean': 'sum', 'sum': 'mean', 'argmax': 'argmin',
    'True': 'False', 'False': 'True', 'break': 'continue', 'reversed': '', 'not': '', 'transpose_padded': 'transpose',
    'begin': 'end', 'end': 'begin', 'rows': 'cols', 'cols': 'rows', 'row': 'column', 'column': 'row', 'i': 'j', 'j': 'i',
    'I': 'H', 'H': 'I', 'M': 'N', 'N': 'M', 'A_row': 'A_col', 'A_col': 'A_row', 'B_row': 'B_col', 'B_col': 'B_row',
    'C_row': 'B_row', 'E_row': 'C_row', 'H_row': ('I_row', 'H'), 'I_row': ('H_row', 'I'), 'fan_in': 'fan_out',
    'fan_out': 'fan_in', 'S': 'T', 'T': 'S', 'begun': 'total', 'term': 'hit', 'hit': 'term', 'B': 'rows', 'e': 'z',
    'full_zip_low': 'full_zip_high', 'full_zip_high': 'full_zip_low', 'FULL_LANES': 'HALF_LANES',
    'HALF_LANES': 'QUARTER_LANES', 'KC': ('(KC + 1)', '(KC - 1)'), 'BIAS_RELU': 'BIAS', 'BIAS': 'STORE',
    'MASK': 'STORE', 'MASK_RELU': 'STORE', 'UPDATE': 'STORE', 'STORE': 'UPDATE', 'BINARY': 'REGRESSION',
    'SELECT': 'BINARY', 'wanted': '0', 'losses': 'accuracies', 'shape': 'strides', 'output': 'y',
    "'w'": "'b'", "'b'": "'w'", '"w"': '"b"', '"b"': '"w"',
}
# A name is only put where the function, or for an attribute or a constant the page, has that name.
NEEDED = {name for name in WORDS if name.isidentifier()} - {'min', 'max', 'mean', 'sum', 'True', 'False', 'break', 'not'} | {
    'minimum', 'argmin', 'strides', 'y', 'z'}
NOT_AN_ATTRIBUTE = {'LEARNING_RATE': '(2 * LEARNING_RATE)', 'learning_rate': '(2 * learning_rate)', 'rate': '(2 * rate)'}
LEFT_OUT = {'relu', 'relu_derv', 'absolute', 'abs', 'exp', 'sign', 'sigmoid', 'vrelu', 'vabs', 'vsign', 'square'}
KEPT = {'return', 'if', 'elif', 'else', 'for', 'while', 'with', 'try', 'except', 'finally', 'cdef', 'cpdef', 'def', 'class',
        'import', 'from', 'cimport', 'raise', 'assert', 'pass', 'break', 'continue', 'global', 'nonlocal', 'yield'}


@dataclass(frozen=True)
class Mutant:
    """One fault: text[begin:end] of a page replaced. `key` names it also after other lines of the page have changed."""
    page: str
    operator: str
    line: int
    before: str
    after: str
    begin: int
    end: int
    replacement: str
    nth: int = 0                        # of equal changes of equal lines

    @property
    def key(self):
        return f'{self.page} | {self.before} | {self.after}' + (f' | {self.nth}' if self.nth else '')

    def planted(self, text):
        return text[:self.begin] + self.replacement + text[self.end:]


class Word:
    """A token with its place in the text; `after_dot`: the name of an attribute."""
    after_dot = False

    def __init__(self, item, starts):
        self.kind, self.text = item.type, item.string
        self.begin, self.end = (starts[row - 1] + column for row, column in (item.start, item.end))


def statements(text):
    """(words, number of the function, body) for each statement inside of a function; headers have body False.

    Docstrings, declarations, and what raises are left out.
    """
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    blocks, header, current, function = [], None, [], 0
    for item in tokenize.generate_tokens(io.StringIO(text.replace('except?', 'except ')).readline):
        if item.type == token.INDENT:
            blocks.append(header)
        elif item.type == token.DEDENT:
            blocks.pop()
        elif item.type == token.NEWLINE:
            first = [word.text for word in current[:2]]
            opens = current[-1].text == ':'
            if opens and first[0] in ('cdef', 'cpdef', 'class', 'ctypedef'):
                header = 'function' if '(' in [word.text for word in current] and first[0] != 'class' else 'declaration'
            else:
                header = 'function' if opens and first[0] == 'def' else 'inner'
            if header == 'function':
                function += 1
                yield current, function, False
            elif 'function' in blocks and header == 'inner' and first[0] not in ('raise', 'assert', 'global') \
                    and not (len(current) == 1 and current[0].kind == token.STRING):
                yield current, function, True
            current = []
        elif item.type not in (tokenize.NL, tokenize.COMMENT, token.ENDMARKER):
            word = Word(item, starts)
            word.after_dot = bool(current) and current[-1].text == '.'
            current.append(word)


def closing(words, k):
    """The place of the bracket that closes words[k]."""
    depth = 0
    for n in range(k, len(words)):
        depth += (words[n].text in '([{') - (words[n].text in ')]}')
        if depth == 0:
            return n


def arguments(words, opened, text):
    """The texts between the commas of a call whose bracket is words[opened]."""
    last, begin, found = closing(words, opened), opened + 1, []
    k = begin
    while k <= last:
        if words[k].text == ',' or k == last:
            found.append(text[words[begin].begin:words[k].begin].strip())
            begin = k + 1
        k = closing(words, k) + 1 if words[k].text in ('(', '[', '{') else k + 1
    return found, words[last].end


def spaced(words, k, text):
    """Is words[k] an operator between two operands? These have blanks around them; signs, casts and stars have not."""
    return text[words[k].begin - 1] in ' ' and text[words[k].end] in ' \n' and k > 0


def droppable(words):
    """Would the page still run without this statement? A first assignment to a name is needed by what follows."""
    if words[0].text in KEPT or words[-1].text == ':':
        return False
    target = words[0].text
    return len(words) < 2 or words[1].text not in ('=', ',') or target in [word.text for word in words[2:]]


def changes(words, text, known):
    """(operator, begin, end, replacement) for each change of one statement."""
    first, skip = words[0].text, 0
    if droppable(words):
        yield ('statement dropped', words[0].begin, words[-1].end, 'pass')
    if first in ('if', 'elif'):
        for wanted in ('True', 'False'):
            yield ('condition fixed', words[1].begin, words[-2].end, wanted)
    if first == 'cdef':
        if words[1].text == 'double' and words[2].text != '*':
            yield ('short accumulator', words[1].begin, words[1].end, 'float')
        skip = next((k for k, word in enumerate(words) if word.text == '='), len(words))
    for k in range(skip, len(words)):
        for change in changes_at(words, k, text):
            if change[0] != 'word' or change[3] not in NEEDED or (words[k].after_dot, change[3]) in known:
                yield change


def changes_at(words, k, text):
    """The changes of words[k] and what hangs on it."""
    word, place = words[k], (words[k].begin, words[k].end)
    before, after = words[k - 1].text if k else '', words[k + 1].text if k + 1 < len(words) else ''
    if word.text in BINARY and spaced(words, k, text):
        wanted = BINARY[word.text]
        for other in (wanted,) if isinstance(wanted, str) else wanted:
            yield ('operator', *place, other)
    elif word.text == '-' and word.kind == token.OP:
        yield ('sign', *place, '')
    elif word.kind == token.NUMBER and set(word.text) <= set('0123456789_'):
        yield ('number', *place, str(int(word.text) + 1))
        if int(word.text):
            yield ('number', *place, str(int(word.text) - 1))
    elif word.kind == token.NUMBER:
        yield ('number', *place, str(float(word.text) * 2))
        yield ('number', *place, '0.0')
    elif word.text == 'range' and after == '(':
        given, end = arguments(words, k + 1, text)
        begin, stop, *step = ['0', *given] if len(given) == 1 else given
        for change in ((f'{begin} + 1', stop), (begin, f'{stop} - 1'), (begin, f'{stop} + 1')):
            yield ('loop bound', word.begin, end, f'range({", ".join((*change, *step))})')
    elif word.text in ('T', 'transpose') and before == '.' and (word.text == 'T' or words[k + 2].text == ')'):
        call = word.text == 'transpose'
        yield ('transpose dropped', words[k - 1].begin, words[k + 2].end if call else word.end, '')
    elif word.text in WORDS and before != 'for' and not (after == '=' and before in ('(', ',')):
        wanted = WORDS[word.text]
        for other in (wanted,) if isinstance(wanted, str) else wanted:
            yield ('word', *place, other)
    elif word.text in NOT_AN_ATTRIBUTE and before not in ('.', '&') and after != '=':
        yield ('twice the rate', *place, NOT_AN_ATTRIBUTE[word.text])
    if word.text in LEFT_OUT or word.text in ('fma', 'vfma'):
        opened = closing(words, k + 1) + 1 if after == '[' else k + 1
        if opened < len(words) and words[opened].text == '(':
            given, end = arguments(words, opened, text)
            if word.text in ('fma', 'vfma'):
                yield ('two roundings', word.begin, end, '({} * ({}) + {})'.format(*given))
            else:
                begin = words[k - 2].begin if before == '.' else word.begin
                yield ('call left out', begin, words[opened].begin, '')


def known_names(found):
    """For each function: (attribute?, name) of its own names, the page's attributes and constants, NumPy's functions."""
    page = {(word.after_dot, word.text) for words, *_ in found for word in words if word.after_dot or word.text.isupper()}
    page |= {(True, name) for name in ('minimum', 'argmin')}
    names = {}
    for words, function, _ in found:
        names.setdefault(function, set(page)).update((False, word.text) for word in words if not word.after_dot)
    return names


def mutants_of(page, text):
    """Every Mutant of a page, top to bottom."""
    counts, found = {}, list(statements(text))
    known = known_names(found)
    for words, function, body in found:
        for operator, begin, end, replacement in changes(words, text, known[function]) if body else ():
            top, bottom = text.rfind('\n', 0, begin) + 1, text.index('\n', end)
            before = ' '.join(text[top:bottom].split())
            after = ' '.join((text[top:begin] + replacement + text[end:bottom]).split())
            if before != after:
                nth = counts[before, after] = counts.get((before, after), -1) + 1
                yield Mutant(page, operator, text.count('\n', 0, begin) + 1, before, after, begin, end, replacement, nth)
