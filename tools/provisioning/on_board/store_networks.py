# Store Wi-Fi networks in the board's settings: several replace the old ones, a single one comes before them.
# `dry`: store nothing. Answers whether any differed, and what is wrong with stored ones that stay and cannot be used.
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

settings = open_settings(load())
try:
    before = settings.networks()
    unused = settings.complaints
except ValueError:  # damaged as a whole, here or in secrets.py: replace it
    before = unused = []
if len(networks) > 1:
    changed = before != networks or bool(unused)
    unused = []
    if changed and not dry:
        settings.set_networks(networks)
else:
    one = networks[0]
    first = before[0] if before else {}
    changed = any(first.get(key) != one[key] for key in one)
    if changed:
        unused = [text for text in unused if not text.startswith(one["ssid"] + ": ")]  # it is replaced
        if not dry:
            settings.add_network(one)
            unused = settings.complaints
answer((changed, unused))
