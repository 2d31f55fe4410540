"""Everything the tests, the demo and the benchmarks need, fetched once into `.cache/`.

Only Python's standard library is used here, since this is what installs the rest.
`tools/setup` is the command; the modules are one per thing that is fetched.
"""
