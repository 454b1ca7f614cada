"""The table of bad inputs: for every public function of a twin, arguments that must be refused, and how.

A row is (name of the row, argument that the message must name, exception type, call); the call gets a `Bench`, which
holds a small network, a small lecture and good values for every argument. `EITHER` marks inputs whose kind one
may argue about: both twins must then raise the same type.
"""
import numpy as np

EITHER = (TypeError, ValueError)


class Bench:
    """Good values: 3 inputs, hidden widths 4 and 3, 2 outputs, 5 rows."""

    def __init__(self, twin, dtype='float64', hidden=(4, 3)):
        self.twin, self.dtype, self.lecture = twin, dtype, twin.lecture
        rng = np.random.default_rng(1)
        self.net = twin.Network(3, hidden, 2, dtype=dtype, std=0.5, rng=2)
        self.x, self.y = rng.normal(size=(5, 3)).astype(dtype), rng.uniform(1, 2, (5, 2)).astype(dtype)
        self.G_output = rng.normal(size=(5, 2)).astype(dtype)
        _, self.aux = self.net.forward(self.x)
        self.order = np.array([0, 4, 2, 2])
        module = self.lecture
        module.input_cnt, module.output_cnt, module.problem, module.LEARNING_RATE = 3, 2, 'regression', 0.25
        module.set_hidden(list(hidden) if len(hidden) != 1 else hidden[0])
        module.data = np.hstack([rng.normal(size=(20, 3)), rng.uniform(1, 2, (20, 2))])
        pairs = [{name: np.array(pair[name]) for name in 'wb'} for pair in self.net.params]
        module.pm_output, module.pm_hidden, module.pm_hiddens = pairs[-1], pairs[0], pairs[:-1]
        module.shuffle_map, module.test_begin_idx = np.arange(20), 16

        self.assigned = set()       # globals of the lecture that a row of the table spoils on purpose
        self.watched = [self.net.theta, self.x, self.y, self.G_output, *self.aux, self.order, module.data,
                        module.shuffle_map, *(pair[name] for pair in pairs for name in 'wb')]

    def everything(self):
        """All that a refused call must leave alone, NumPy's global generator included."""
        names = {'hidden_config', 'hidden_cnt', 'input_cnt', 'output_cnt', 'problem', 'LEARNING_RATE', 'test_begin_idx'}
        state = {name: getattr(self.lecture, name) for name in names - self.assigned}
        return [a.tobytes() for a in self.watched], state, np.random.get_state()[1].tobytes()


def bad_arrays(name, good, empty_rows=False):
    """(what, exception, value) for an array argument whose good value has that shape."""
    rows = [
        ('None', TypeError, None), ('a string', TypeError, 'abc'), ('an object', TypeError, object()),
        ('a dict', TypeError, {0: 1}), ('a set', TypeError, {1.0}), ('a generator', TypeError, (v for v in [1.0])),
        ('complex', TypeError, good.astype(complex)), ('strings', TypeError, np.full(good.shape, 'a')),
        ('bytes', TypeError, np.full(good.shape, b'a')), ('objects', TypeError, good.astype(object)),
        ('dates', TypeError, np.zeros(good.shape, 'datetime64[s]')),
        ('records', TypeError, np.zeros(good.shape, [('a', float)])),
        ('ragged', EITHER, [[1.0, 2.0], [3.0]]),
        ('a number', ValueError, 3.0), ('one row', ValueError, good[0]), ('3-D', ValueError, good[None]),
        ('0-D', ValueError, np.float64(1)), ('a column less', ValueError, good[:, :-1]),
        ('a column more', ValueError, np.hstack([good, good[:, :1]])), ('transposed', ValueError, good.T),
        ('no columns', ValueError, good[:, :0]), ('an empty list', ValueError, []),
    ]
    if empty_rows:
        rows.append(('no rows', ValueError, good[:0]))
    return [(what, error, value) for what, error, value in rows]


def bad_partner(good):
    """The same for an array that must have the rows of another: rows missing, and shapes that NumPy would broadcast."""
    return [('a row less', ValueError, good[:-1]), ('a row more', ValueError, np.vstack([good, good[:1]])),
            ('one row (1, n)', ValueError, good[:1]), ('one column (n, 1)', ValueError, good[:, :1]),
            ('no rows', ValueError, good[:0])]


