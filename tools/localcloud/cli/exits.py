"""Exit codes of `local-cloud`, the same for each command. docs/command-line.md tells users."""

DONE = 0
FAILED = 1  # refused by the cloud, not reached, a file that cannot be read or written: nothing is changed
USAGE = 2  # argparse's own: the command line, or a file given to it, is wrong; nothing was tried
PARTLY = 3  # some of it is done; the same command again does the rest
INTERRUPTED = 130  # by Ctrl-C; as PARTLY


class CommandError(Exception):
    """Ends the command: a line for stderr, and the exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
