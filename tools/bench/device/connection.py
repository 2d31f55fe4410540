"""A client of the bench's cloud over verified TLS."""

import sys


def connect(**more):
    """The client; the first arguments are the device's id, the port, the root certificate. `more`: for the client."""
    from arduino_iot_cloud import ArduinoCloudClient

    device, port, root = sys.argv[1:4]
    return ArduinoCloudClient(
        device,
        username=device,
        password="a secret of 24 characters",
        ssl_params={"cafile": root, "verify_mode": 2, "server_hostname": "localhost"},
        server="127.0.0.1",
        port=int(port),
        **more
    )