def bad_aux(good):
    rows = [('None', TypeError, None), ('a number', TypeError, 3), ('a string', TypeError, 'abc'),
            ('a dict', TypeError, dict(enumerate(good))), ('an array', TypeError, good[0]),
            ('empty', ValueError, []), ('one too few', ValueError, good[:-1]), ('one too many', ValueError, [*good, good[-1]])]
    for n, entry in enumerate(good):
        for what, error, value in (('None', TypeError, None), ('complex', TypeError, entry * 1j), ('1-D', ValueError, entry[0]),
                                   ('a row less', ValueError, entry[:-1]), ('a column less', ValueError, entry[:, :-1])):
            rows.append((f'entry {n} {what}', error, [*good[:n], value, *good[n + 1:]]))
    return rows


RATES = [('None', TypeError, None), ('a string', TypeError, '0.1'), ('complex', TypeError, 0.1j), ('a list', TypeError, [0.1]),
         ('an array', TypeError, np.array([0.1])), ('an object', TypeError, object()), ('a bool', TypeError, True),
         ('nan', ValueError, np.nan), ('inf', ValueError, np.inf), ('-inf', ValueError, -np.inf),
         ('NumPy nan', ValueError, np.float32('nan')), ('10**400', ValueError, 10**400)]
COUNTS = [('None', TypeError, None), ('a string', TypeError, '4'), ('a float', TypeError, 4.0), ('complex', TypeError, 4j),
          ('a bool', TypeError, True), ('a NumPy bool', TypeError, np.True_), ('a NumPy float', TypeError, np.float64(4)),
          ('an object', TypeError, object()), ('-1', ValueError, -1), ('a very negative one', ValueError, -2**70)]
COUNTS_FROM_1 = [*COUNTS, ('0', ValueError, 0)]
WIDTHS = [('a bool', TypeError, True), ('None', TypeError, None), ('a string', TypeError, '12'), ('a float', TypeError, 4.0),
          ('a list of floats', TypeError, [4.0]), ('a list with a bool', TypeError, [4, True]), ('nested', TypeError, [[4]]),
          ('a list of strings', TypeError, ['4']), ('a list with None', TypeError, [None]), ('a dict', TypeError, {4: 1}),
          ('a set', TypeError, {4}), ('an array of floats', TypeError, np.array([4.0])), ('0', ValueError, 0),
          ('-3', ValueError, -3), ('a list with 0', ValueError, [4, 0]), ('an array with -1', ValueError, np.array([4, -1])),
          ('a 2-D array', EITHER, np.array([[4, 3]]))]
PROBLEM_NAMES = [('None', TypeError, None), ('a number', TypeError, 1), ('bytes', TypeError, b'binary'),
                 ('a list', TypeError, ['binary']), ('another', ValueError, 'ranking'), ('capital', ValueError, 'Binary'),
                 ('empty', ValueError, '')]
ORDERS = [('None', TypeError, None), ('a string', TypeError, 'abc'), ('floats', TypeError, [0.0, 1.0]),
          ('bools', TypeError, [True, False]), ('complex', TypeError, [0j]), ('objects', TypeError, np.array([0, 1], object)),
          ('too large', ValueError, [0, 5]), ('negative', ValueError, [-1, 0]), ('2-D', ValueError, [[0, 1]]),
          ('a number', ValueError, 3), ('empty', ValueError, []), ('beyond 2^63', EITHER, [2**64])]


def _rows(function, argument, table, call, named=None):
    return [(f'{function}: {argument} is {what}', named or argument, error,
             lambda bench, value=value: call(bench, value)) for what, error, value in table]


