# Run on the board by test_heap.py: what the client takes of the heap, as one line of JSON. The interpreter's own
# table of names grows in pieces, which would count by chance: how many names are new is printed beside it.
import gc
import json
import sys

import micropython


def used():
    gc.collect()
    return gc.mem_alloc()


micropython.qstr_info()
steps = [used()]
from arduino_iot_cloud import ArduinoCloudClient  # noqa: E402

steps.append(used())
client = ArduinoCloudClient("4a1e2bca-5a58-4b5e-a2a5-3d0e9e1a3b11", b"4a1e2bca", b"secret", ssl_params=None)
for name in "abcde":
    client.register(name, value=1.5)
steps.append(used())
modules = sorted(name for name in sys.modules if name.startswith("arduino"))
import asyncio.core  # noqa: E402, F401

steps.append(used())
client._run(True)  # what start() does before it connects
steps.append(used())
micropython.qstr_info()
print(json.dumps({"steps": [b - a for a, b in zip(steps, steps[1:])], "modules": modules}))
