"""Text that somebody gives: in a file, in the environment, at a prompt, on the command line.

All ways have the same rules. No complaint shows the text, since it may be a secret.
"""

import codecs
import getpass
import os
import re
from pathlib import Path

from .exits import USAGE, CommandError

_WIDE = (  # UTF-32's first: in little endian, its mark begins with that of UTF-16
    ("UTF-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("UTF-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def decoded(data: bytes, name: object) -> str:
    """Return the text of a file, which is UTF-8, or UTF-16 or UTF-32 if it says so by its byte order mark. The mark is
    no part of it. Raises CommandError, which calls the file `name`."""
    for kind, marks in _WIDE:
        if data.startswith(marks):
            try:
                return data.decode(kind)
            except UnicodeDecodeError:
                raise CommandError("%s: begins as %s, and is not; save it as UTF-8" % (name, kind), USAGE) from None
    data = data.removeprefix(codecs.BOM_UTF8)
    trouble = not_utf8(data)
    if trouble:
        raise CommandError("%s: %s; save it as UTF-8" % (name, trouble), USAGE)
    return data.decode()


def not_utf8(data: bytes) -> str | None:
    """Return what bytes are if they are not text in UTF-8, and None if they are."""
    if b"\0" in data:
        return "has zero bytes: UTF-16 without a byte order mark, or no text at all"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "not UTF-8 in line %d: Latin-1, or another older encoding" % line
    return None


def of_file(path: Path) -> str:
    """Return the text in a file, its line ends as "\\n". Raises CommandError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError("%s: %s" % (path, error.strerror), USAGE) from None
    return decoded(data, path).replace("\r\n", "\n").replace("\r", "\n")


def first_line(path: Path) -> str:
    """Return a file's first line, without its end. Raises CommandError, also if it is empty."""
    line = checked(of_file(path).partition("\n")[0], "%s, line 1" % path)
    if not line:
        raise CommandError("%s: its first line is empty" % path, USAGE)
    return line


def of_environment(variable: str) -> str | None:
    """Return an environment variable's text, None if it is not set. Raises CommandError."""
    text = os.environ.get(variable)
    return None if text is None else checked(text, "the environment's " + variable)


def entered(prompt: str) -> str:
    """Ask for a secret at the terminal and return it. Raises CommandError."""
    try:
        return checked(getpass.getpass(prompt), "what was entered")
    except EOFError:
        raise CommandError("nothing was entered", USAGE) from None
    except UnicodeDecodeError:
        raise CommandError("what was entered is not UTF-8, as this terminal's characters should be", USAGE) from None


def checked(text: str, name: str) -> str:
    """Return the text if it is one line of text. Raises CommandError, which calls it `name`."""
    trouble = not_one_line(text)
    if trouble:
        raise CommandError("%s: %s" % (name, trouble), USAGE)
    return text


def not_one_line(text: str) -> str | None:
    """Return why this cannot be a line of text, and None if it can."""
    found = _CONTROL.search(text)
    if found:
        return "character %d is a control character (U+%04X)" % (found.start() + 1, ord(found[0]))
    if text.startswith("\ufeff"):
        return "begins with a byte order mark (U+FEFF), which is no part of a text"
    try:
        text.encode()
    except UnicodeEncodeError as error:  # a byte of the command line or the environment
        return "character %d is not UTF-8" % (error.start + 1)
    return None
