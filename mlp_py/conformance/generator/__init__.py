"""How the cases of the kit are made: python -m mlp_py conformance generate.

Written in lists and loops from the formulas of SPEC.md, in rational numbers. Nothing here computes with NumPy or with
the twins, but for the page `faults`, which asks wrong implementations for their wrong answers.
"""
