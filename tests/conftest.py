"""Settings of the whole suite: JAX in float64 on the CPU, what is judged, the tiers, and the report of ratios.

    pytest                            quick tier, both twins
    pytest --full                     everything
    pytest --impl=my_port.py          judge this alone (may be repeated): a module, a .py file or a notebook; the page
                                      `contract` says what it needs. tests.faults:NAME is a planted fault. Exit status 5:
                                      nothing was there to be judged
    pytest --impl=my_port.py -m forward_hidden1        what concerns one function of the lecture
    pytest --korean                   failures explained in Korean
    pytest --seed 7                   other random cases; the seed is printed at the top of each run
"""
import importlib
import os
from collections import Counter
from contextlib import contextmanager
from functools import lru_cache

os.environ['JAX_ENABLE_X64'] = '1'
os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ.setdefault('JAX_DISABLE_MOST_OPTIMIZATIONS', '1')    # most of the oracle's time is compiling: it takes half
os.environ.setdefault('OMP_NUM_THREADS', '1')   # a worker a core runs already; test_threads asks for more by itself

import numpy as np      # noqa: E402  (the settings above must come before anything imports JAX or OpenMP)
import pytest           # noqa: E402

from mlp_py.conformance import contract, loading, options, ports  # noqa: E402

from . import bits, checks, messages  # noqa: E402

TWINS = ('mlp_c', 'mlp_py')
JUDGED = Counter()      # tests that ran, by the name of the port; with --impl


@lru_cache(maxsize=None)
def find_port(name):
    """What --impl names."""
    if name.startswith('tests.faults:'):
        return importlib.import_module('tests.faults').twin(name.split(':')[1])
    return loading.load(name)


def pytest_addoption(parser, pluginmanager):
    """Without pyproject's addopts (-o addopts=), the plugin has not been named."""
    if not pluginmanager.has_plugin(options.__name__):
        options.pytest_addoption(parser)


def pytest_configure(config):
    config.addinivalue_line('markers', 'full(*names): runs in the full tier only (pytest --full), or these twins and doors do')
    config.addinivalue_line('markers', 'of_the_suite: judges a comparison of this suite, with the help of a twin')
    config.addinivalue_line('markers', 'needs(*names): functions of the lecture, or words of contract.OFFERS')
    for name in contract.MARKERS:
        config.addinivalue_line('markers', f'{name}: concerns this function of the lecture')
    messages.LANGUAGE = 'ko' if config.getoption('korean') else 'en'
    for name in config.getoption('impl') or ():
        try:
            find_port(name)
        except ports.UnusablePort as error:
            raise pytest.UsageError(f'--impl: {error}') from None


def pytest_report_header(config):
    tier = 'full tier' if config.getoption('full') else 'quick tier; what only the full tier runs (pytest --full) is deselected'
    return f'mlp-twins: random cases from --seed {config.getoption("seed")}; {tier}'


def pytest_generate_tests(metafunc):
    if 'twin' in metafunc.fixturenames:
        names = metafunc.config.getoption('impl') or TWINS
        metafunc.parametrize('twin', names, indirect=True, scope='session')


def pytest_collection_modifyitems(config, items):
    if config.getoption('impl'):
        asked = [item for item in items if 'twin' in item.fixturenames      # the rest is the project's own affair
                 and not item.get_closest_marker('of_the_suite')
                 and not set(missing(item)) & set(contract.OFFERS)]         # and this is more than the lecture
        wanted = set(asked)
        config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
        items[:] = sorted(asked, key=lambda item: 'test_stages' not in item.nodeid)     # what explains itself comes first
    if not config.getoption('full'):
        later = {item for item in items if of_the_full_tier(item)}
        config.hook.pytest_deselected(items=list(later))
        items[:] = [item for item in items if item not in later]


def of_the_full_tier(item):
    """A mark without names, or one with the name of its twin or door; a function and its parameters may each have one."""
    return any(not mark.args or any(item.callspec.params.get(of) in mark.args for of in ('twin', 'subject'))
               for mark in item.iter_markers('full'))


def pytest_itemcollected(item):
    """-m postproc and -m training; and the port at hand, for the reports."""
    needed = {name for mark in item.iter_markers('needs') for name in mark.args}
    if needed & set(contract.LOSSES):
        item.add_marker('postproc')
    if 'training' in needed:
        item.add_marker('training')
    if item.config.getoption('impl') and 'twin' in item.fixturenames:
        item.user_properties.append(('port', item.callspec.params['twin']))


def pytest_runtest_logreport(report):
    """Count what was asked of each port; with pytest-xdist, in the process that prints."""
    if report.when == 'call' and not report.skipped or report.failed:
        JUDGED.update(value for name, value in report.user_properties if name == 'port')


