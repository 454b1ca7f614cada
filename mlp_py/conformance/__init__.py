"""The conformance kit: what a port of the lecture, in any language, is judged by. SPEC.md says how.

Its cases are plain data (`v1`). Nothing here uses the arithmetic of mlp_py: NumPy and the standard library are enough.
"""
