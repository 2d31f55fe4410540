"""Connect over verified TLS, publish once, receive once. Arguments: device id, port, root certificate."""

import sys

from arduino_iot_cloud import ArduinoCloudClient

client = ArduinoCloudClient(
    sys.argv[1],
    username=sys.argv[1],
    password="a secret of 24 characters",
    ssl_params={"cafile": sys.argv[3], "verify_mode": 2, "server_hostname": "localhost"},
    server="127.0.0.1",
    port=int(sys.argv[2]),
)
client.register("led", value=False, on_write=lambda client, value: print("received"))
client.register("count", value=1)
client.start(0.1)
