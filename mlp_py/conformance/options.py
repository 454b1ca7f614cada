"""The options of the suite, a plugin of pytest that pyproject.toml names: so pytest knows them before it reads a path.

In `tests` it would meet them too late: of `pytest --impl my_port.py`, it would take the file for a file of tests.
"""


def pytest_addoption(parser):
    parser.addoption('--full', action='store_true', help='run the full tier as well')
    parser.addoption('--impl', action='append', metavar='PORT',
                     help='judge only this port: a module, a .py file or a notebook (may be repeated)')
    parser.addoption('--korean', action='store_true', help='explain failures in Korean')
    parser.addoption('--seed', type=int, default=1234, help='seed of the random cases')
