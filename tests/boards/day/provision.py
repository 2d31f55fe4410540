"""What provisioning leaves on a board: its settings, in the store that the board has for them."""

import json
import os

from arduino_cloud_board import detection, settings

given = json.loads(os.getenv("SETTINGS"))
with open(os.getenv("ROOT"), "rb") as file:
    root = file.read()
kept = settings.open(detection.load())
kept.set_device(given["device_id"], given["secret_key"])
kept.set_networks(given["networks"])
kept.set_cloud(given["cloud"], root)
print("provisioned", kept)
