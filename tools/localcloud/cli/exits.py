"""Exit codes of `local-cloud`, the same for each command. docs/command-line.md lists them for users."""

DONE = 0
FAILED = 1  # the cloud refused or was not reached, or a file cannot be read or written; nothing was changed
USAGE = 2  # as in argparse: the command line, or a file given to it, is wrong; nothing was tried
PARTLY = 3  # partly done; the same command again does the rest
INTERRUPTED = 130  # by Ctrl-C; the same command again does the rest


class CommandError(Exception):
    """Ends the command with a message on stderr and an exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
