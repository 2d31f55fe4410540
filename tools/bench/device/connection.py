"""A client that connects to the benchmark's broker over verified TLS."""

import sys


def connect(**more):
    """Return the client. The program's first arguments: device id, port, root certificate. `more` is for the client."""
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
