"""The device in the tests of sync mode: its id, variables and arguments."""

DEVICE = "d0d0d0d0-2222-4222-8333-d0d0d0d0d0d0"
SETUP = """
client.register("count", value=0, on_write=lambda client, value: written.append(value))
client.register("text", value=None)
"""


def start(interpreter, broker, start_sync_device, setup=SETUP, started=True, **arguments):
    """Start a device with a keepalive of 2 s. `started`: wait until it has connected."""
    arguments = dict(
        {"device_id": DEVICE, "username": DEVICE, "password": "secret", "keepalive": 2}, **arguments
    )
    arguments = dict({"server": broker.host, "port": broker.port}, **arguments)
    device = start_sync_device(interpreter, setup, **arguments)
    if started:
        device.wait_for("^started")
    return device
