"""Fetch everything that the tests, the demo and the benchmarks need, once, into `.cache/`.

The command is `tools/setup`. This package uses only Python's standard library, since it installs the rest. `parts` has
a module for each thing that is fetched, `pinned` the versions for pip and npm, `standins` the modules that the official
client lacks on Debian's MicroPython.
"""
