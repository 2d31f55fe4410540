"""The heap that the frozen client takes on a Cortex-M3, while its bytecode and constants stay in flash."""

import json
import re
from pathlib import Path

import pytest
from toolchain.paths import ROOT

pytestmark = pytest.mark.timeout(600)

# For the import, the client and five variables. asyncio, which the program needs anyway, is not included.
LIMIT = 4096
LIMIT_WITH_ASYNCIO = 6400
LIMIT_RUNNING = 12544  # everything with the session and both buffers, except TLS; 12544 are used
NEAR = 100  # bytes by which the pages may differ from the measurement


def test_the_frozen_client_with_five_variables(board):
    output = board.run(Path(__file__).with_name("heap.py").read_text())
    found = json.loads(output.splitlines()[-1])
    imported, constructed, asyncio, running = found["steps"]
    heap = imported + constructed
    print("\nheap of the frozen client on a Cortex-M3: %d bytes" % heap)
    print("import %d, client with five variables %d; asyncio another %d" % (imported, constructed, asyncio))
    print("ready to connect: %d in all" % sum(found["steps"]))
    print("modules: %s" % ", ".join(found["modules"]))
    assert 1000 < heap <= LIMIT
    assert heap + asyncio <= LIMIT_WITH_ASYNCIO
    assert sum(found["steps"]) <= LIMIT_RUNNING
    # At most the names of the five variables. All of ours are in flash.
    before, after = map(int, re.findall(r"n_qstr=(\d+)", output))
    assert after - before <= 5, output
    page = (ROOT / "docs" / "firmware.md").read_text()
    told = re.search(r"Cortex-M3: (\d+) bytes\nimport (\d+), .* variables (\d+); .* another (\d+)\n.*: (\d+) in", page)
    measured = (heap, imported, constructed, asyncio, sum(found["steps"]))
    assert all(abs(int(one) - other) <= NEAR for one, other in zip(told.groups(), measured)), "docs/firmware.md"
    text = " ".join((ROOT / "README.md").read_text().split())
    near = re.search(r"takes (\d+\.\d) KB of heap on an emulated Cortex-M3, asyncio another (\d+\.\d)", text)
    assert all(abs(float(one) * 1000 - other) <= NEAR for one, other in zip(near.groups(), (heap, asyncio))), "README"
