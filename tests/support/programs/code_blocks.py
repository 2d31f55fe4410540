"""Find the code blocks in README.md and the pages in docs/."""

import re
from collections import namedtuple

from toolchain.paths import ROOT

Block = namedtuple("Block", "line language text")

# A fence, or a comment with the setup for the blocks after it: <!-- setup, newline, Python, -->
_PARTS = re.compile(r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$|^<!-- setup\n(?P<setup>.*?)^-->$", re.M | re.S)


def pages():
    """Return the pages as paths relative to the checkout."""
    found = [ROOT / "README.md"] + sorted((ROOT / "docs").rglob("*.md"))
    return [str(path.relative_to(ROOT)) for path in found]


def blocks(text):
    """Return a page's Blocks. A setup has the language `setup`. Raises ValueError for a fence without an end."""
    found = []
    for match in _PARTS.finditer(text):
        language, code = match.group("language"), match.group("code")
        if language is None:
            language, code = "setup", match.group("setup")
        found.append(Block(text.count("\n", 0, match.start()) + 1, language, code))
    if len(re.findall(r"^\s*```", text, re.M)) != 2 * sum(block.language != "setup" for block in found):
        raise ValueError("a fence without an end, or an indented one")
    return found


def of(page):
    """Return the Blocks of a page in the checkout."""
    return blocks((ROOT / page).read_text())


def commands(block):
    """Return the commands of a block: in console the lines after `$ `, in sh all lines."""
    lines = block.text.split("\n")
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    found, end = [], None
    for line in lines:
        if end:
            end = None if line == end else end
            continue
        here = re.search(r"<<(\w+)$", line)
        end = here and here.group(1)
        line = re.sub(r"\s+#.*", "", line)
        if line:
            found.append(line)
    return found
