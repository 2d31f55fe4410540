"""The demonstration behind tools/demo: a local cloud, and examples/laptop.py as a device of it.

`command` needs only the standard library: it reads the command line and fetches what is missing.
The rest runs on the fetched Python: `stage` puts up the cloud, the project and the device program
(`device`), `watch` waits for values at the cloud, `check` drives them each way, `__main__` is the
program around it all.
"""


class DemoError(Exception):
    """The demonstration cannot go on; the message is one line for a person."""
