# test_heap.py runs this on the board. It prints the heap that the client takes, as a line of JSON. The interpreter's
# table of names grows in steps, which would count by chance. Therefore the number of new names is printed separately.
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
client._run(True)  # as start() does before it connects
steps.append(used())
micropython.qstr_info()
print(json.dumps({"steps": [b - a for a, b in zip(steps, steps[1:])], "modules": modules}))
