"""A real MicroPython device with our client at a broker with two workers, of which one is killed."""

from loads import at_broker, wait_for
from toolchain.paths import ROOT

PROGRAM = """
from program import *

client = ArduinoCloudClient(%(id)r, %(id)r, %(secret)r, server="localhost", port=%(port)d, ssl_params={"cafile": %(ca)r})
client.register("count", value=0)
client.register("led", value=None, on_write=lambda client, value: print("led is", value))
run(client, globals())
"""


def test_a_micropython_device_goes_on_though_its_worker_is_killed(start_fleet, api_of, micropython, tmp_path):
    fleet = start_fleet(workers=2)
    apis = [api_of(worker.about) for worker in fleet.workers]
    about = at_broker(apis[0].make_project(("count", "INT", "READ_WRITE"), ("led", "STATUS", "READ_WRITE")), fleet)
    apis[0].set_value("led", True, about["thing_id"])
    script = tmp_path / "device.py"
    names = {"id": about["device_id"], "secret": about["secret"], "port": fleet.tls_port, "ca": about["ca_der_file"]}
    script.write_text(PROGRAM % names)
    device = micropython(32).start(script, path=[ROOT / "tests" / "support" / "device"])
    # If a question is lost while a partition changes hands, the device asks again within 30 s.
    device.wait_for("led is True", timeout=45)
    shown = wait_for(
        lambda: apis[1].request("GET", "/devices/" + about["device_id"]), lambda shown: shown["lib_version"]
    )
    assert shown["online"] is True and shown["thing_id"] == about["thing_id"]
    for number in range(1, 21):
        device.send("client['count'] = %d\n" % number)
        # One of the two workers has this device's messages, so both are killed, one after the other.
        if number == 7:
            fleet.workers[0].process.kill()
            fleet.start_worker()
        if number == 14:
            fleet.workers[1].process.kill()
        wait_for(lambda: api_of(fleet.workers[-1 if number >= 7 else 0].about).variable("count", about["thing_id"])[
            "value"
        ], lambda value: value == number)
    api = api_of(fleet.workers[2].about)
    history = [sample["value"] for sample in api.history("count", about["thing_id"])]
    assert history == list(range(21))
    api.set_value("led", False, about["thing_id"])
    device.wait_for("led is False", timeout=30)
