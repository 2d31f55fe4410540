"""tools/bench/codec: messages encoded and decoded per second, by ours and by the official client's cbor2 and senml.

It measures from properties to a message's bytes and back, without a network.
"""

import re
import subprocess

import cbor2
from toolchain.paths import LIB, MICROPYTHON32, MICROPYTHON64, PEER_PYTHON, VENV_PYTHON

from .report import command, print_figures
from .setting import DEVICE, OFFICIAL, OURS, Builds, scratch

# These values differ from those with which the program starts.
RECORDS = [
    {0: "count", 2: 8},
    {0: "temperature", 2: 22.25},
    {0: "text", 3: "world"},
    {0: "level", 2: -3},
    {0: "led", 4: False},
]
SIZES = (1, 5)
MACHINES = {"32-bit MicroPython": MICROPYTHON32, "64-bit MicroPython": MICROPYTHON64, "CPython": None}
_RATE = re.compile(r"^(\w+) ([\d.e+]+)$", re.M)


def _on_cpython(name, *arguments):
    python, folders = (VENV_PYTHON, [LIB]) if name == OURS else (PEER_PYTHON, [])
    environment = {"PYTHONPATH": ":".join(map(str, folders))}
    command = [str(python), str(DEVICE / "codec.py")] + [str(word) for word in arguments]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=30)
    if done.returncode:
        raise RuntimeError("codec with %s: %s" % (name, done.stderr))
    return done.stdout


def measure(seconds):
    """Return {interpreter: {client: {"encode_1": per second, …}}}, from five rounds of so many seconds each."""
    figures = {}
    with scratch() as folder:
        builds = Builds(folder, OURS, OFFICIAL)
        for machine, interpreter in MACHINES.items():
            figures[machine] = {OURS: {}, OFFICIAL: {}}
            for size in SIZES:
                message = cbor2.dumps(RECORDS[:size]).hex()
                for name in (OURS, OFFICIAL):
                    if interpreter:
                        output = builds.run(name, "codec", message, size, seconds, interpreter=interpreter)
                    else:
                        output = _on_cpython(name, message, size, seconds)
                    for kind, rate in _RATE.findall(output):
                        figures[machine][name]["%s_%d" % (kind, size)] = round(float(rate))
    return figures


def show(figures):
    """Print the figures as a table."""
    columns = ["%s %d" % (kind, size) for size in SIZES for kind in ("encode", "decode")]
    rows = [
        ["%s, %s" % (machine, name)] + [clients[name][column.replace(" ", "_")] for column in columns]
        for machine, clients in figures.items()
        for name in (OURS, OFFICIAL)
    ]
    print_figures(
        "Messages per second, of one value and of five; medians",
        columns,
        rows,
        ["The official client's cbor2 is compiled code on CPython, and a stand-in in Python on MicroPython."],
    )


if __name__ == "__main__":
    command(__doc__, measure, show, [("--round", 0.25, "seconds of a round")])
