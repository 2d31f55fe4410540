# Run on the board by test_heap.py: what the client takes of the heap, as one line of JSON.
import gc
import json
import sys


def used():
    gc.collect()
    return gc.mem_alloc()


steps = [used()]
from arduino_iot_cloud import ArduinoCloudClient  # noqa: E402

steps.append(used())
client = ArduinoCloudClient("4a1e2bca-5a58-4b5e-a2a5-3d0e9e1a3b11", b"4a1e2bca", b"secret")
for name in "abcde":
    client.register(name, value=1.5)
steps.append(used())
modules = sorted(name for name in sys.modules if name.startswith("arduino"))
import asyncio.core  # noqa: E402

steps.append(used())
print(json.dumps({"steps": [b - a for a, b in zip(steps, steps[1:])], "modules": modules}))