def network_rows():
    """Bad inputs of Network."""
    good, rows = Bench.__new__(Bench), []
    good.x, good.y = np.ones((5, 3)), np.ones((5, 2))
    aux = [np.ones((5, 3)), np.ones((5, 4)), np.ones((5, 3))]
    rows += _rows('Network', 'input_cnt', COUNTS_FROM_1, lambda b, v: b.twin.Network(v, 4, 2))
    rows += _rows('Network', 'output_cnt', COUNTS_FROM_1, lambda b, v: b.twin.Network(3, 4, v))
    rows += _rows('Network', 'hidden', WIDTHS, lambda b, v: b.twin.Network(3, v, 2))
    rows += _rows('Network', 'dtype', [('float16', EITHER, 'float16'), ('int', EITHER, int), ('nonsense', EITHER, 'nonsense'),
                                       ('complex', EITHER, complex), ('None', EITHER, None), ('object', EITHER, object),
                                       ('longdouble', EITHER, np.longdouble), ('swapped', EITHER, '>f8'), ('7', EITHER, 7)],
                  lambda b, v: b.twin.Network(3, 4, 2, dtype=v))
    rows += _rows('Network', 'std', [('negative', ValueError, -1), ('nan', ValueError, np.nan), ('inf', ValueError, np.inf),
                                     ('another string', EITHER, 'she'), ('None', TypeError, None), ('complex', TypeError, 1j),
                                     ('a list', TypeError, [1.0]), ('a bool', TypeError, True)],
                  lambda b, v: b.twin.Network(3, 4, 2, std=v))
    rows += _rows('Network', 'rng', [('a string', TypeError, 'x'), ('a float', TypeError, 1.5), ('negative', ValueError, -1),
                                     ('an object', TypeError, object()), ('a bool', TypeError, True), ('a list', TypeError, [1])],
                  lambda b, v: b.twin.Network(3, 4, 2, rng=v))
    rows += _rows('forward', 'x', bad_arrays('x', good.x), lambda b, v: b.net.forward(v))
    rows += _rows('predict', 'x', bad_arrays('x', good.x), lambda b, v: b.net.predict(v))
    rows += _rows('predict', 'problem', PROBLEM_NAMES[1:], lambda b, v: b.net.predict(b.x, v))
    rows += _rows('predict', 'out', [('a list', TypeError, [[0.0] * 2] * 5), ('a number', TypeError, 3.0), ('a string', TypeError, 'out'),
                                     ('small', ValueError, np.zeros((4, 2))), ('wide', ValueError, np.zeros((5, 3))),
                                     ('float32', EITHER, np.zeros((5, 2), 'f4')), ('ints', EITHER, np.zeros((5, 2), int)),
                                     ('Fortran order', ValueError, np.zeros((5, 2), order='F')),
                                     ('a step', ValueError, np.zeros((10, 2))[::2]), ('swapped', EITHER, np.zeros((5, 2), '>f8')),
                                     ('read-only', ValueError, np.broadcast_to(0.0, (5, 2))), ('flat', ValueError, np.zeros(10))],
                  lambda b, v: b.net.predict(b.x, out=v))
    for name, call in (('backprop', lambda b, G, aux, rate=0.1: b.net.backprop(G, aux, rate)),
                       ('gradients', lambda b, G, aux: b.net.gradients(G, aux)),
                       ('input_gradient', lambda b, G, aux: b.net.input_gradient(G, aux))):
        rows += _rows(name, 'G_output', bad_arrays('G_output', good.y), lambda b, v, call=call: call(b, v, b.aux))
        rows += _rows(name, 'G_output', bad_partner(good.y), lambda b, v, call=call: call(b, v, b.aux), 'G_output|aux')
        rows += _rows(name, 'aux', bad_aux(aux), lambda b, v, call=call: call(b, b.G_output, v))
        if name == 'backprop':
            rows += _rows(name, 'learning_rate', RATES, lambda b, v, call=call: call(b, b.G_output, b.aux, v))
    for name, call in (('evaluate', lambda b, p, x, y: b.net.evaluate(p, x, y)),
                       ('loss_and_gradients', lambda b, p, x, y: b.net.loss_and_gradients(p, x, y)),
                       ('train_step', lambda b, p, x, y: b.net.train_step(p, x, y, 0.1)),
                       ('train_epoch', lambda b, p, x, y: b.net.train_epoch(p, x, y, [0, 1], 2, 0.1))):
        rows += _rows(name, 'problem', PROBLEM_NAMES, lambda b, v, call=call: call(b, v, b.x, b.y))
        rows += _rows(name, 'x', bad_arrays('x', good.x, True), lambda b, v, call=call: call(b, 'binary', v, b.y))
        rows += _rows(name, 'y', bad_arrays('y', good.y), lambda b, v, call=call: call(b, 'binary', b.x, v))
        rows += _rows(name, 'y', bad_partner(good.y), lambda b, v, call=call: call(b, 'binary', b.x, v))
    rows += _rows('train_step', 'learning_rate', RATES, lambda b, v: b.net.train_step('binary', b.x, b.y, v))
    rows += _rows('train_epoch', 'learning_rate', RATES, lambda b, v: b.net.train_epoch('binary', b.x, b.y, b.order, 2, v))
    rows += _rows('train_epoch', 'order', ORDERS, lambda b, v: b.net.train_epoch('binary', b.x, b.y, v, 2, 0.1))
    rows += _rows('train_epoch', 'mb_size', COUNTS_FROM_1,
                  lambda b, v: b.net.train_epoch('binary', b.x, b.y, b.order, v, 0.1))
    return rows


