# Make a private key in a file, unless it exists; answers the request for its certificate. `dry`: make nothing.
import os

from arduino_cloud_board.keys.csr import create_key, csr, pem

made = False
data = None
if not new:
    try:
        with open(path, "rb") as file:
            data = file.read()
        request = csr(device_id, data)
    except (OSError, ValueError):
        data = None
if data is None:
    made = True
if made and not dry:
    data = create_key(entropy)
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)
    request = csr(device_id, data)
answer((made, pem(request) if data else None))
del data
