"""The options of the suite. They stand here, not in `tests`: pytest reads this page first, also where the file that
--impl names looks to it like a file of tests: `pytest --impl my_port.py`."""


def pytest_addoption(parser):
    parser.addoption('--full', action='store_true', help='run the full tier as well')
    parser.addoption('--impl', action='append', metavar='PORT',
                     help='judge only this port: a module, a .py file or a notebook (may be repeated)')
    parser.addoption('--korean', action='store_true', help='explain failures in Korean')
    parser.addoption('--seed', type=int, default=1234, help='seed of the random cases')