def lecture_rows():
    """Bad inputs of the functions of lecture."""
    x, y, rows = np.ones((5, 3)), np.ones((5, 2)), []
    aux = [np.ones((5, 3)), np.ones((5, 4)), np.ones((5, 3))]
    rows += _rows('set_hidden', 'info', WIDTHS, lambda b, v: b.lecture.set_hidden(v))
    rows += _rows('alloc_param_pair', 'shape', [('None', TypeError, None), ('a string', TypeError, '34'), ('a float', TypeError, 3.0),
                                                ('floats', TypeError, [3.0, 4.0]), ('a bool', TypeError, [3, True]),
                                                ('negative', ValueError, [3, -1]), ('empty', ValueError, [])],
                  lambda b, v: b.lecture.alloc_param_pair(v))
    for name in ('relu', 'relu_derv'):
        argument = 'x' if name == 'relu' else 'y'
        table = [row for row in bad_arrays(argument, x) if row[1] is not ValueError]
        rows += _rows(name, argument, table, lambda b, v, name=name: getattr(b.lecture, name)(v))
    for name in ('forward_neuralnet', 'forward_neuralnet_hiddens'):
        rows += _rows(name, 'x', bad_arrays('x', x), lambda b, v, name=name: getattr(b.lecture, name)(v))
    for name, third in (('backprop_neuralnet', 'hiddens'), ('backprop_neuralnet_hiddens', 'aux')):
        rows += _rows(name, 'G_output', bad_arrays('G_output', y), lambda b, v, name=name: getattr(b.lecture, name)(v, b.aux))
        rows += _rows(name, 'G_output', bad_partner(y), lambda b, v, name=name: getattr(b.lecture, name)(v, b.aux),
                      'G_output|' + third)
        rows += _rows(name, third, bad_aux(aux), lambda b, v, name=name: getattr(b.lecture, name)(b.G_output, v))
    for name in ('run_train', 'run_test'):
        rows += _rows(name, 'x', bad_arrays('x', x, True), lambda b, v, name=name: getattr(b.lecture, name)(v, b.y))
        rows += _rows(name, 'y', bad_arrays('y', y) + bad_partner(y), lambda b, v, name=name: getattr(b.lecture, name)(b.x, v))
    outputs = [row for row in bad_arrays('output', y, True) if row[0] not in ('a column less', 'a column more', 'transposed')]
    for name in ('forward_postproc', 'eval_accuracy'):
        rows += _rows(name, 'output', outputs, lambda b, v, name=name: getattr(b.lecture, name)(v, b.y), 'output|y')
        rows += _rows(name, 'y', bad_arrays('y', y) + bad_partner(y), lambda b, v, name=name: getattr(b.lecture, name)(b.y, v))
    rows += _rows('backprop_postproc', 'G_loss', RATES, lambda b, v: b.lecture.backprop_postproc(v, [b.y, b.y]))
    rows += _rows('backprop_postproc', 'aux', [('None', TypeError, None), ('a number', TypeError, 3), ('empty', EITHER, []),
                                               ('one entry', EITHER, [y]), ('three', EITHER, [y, y, y]),
                                               ('rows missing', ValueError, [y, y[:-1]]), ('complex', TypeError, [y * 1j, y])],
                  lambda b, v: b.lecture.backprop_postproc(1.0, v))
    rows += _rows('arrange_data', 'mb_size', [*COUNTS_FROM_1, ('more than the rows', ValueError, 17)],
                  lambda b, v: b.lecture.arrange_data(v))
    rows += _rows('get_train_data', 'mb_size', COUNTS_FROM_1, lambda b, v: b.lecture.get_train_data(v, 0))
    rows += _rows('get_train_data', 'nth', [*COUNTS, ('beyond the last', ValueError, 4)], lambda b, v: b.lecture.get_train_data(4, v))
    rows += _rows('train_and_test', 'epoch_count', COUNTS, lambda b, v: b.lecture.train_and_test(v, 4, 1))
    rows += _rows('train_and_test', 'mb_size', [*COUNTS_FROM_1, ('more than the rows', ValueError, 17)],
                  lambda b, v: b.lecture.train_and_test(1, v, 1))
    rows += _rows('train_and_test', 'report', COUNTS, lambda b, v: b.lecture.train_and_test(1, 4, v))
    for name in ('abalone', 'pulsar', 'steel'):
        run = f'{name}_exec'
        rows += _rows(run, 'epoch_count', COUNTS, lambda b, v, run=run: getattr(b.lecture, run)(v))
        rows += _rows(run, 'mb_size', COUNTS_FROM_1, lambda b, v, run=run: getattr(b.lecture, run)(1, v))
        rows += _rows(run, 'report', COUNTS, lambda b, v, run=run: getattr(b.lecture, run)(1, 10, v))
    return rows + state_rows()


