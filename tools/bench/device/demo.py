"""examples/laptop.py, the program of tools/demo. Arguments: device id, port, root certificate."""

import sys


class Secrets:
    DEVICE_ID = sys.argv[1]
    SECRET_KEY = "a secret of 24 characters"
    CLOUD = {
        "server": "127.0.0.1",
        "port": int(sys.argv[2]),
        "ssl_params": {"cafile": sys.argv[3], "verify_mode": 2, "server_hostname": "localhost"},
    }


sys.modules["secrets"] = Secrets
import laptop  # noqa: E402,F401
