"""The bytes of a Python file for MicroPython or from a board, of which only a part is ours."""

import ast
import codecs

from localcloud.cli import plain_text


def unfit(data: bytes) -> str | None:
    """Return why MicroPython cannot read these bytes as a program, and None if it can."""
    for kind, mark in (("UTF-8", codecs.BOM_UTF8), ("UTF-16", codecs.BOM_UTF16_LE), ("UTF-16", codecs.BOM_UTF16_BE)):
        if data.startswith(mark):
            return "begins with the byte order mark of %s, which MicroPython does not know" % kind
    return plain_text.not_utf8(data)


def parsed(data: bytes) -> ast.Module:
    """Return the syntax tree. Bytes that are not UTF-8, as in an old comment, count as question marks.

    Raises SyntaxError if it is not valid Python.
    """
    text = data.decode("utf-8", "surrogateescape")
    try:
        return ast.parse("".join("?" if "\ud800" <= character <= "\udfff" else character for character in text))
    except ValueError:  # zero bytes, before Python 3.11.4
        raise SyntaxError from None