def state_rows():
    """Bad globals of lecture, met by the function that uses them."""
    def use(function, *arguments):
        def call(bench, name, value):
            bench.assigned.add(name)
            setattr(bench.lecture, name, value)
            getattr(bench.lecture, function)(*(getattr(bench, a) if isinstance(a, str) else a for a in arguments))
        return call

    def pair(w=(3, 2), b=2, dtype=float):
        return {'w': np.zeros(w, dtype), 'b': np.zeros(b, dtype)}

    read_only = pair()
    read_only['w'].flags.writeable = False
    pairs = [('a number', TypeError, 3), ('a list', TypeError, [np.zeros((3, 2)), np.zeros(2)]), ('no b', TypeError, {'w': np.zeros((3, 2))}),
             ('lists', TypeError, {'w': [[0.0, 0.0]] * 3, 'b': [0.0, 0.0]}), ('ints', TypeError, pair(dtype=int)),
             ('float32 beside float64', TypeError, pair(dtype='f4')), ('wrong fan-in', ValueError, pair((4, 2))),
             ('wrong bias', ValueError, pair(b=3)), ('1-D', ValueError, pair((6,), 6)), ('read-only', ValueError, read_only),
             ('Fortran order', ValueError, {'w': np.zeros((3, 2), order='F'), 'b': np.zeros(2)})]
    rows = []
    for function, arguments in (('forward_neuralnet', ('x',)), ('backprop_neuralnet', ('G_output', 'aux')), ('run_train', ('x', 'y')),
                                ('train_and_test', (1, 4, 1))):
        rows += [(f'{function}: pm_output is {what}', 'pm_output', error, lambda bench, call=use(function, *arguments), value=value:
                  call(bench, 'pm_output', value)) for what, error, value in pairs]
    for function, arguments in (('backprop_neuralnet', ('G_output', 'aux')), ('run_train', ('x', 'y'))):
        rows += [(f'{function}: LEARNING_RATE is {what}', 'LEARNING_RATE', error,
                  lambda bench, call=use(function, *arguments), value=value: call(bench, 'LEARNING_RATE', value))
                 for what, error, value in RATES]
    rows += [(f'init_model: {name} is {what}', name, error, lambda bench, name=name, value=value: use('init_model')(bench, name, value))
             for name in ('input_cnt', 'output_cnt') for what, error, value in COUNTS_FROM_1[1:]]
    rows += [(f'init_model: hidden_config is {what}', 'hidden_config', error,
              lambda bench, value=value: use('init_model')(bench, 'hidden_config', value))
             for what, error, value in WIDTHS if what not in ('None', '0', '-3')]
    rows += [(f'run_train: problem is {what}', 'problem', error, lambda bench, value=value: use('run_train', 'x', 'y')(bench, 'problem', value))
             for what, error, value in PROBLEM_NAMES[1:]]
    rows += [(f'arrange_data: data is {what}', 'data', error, lambda bench, value=value: use('arrange_data', 4)(bench, 'data', value))
             for what, error, value in (('a list', TypeError, [[1.0] * 5] * 20), ('complex', TypeError, np.zeros((20, 5), complex)),
                                        ('narrow', ValueError, np.zeros((20, 4))), ('flat', ValueError, np.zeros(20)),
                                        ('empty', ValueError, np.zeros((0, 5))))]
    return rows


def single_rows():
    """The functions of the single-hidden model, on a bench with one hidden layer of 4."""
    x, y, aux, rows = np.ones((5, 3)), np.ones((5, 2)), [np.ones((5, 3)), np.ones((5, 4))], []
    for name in ('forward_neuralnet', 'forward_neuralnet_hidden1'):
        rows += _rows(name, 'x', bad_arrays('x', x), lambda b, v, name=name: getattr(b.lecture, name)(v))
    for name, third in (('backprop_neuralnet', 'hiddens'), ('backprop_neuralnet_hidden1', 'aux')):
        rows += _rows(name, 'G_output', bad_arrays('G_output', y), lambda b, v, name=name: getattr(b.lecture, name)(v, b.aux))
        rows += _rows(name, third, bad_aux(aux), lambda b, v, name=name: getattr(b.lecture, name)(b.G_output, v))
    return rows
