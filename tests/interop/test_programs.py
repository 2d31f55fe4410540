"""Programs for the official client, run with both clients on CPython and on MicroPython.

What a line prints stands behind `# ->` in it. The lines are in the order of their output.
"""

import json
import re
from pathlib import Path

import pytest
from interpreters import CPython, MicroPython
from toolchain.paths import PEER_PYTHON, PEERS, TOOLS

PROGRAMS = Path(__file__).parent / "programs"
CONNECTED = PROGRAMS / "connected.py"


class OfficialCPython(CPython):
    """CPython with the official client."""

    def start(self, *script, **options):
        return super().start(*script, env={"PYTHONPATH": ""}, **options)

    def _command(self, heap):
        return [PEER_PYTHON, "-u"]


class OfficialMicroPython(MicroPython):
    """A MicroPython with the official client."""

    def start(self, *script, **options):
        # the unix port has no select.select
        path = "%s:%s:.frozen" % (TOOLS / "bench" / "standins", PEERS / "micropython")
        return super().start(*script, env={"MICROPYPATH": path}, **options)


MACHINES = {
    "ours-cpython": CPython,
    "ours-mp64": lambda: MicroPython(64),
    "ours-mp32": lambda: MicroPython(32),
    "official-cpython": OfficialCPython,
    "official-mp64": lambda: OfficialMicroPython(64),
    "official-mp32": lambda: OfficialMicroPython(32),
}


@pytest.fixture(params=MACHINES)
def machine(request):
    """Each client on each interpreter in turn (interpreters.Interpreter)."""
    chosen = MACHINES[request.param]()
    chosen.ours = request.param.startswith("ours")
    yield chosen
    chosen.stop_all()


def test_each_machine_has_the_client_that_is_meant(machine):
    code = "import arduino_iot_cloud.ucloud as ucloud; print(hasattr(ucloud, 'SenmlRecord'))"
    assert machine.run(code=code, check=True).stdout.strip() == str(not machine.ours)


def _expected(program):
    return [text.strip() for line in program.read_text().split("\n") for text in line.split("# ->")[1:]]


@pytest.mark.parametrize("program", sorted(path.stem for path in PROGRAMS.glob("*.py") if path != CONNECTED))
def test_a_program_prints_the_same(machine, program):
    path = PROGRAMS / (program + ".py")
    expected = _expected(path)
    assert expected
    done = machine.run(path, check=True)
    # without logging, our client prints its warnings
    printed = [line for line in done.stdout.splitlines() if "no effect" not in line]
    assert printed == expected


ORDINARY = """
import sys
from arduino_iot_cloud import ArduinoCloudClient, Location, Schedule, Switch, Task
client = ArduinoCloudClient("device", "device", "secret")
client.register("count", value=5, on_write=print)
client.register("limited", value=5, min_delta=1)
for one in Location("here", lat=1.5), Schedule("alarm", on_active=print), Switch("switch"), Task("task", on_run=print):
    client.register(one)
client["count"] = 6
client["here"].lon = 2.5
client.poll(0)
print([name for name in ("property.attributes", "property.official") if "arduino_iot_cloud." + name in sys.modules])
client.records["count"].updated
print([name for name in ("property.attributes", "property.official") if "arduino_iot_cloud." + name in sys.modules])
"""


def test_what_only_such_programs_use_is_not_loaded_for_others(interpreter):
    assert interpreter.run(code=ORDINARY, check=True).stdout.splitlines()[-2:] == ["[]", "['property.official']"]


def test_a_star_imports_all_names_on_cpython(cpython):
    names = "ArduinoCloudClient, Task, Location, Schedule, timestamp, async_wifi_connection, len(CADATA)"
    code = "from arduino_iot_cloud import *; print(%s)" % names
    assert cpython.run(code=code, check=True).stdout.count("<") == 6


def _arguments(machine, project):
    """Write the arguments of ArduinoCloudClient into a file and return its path."""
    cloud = project.cloud
    ca = cloud.ca_file if "cpython" in machine.name else cloud.ca_der_file
    arguments = {
        "device_id": project.device_id, "username": project.device_id, "password": project.secret,
        "server": "localhost", "port": cloud.mqtts_port,
        "ssl_params": {"cafile": ca, "server_hostname": "localhost", "verify_mode": 2},
    }  # fmt: skip
    path = project.folder / "arguments.json"
    path.write_text(json.dumps(arguments))
    return path


FLUSHING = """
import asyncio, json, sys
from arduino_iot_cloud import ArduinoCloudClient, ColoredLight, Location, Switch
with open(sys.argv[1]) as file:
    client = ArduinoCloudClient(**json.load(file))
client.register(ColoredLight("clight", swi=True, hue=1, sat=2, bri=3))
client.register(Location("treasureisland", lat=1, lon=2))
client.register(Switch("led", value=True))
async def main():
    running = asyncio.create_task(client.run())
    print("first", await client.wait_synced(15), await client.flush(15))
    client["clight"].hue = 5
    client["treasureisland"].lat = 5
    client["led"] = False
    client["clight"] = None
    client["treasureisland"].lon = None
    client["led"] = None
    print("flushed", await client.flush(5), client.stats()["published"])
    client["treasureisland"].lon = 7
    print("again", await client.flush(15), client.stats()["published"])
    client.stop()
    await running
asyncio.run(main())
"""


def test_what_has_no_value_any_more_is_not_published_and_flush_does_not_wait_for_it(interpreter, project):
    program = project.folder / "flushing.py"
    program.write_text(FLUSHING)
    done = interpreter.run(program, _arguments(interpreter, project), check=True)
    first, flushed, again = re.findall("^(?:first|flushed|again) .*$", done.stdout, re.M)
    assert first == "first True True"
    published = int(flushed.split(" ")[-1])
    assert flushed == "flushed True %d" % published
    assert again == "again True %d" % (published + 1)
    assert project.value("treasureisland") == {"lat": 5, "lon": 7}
    assert project.value("clight")["hue"] == 1 and project.value("led") is True


def test_a_program_with_the_cloud(machine, project):
    project.write("clight", {"swi": True, "hue": 10, "sat": 20, "bri": 30})
    project.write("schedule", {"frm": 1, "to": 0, "len": 4000000000, "msk": 0})
    project.write("count", 2)
    process = machine.start(CONNECTED, _arguments(machine, project))
    # last values
    process.wait_for("^light True True 10", 20)
    process.wait_for(r"^count 2 False$")
    process.wait_for(r"^active \['frm', 'len', 'msk', 'to'\] True$")
    assert project.wait_value("text") == "here"
    project.wait_value("treasureisland", lambda value: value == {"lat": 10, "lon": 29.5})
    # values from a dashboard, and what the program does with them
    project.write("clight", {"swi": False, "hue": 99, "sat": 20, "bri": 30})
    process.wait_for("^light True False 99")
    project.wait_value("treasureisland", lambda value: value == {"lat": 99, "lon": 29.5})
    project.write("count", 3)
    process.wait_for("^count 3 False$")
    assert project.wait_value("temperature") == 20.5
    assert project.wait_value("count") == 3
    process.wait_for(r"^published 20\.5 True$")
    # a light without a value disturbs nothing, and a value can be sent again
    project.write("count", 4)
    process.wait_for("^count 4 False$")
    assert project.wait_value("temperature") == 20.5
    if machine.ours:  # the official client ends its own tasks with exceptions
        assert not re.search("raised|Traceback", process.stdout + process.stderr)
