"""Settings of the whole suite: JAX in float64 on the CPU, the two twins, the tiers, and the report of ratios.

    pytest                    quick tier, both twins
    pytest --full             everything
    pytest --twin mlp_py      one implementation: mlp_py, mlp_c, or tests.faults:NAME (a planted fault)
    pytest --seed 7           other random cases; the seed is printed at the top of each run
"""
import importlib
import os
from contextlib import contextmanager

os.environ['JAX_ENABLE_X64'] = '1'
os.environ['JAX_PLATFORMS'] = 'cpu'

import numpy as np      # noqa: E402  (the settings above must come before anything imports JAX)
import pytest           # noqa: E402

from . import bits, checks  # noqa: E402

STATE = ('LEARNING_RATE', 'RND_MEAN', 'RND_STD', 'input_cnt', 'output_cnt', 'hidden_cnt', 'hidden_config', 'pm_output',
         'pm_hidden', 'pm_hiddens', 'data', 'shuffle_map', 'test_begin_idx', 'problem')


class Twin:
    """One implementation: its module lecture, its class Network, the length of the blocks in its sums."""

    def __init__(self, name):
        self.name = name
        package = importlib.import_module(name)
        self.package, self.Network = package, package.Network
        self.lecture = importlib.import_module(name + '.lecture')
        self.block = 256 if name == 'mlp_c' else None


def find_twin(name):
    if ':' in name:
        module, fault = name.split(':')
        return importlib.import_module(module).twin(fault)
    return Twin(name)


def pytest_addoption(parser):
    parser.addoption('--full', action='store_true', help='run the full tier as well')
    parser.addoption('--twin', action='append', help='judge only this implementation (may be repeated)')
    parser.addoption('--seed', type=int, default=1234, help='seed of the random cases')


def pytest_configure(config):
    config.addinivalue_line('markers', 'full: runs in the full tier only (pytest --full)')


def pytest_report_header(config):
    return f'mlp-twins: random cases from --seed {config.getoption("seed")}'


def pytest_generate_tests(metafunc):
    if 'twin' in metafunc.fixturenames:
        names = metafunc.config.getoption('twin') or ['mlp_c', 'mlp_py']
        metafunc.parametrize('twin', names, indirect=True, scope='session')


def pytest_collection_modifyitems(config, items):
    if not config.getoption('full'):
        for item in items:
            if item.get_closest_marker('full'):
                item.add_marker(pytest.mark.skip(reason='full tier: pytest --full'))


def pytest_terminal_summary(terminalreporter):
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
    return find_twin(request.param)


@pytest.fixture(scope='session')
def seed(request):
    return request.config.getoption('seed')


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
    before = {name: getattr(module, name) for name in (*STATE, *functions)}
    try:
        yield module
    finally:
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
