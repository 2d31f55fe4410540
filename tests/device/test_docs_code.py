"""The code in the docs, block by block, in a program that is connected."""

import re

import pytest
from devices import DEVICE_ID, SECRET
from toolchain.paths import ROOT

PAGES = ("time-and-schedules", "events", "types-and-policies", "offline")
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)

# What a page says before its first block: there is a client. Where a block does not run it, this does.
_PROGRAM = """
import sys
from arduino_iot_cloud import ArduinoCloudClient
client = ArduinoCloudClient(%r, %r, %r, ssl_params=None, server=%r, port=%d, ntp_server="127.0.0.1:9", ntp_timeout=0.2)
%s
if not client.driver:
    client.register("end of the test", on_run=lambda client, args: client.connected and client.stop(), interval=0.2)
    client.start()
print("right to the end")
"""


def blocks():
    for page in PAGES:
        for i, code in enumerate(_BLOCK.findall((ROOT / "docs" / (page + ".md")).read_text())):
            needs = "" if "Task" not in code or "import Task" in code else "from arduino_iot_cloud import Task\n"
            needs += "" if "Schedule(" not in code or "import Schedule" in code else "from arduino_iot_cloud import Schedule\n"
            yield pytest.param(needs + code, id="%s-%d" % (page, i + 1))


@pytest.mark.parametrize("code", list(blocks()))
def test_block(interpreter, broker, opposite, tmp_path, code):
    (tmp_path / "block.py").write_text(_PROGRAM % (DEVICE_ID, DEVICE_ID, SECRET, broker.host, broker.port, code))
    done = interpreter.run(tmp_path / "block.py", check=True, cwd=tmp_path)
    assert "right to the end" in done.stdout and "Traceback" not in done.stdout + done.stderr, done
    for said in re.findall(r"print\(error\)  # (.*)", code):
        assert said in done.stdout
