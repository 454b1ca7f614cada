"""`python -m mlp_py`: the command line, with the NumPy twin."""

try:
    from .cli import main
    status = main(twin="mlp_py")
except KeyboardInterrupt:                      # while the modules were still being loaded
    status = 130
raise SystemExit(status)
