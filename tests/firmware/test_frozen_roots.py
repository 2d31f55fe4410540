"""Root certificates in frozen code are found without files and stay in flash."""

from processes import Process

ROOTS = """
import gc
from arduino_iot_cloud import ArduinoCloudClient
from arduino_iot_cloud.certificates import ROOTS, root
names = ROOTS[0] + ROOTS[1]
found = [None] * len(names)
gc.collect()
before = gc.mem_alloc()
for i, name in enumerate(names):
    found[i] = root(name)
gc.collect()
print("roots", len(found), sum(map(len, found)), gc.mem_alloc() - before)
from arduino_iot_cloud.trust import context
print(context(ArduinoCloudClient("device", username="device", password="p")))
"""


def test_frozen_roots_stay_in_flash(unix_firmware, tmp_path):
    process = Process([unix_firmware, "-c", ROOTS], env={}, cwd=tmp_path)
    done = process.wait()
    assert done.returncode == 0, done
    count, size, heap = map(int, done.stdout.split("\n")[0].split()[1:])
    assert count == 6 and size > 4000
    assert heap < 700  # the module and its names, as objects of a 64-bit build
    assert "<SSLContext>" in done.stdout
