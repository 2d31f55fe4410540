# Store Wi-Fi networks in the board's settings: several replace the old ones, a single one comes before them.
# `dry`: store nothing.
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

settings = open_settings(load())
try:
    before = settings.networks()
except ValueError:  # damaged, here or in secrets.py: replace it
    before = []
if len(networks) > 1:
    changed = before != networks
    if changed and not dry:
        settings.set_networks(networks)
else:
    one = networks[0]
    first = before[0] if before else {}
    changed = any(first.get(key) != one[key] for key in one)
    if changed and not dry:
        settings.add_network(one)
answer(changed)
