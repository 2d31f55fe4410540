# Store the device's id with its secret or certificate, and the address of its cloud, in the board's settings; answers
# whether any differed. `dry`: store nothing.
import json

from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

settings = open_settings(load())


def kept(store, name):
    # None if it does not exist, empty if it is damaged: then it is deleted, so that it can be written again.
    try:
        return bytes(store.load(name))
    except KeyError:
        return None
    except ValueError:
        if not dry:
            store.delete(name)
        return b""


keys = settings.keys
stored = kept(keys, "cloud")
new_root = kept(keys, "root") != root
try:
    new_cloud = (json.loads(stored) if stored is not None else {}) != cloud or new_root
except ValueError:  # damaged, or not JSON
    new_cloud = True
if new_cloud and not dry:
    # Delete the id first: even if the power fails, the old secret must never be sent to the new cloud.
    if kept(keys, "device_id"):
        keys.delete("device_id")
    settings.set_cloud(cloud, root)
new_certificate = certificate is not None and kept(settings.device_keys, "certificate") != certificate
if new_certificate and not dry:
    settings.device_keys.store("certificate", certificate)
new = (device_id.encode(), secret.encode() if secret else None)
new_device = (kept(keys, "device_id"), kept(keys, "secret_key")) != new
if new_device and not dry:
    settings.set_device(device_id, secret)
if settings.chip and certificate is not None and not dry:
    for name in ("key", "certificate"):
        if kept(keys, name):  # from before the chip had them
            keys.delete(name)
answer(new_cloud or new_certificate or new_device)
