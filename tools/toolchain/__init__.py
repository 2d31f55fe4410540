"""Everything the tests, the demo and the benchmarks need, fetched once into `.cache/`.

Only Python's standard library is used here, since this is what installs the rest.
`tools/setup` is the command. `parts` has a module for each thing that is fetched, `pinned` the versions of what pip and
npm install, `standins` what the official client lacks on a computer.
"""
