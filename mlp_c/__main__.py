"""`python -m mlp_c`: the command line, with the compiled twin."""

try:
    from mlp_py.cli import main
    status = main(twin="mlp_c")
except KeyboardInterrupt:                      # while the modules were still being loaded
    status = 130
raise SystemExit(status)
