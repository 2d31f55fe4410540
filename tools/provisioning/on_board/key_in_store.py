# Make a private key in the board's settings, unless it exists; answers the request for its certificate. `dry`: make
# nothing.
from arduino_cloud_board.keys.csr import csr, pem
from arduino_cloud_board.detection import load
from arduino_cloud_board.settings import open as open_settings

store = open_settings(load()).device_keys
request = None
if not new:
    try:
        request = csr(device_id, store.key("key"))
    except (KeyError, ValueError):
        pass  # it does not exist, or is damaged
made = request is None
if made and not dry:
    store.create_key("key", entropy)
    request = csr(device_id, store.key("key"))
answer((made, pem(request) if request else None))
