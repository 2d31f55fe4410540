"""The memory that the Wi-Fi manager takes on a board, which docs/wifi.md states."""

import ast
import re
from pathlib import Path

from toolchain import mpy
from toolchain.paths import LIB

MODULES = (
    "arduino_iot_cloud/__init__ arduino_iot_cloud/port arduino_iot_cloud/stream arduino_cloud_board/__init__ "
    "arduino_cloud_board/link/__init__ arduino_cloud_board/link/wifi arduino_cloud_board/link/change "
    "arduino_cloud_board/link/arguments arduino_cloud_board/link/starting "
    "arduino_cloud_board/link/wifi_radio arduino_cloud_board/link/wifi_machine arduino_cloud_board/link/wifi_status"
).split()


def test_while_connected_only_what_watches_stays_in_memory(tmp_path, micropython):
    for name in MODULES:
        mpy.compile_file(LIB / (name + ".py"), tmp_path / "lib" / (name + ".mpy"))
    # Only compiled modules, and in a path as short as on a board, because each module keeps its path.
    program = Path(__file__).with_name("wifi_memory.py")
    done = micropython(32).run(program, cwd=tmp_path, env={"MICROPYPATH": "lib:.frozen"}, check=True)
    told = dict(re.findall(r"^(\w+) (.*)$", done.stdout, re.M))
    assert told["connected"] == "True"
    assert ast.literal_eval(told["modules"]) == ["arduino_cloud_board.link", "arduino_cloud_board.link.wifi"]
    assert int(told["heap"]) < 8000, told
    assert int(told["garbage"]) < 200, told
