"""The benchmark: `python -m tests.bench` measures everyone on this machine; see __main__.py."""
