"""Which lines of mlp_py and mlp_c does the suite never reach, and why? python -m tests.line_coverage"""
