"""docs/reference.md is made from the docstrings and has every public name."""

import importlib.machinery
import subprocess
import types

from arduino_cloud_board.names import _NAMES as OF_BOARDS
from arduino_iot_cloud.names import _NAMES as OF_THE_CLIENT
from toolchain.paths import ROOT, TOOLS

DATA = ("CADATA",)  # public because it is in the official client; has no docstring
ALIASES = {"Task": "ArduinoCloudObject"}


def test_the_reference_is_up_to_date():
    done = subprocess.run([TOOLS / "reference", "--check"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs" / "reference.md").read_text()
    lines = OF_THE_CLIENT.split("\n") + OF_BOARDS.split("\n")
    public = [name for line in lines for name in line.split(" ")[1:] if name not in DATA]
    assert "Task" in public and "Device" in public
    for name in public:
        assert "### `%s" % ALIASES.get(name, name) in text or "### `class %s(" % name in text, name


def _generator():
    module = types.ModuleType("reference")
    module.__file__ = str(TOOLS / "reference")
    importlib.machinery.SourceFileLoader("reference", module.__file__).exec_module(module)
    return module


def test_lists_and_paragraphs_of_a_docstring():
    markdown = _generator()._markdown
    listed = "One.\n\n- `name`: what\n  it is\n- `other`, `third`: those\n"
    assert markdown("One.\n\nname: what\n    it is\nother, third: those") == listed
    # a sentence that has a colon and continues on the next line is not a list
    assert markdown("One:\nname: what\nit is") == "One:\nname: what\nit is\n"
    assert markdown("All of *args.") == "All of \\*args.\n"
