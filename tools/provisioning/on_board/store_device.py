# Store the device's id with its secret or certificate, and the address of its cloud, in the board's settings; answers
# whether any differed. If one is refused, all stay as they were. `dry`: store nothing.
import json

from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

settings = open_settings(load())


def kept(store, name):
    # None if it does not exist, empty if it is damaged.
    try:
        return bytes(store.load(name))
    except KeyError:
        return None
    except ValueError:
        return b""


keys = settings.keys
stored = kept(keys, "cloud")
try:
    changed = (json.loads(stored) if stored is not None else {}) != cloud
except ValueError:  # damaged, or not JSON
    changed = True
changed = changed or kept(keys, "root") != root
changed = changed or certificate is not None and kept(settings.device_keys, "certificate") != certificate
new = (device_id.encode(), secret.encode() if secret else None)
changed = changed or (kept(keys, "device_id"), kept(keys, "secret_key")) != new
if changed and not dry:
    settings.set_device(device_id, secret, cloud=cloud, root=root, certificate=certificate)
if settings.chip and certificate is not None and not dry:
    for name in ("key", "certificate"):
        if kept(keys, name):  # from before the chip had them
            keys.delete(name)
answer(changed)
