"""What the frozen client takes of a Cortex-M3's heap: its bytecode and constants stay in flash."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)

# For the import, the client and five variables; asyncio, which the program has anyway, comes on top.
LIMIT = 4096
LIMIT_WITH_ASYNCIO = 6400


def test_the_frozen_client_with_five_variables(board):
    found = board.measure(Path(__file__).with_name("heap.py").read_text())
    imported, constructed, asyncio = found["steps"]
    heap = imported + constructed
    print("\nheap of the frozen client on a Cortex-M3: %d bytes" % heap)
    print("import %d, client with five variables %d; asyncio another %d" % (imported, constructed, asyncio))
    print("modules: %s" % ", ".join(found["modules"]))
    assert 1000 < heap <= LIMIT
    assert heap + asyncio <= LIMIT_WITH_ASYNCIO
