"""The demonstration behind tools/demo: a local cloud with examples/laptop.py as its device.

`command` needs only the standard library: it reads the command line and fetches what is missing.
The rest runs on the fetched Python: `stage` starts the cloud, the project and the device program
(`device`), `watch` waits for values in the cloud, `check` sends values each way, and `__main__` is
the main program.
"""


class DemoError(Exception):
    """The demonstration cannot continue. The message is one line for people."""
