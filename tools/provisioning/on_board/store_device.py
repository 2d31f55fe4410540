# The device's id with its secret or certificate, and where its cloud is, in the board's settings; whether any differed.
# `dry`: nothing is stored.
import json

from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

settings = open_settings(load())


def kept(store, name):
    # None where it is not there, empty where it is damaged: that goes, so that it can be written anew.
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
except ValueError:  # damaged, or whole and no JSON
    new_cloud = True
if new_cloud and not dry:
    # The id goes first: the power may go at any moment, and no old secret is to be sent to a new cloud.
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
        if kept(keys, name):  # of before the chip had them
            keys.delete(name)
answer(new_cloud or new_certificate or new_device)