def pytest_sessionfinish(session):
    """With pytest-xdist: what a worker counted, on its way to the process that prints.

    With --impl: where a port was not asked anything, all of it skipped, the exit status is that of a run without tests.
    """
    config = session.config
    if hasattr(config, 'workeroutput'):
        config.workeroutput['counted'] = bits.COUNT, bits.NOTES, [[*key, of] for key, of in checks.RATIOS.items()]
    elif session.exitstatus == pytest.ExitCode.OK and not (config.option.collectonly or config.option.setupplan):
        if any(not JUDGED[name] for name in config.getoption('impl') or ()):
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """With --impl: what a check finds wrong in a port is explained; the lines of this suite would tell a learner nothing."""
    subject = pyfuncitem.funcargs.get('subject')
    try:
        return (yield)
    except (Exception, SystemExit) as error:
        failure = None
        if pyfuncitem.config.getoption('impl') and isinstance(subject, checks.ThroughLecture):
            from . import explained
            try:
                failure = explained.failure(error, subject)
            except messages.Unfinished as lacking:
                pytest.skip(f'the port lacks {contract.described(lacking.name)}')
        if failure is None:
            raise
        text = str(failure)
    pytest.fail(text, pytrace=False)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    counts, notes, ratios = getattr(node, 'workeroutput', {}).get('counted', ({}, [], []))
    for name, count in counts.items():
        bits.COUNT[name] += count
    bits.NOTES.extend(notes)
    for *key, of in ratios:
        checks.RATIOS.setdefault(tuple(key), []).extend(of)


def pytest_terminal_summary(terminalreporter, config):
    for name in config.getoption('impl') or ():
        port = find_port(name)
        lacks, of = port.lacks(*contract.REQUIRED), len(contract.REQUIRED)
        terminalreporter.write_line(f'{name}: {of - len(lacks)} of the {of} functions of the lecture were there'
                                    + ('; missing: ' + ', '.join(lacks) if lacks else ''))
        for line in (*port.missing, *(['nothing of it was judged'] if not JUDGED[name] else ())):
            terminalreporter.write_line(f'{name}: {line}')
        lacks = port.lacks(*contract.OFFERS)
        if lacks:
            terminalreporter.write_line(f'{name} was not asked for what goes beyond the lecture: ' + ', '.join(lacks))
    if bits.COUNT['compared'] or bits.NOTES:
        terminalreporter.section('mlp_c, bit for bit')
        for line in ('bits: {compared:,} arrays compared, {different:,} different'.format(**bits.COUNT), *bits.NOTES):
            terminalreporter.write_line(line)
    if not checks.RATIOS:
        return
    terminalreporter.section('error / derived bound, largest entry of each compared array')
    for key, ratios in sorted(checks.RATIOS.items()):
        twin, problem, dtype = key
        terminalreporter.write_line(f'{twin:8} {problem:11}{dtype:9} largest {max(ratios):.3f}   '
                                    f'median {np.median(ratios):.4f}   of {len(ratios)} arrays')


@pytest.fixture(scope='session')
def twin(request):
    return find_port(request.param)


def missing(item):
    """What the port at hand would need for this test, and lacks: functions of the lecture, words of contract.OFFERS."""
    params = item.callspec.params
    names = [name for mark in item.iter_markers('needs') for name in mark.args]
    names += ['float32'] * (params.get('dtype') == 'float32')
    if params.get('subject') == 'Network':      # what only the lecture's door needs is not asked of Network
        names = [name for name in names if name in contract.OFFERS] + ['Network']
    elif 'subject' in params:
        names += ['forward_neuralnet', 'backprop_neuralnet']
    return find_port(params['twin']).lacks(*dict.fromkeys(names))


@pytest.fixture(autouse=True)
def whole_enough(request):
    """Skip, by name, what the port at hand does not have."""
    lacks = missing(request.node) if 'twin' in request.fixturenames else []
    if lacks:
        pytest.skip(f'{request.node.callspec.params["twin"]} lacks ' + '; '.join(map(contract.described, lacks)))


@pytest.fixture(scope='session')
def seed(request):
    return request.config.getoption('seed')


@pytest.fixture(scope='session')
def full(request):
    """Whether this is the full tier, for a test that looks at a sample of its cases in the quick one."""
    return request.config.getoption('full')


@pytest.fixture(scope='session')
def oracle():
    module = pytest.importorskip('jax', reason='the oracle needs JAX: pip install "mlp-twins[test]"')
    assert module is not None
    from . import oracle
    oracle.probe()
    return oracle


@contextmanager
def restored(module):
    """Put the state and the functions of a module lecture back afterwards."""
    functions = [name for name in dir(module) if not name.startswith('_') and callable(getattr(module, name))]
    before = {name: getattr(module, name) for name in (*contract.STATE, *functions) if hasattr(module, name)}
    try:
        yield module
    finally:
        for name in contract.STATE:
            if name not in before and hasattr(module, name):
                delattr(module, name)
        for name, value in before.items():
            if getattr(module, name) is not value:
                setattr(module, name, value)


@pytest.fixture
def lecture(twin):
    """The twin's module lecture, put back afterwards."""
    with restored(twin.lecture) as module:
        yield module


@pytest.fixture(params=['Network', 'lecture', 'lecture, single'])
def subject(request, twin, lecture):
    """The twin through each of its doors."""
    if request.param == 'Network':
        return checks.ThroughNetwork(twin)
    return checks.ThroughLecture(twin, single='single' in request.param)


@pytest.fixture
def use():
    """levels.use, put back afterwards."""
    levels = pytest.importorskip("mlp_c.levels")
    yield levels.use
    levels.use(levels.level)
