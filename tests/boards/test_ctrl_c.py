"""Ctrl-C while a Device runs on the cloud, and the program again without a reset."""

import json
import re
import signal
import time
from pathlib import Path

import pytest
from toolchain.paths import ROOT

PROGRAM = Path(__file__).parent / "ctrl_c_program.py"
NETWORK = ROOT / "tests/support/standins/connected"


@pytest.mark.parametrize("again", ("same", "other", "loop"))
@pytest.mark.parametrize("how", ("start", "run", "main"))
def test_a_device_is_on_the_cloud_again_after_each_ctrl_c(interpreter, local_cloud, how, again):
    arguments = {
        "device_id": local_cloud.device_id,
        "username": local_cloud.device_id,
        "password": local_cloud.secret,
        "server": local_cloud.host,
        "port": local_cloud.mqtts_port,
        "ssl_params": {"cafile": local_cloud.ca_der_file},
    }
    process = interpreter.start(PROGRAM, how, again, path=[NETWORK], env={"ARGUMENTS": json.dumps(arguments)})
    for number in range(1, 5):
        process.wait_for("^synced %d$" % number, 20)
        time.sleep(0.031 * number)  # somewhere else in the loop
        process.signal(signal.SIGINT)
        process.wait_for("^interrupted %d$" % number, 10)
    done = process.wait(20)
    assert re.search("^synced 5$", done.stdout, re.M) and "ended False False\n" in done.stdout, done
    # One device alone: none was thrown out by another with its id.
    assert "another device" not in done.stdout and "closed the connection" not in done.stdout, done.stdout
