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
    except OSError as error:
        if error.errno != 2:  # ENOENT; a key that cannot be read may be a good one
            raise
    except ValueError:  # damaged
        data = None
if data is None:
    made = True
if made and not dry:
    data = create_key(entropy)
    try:
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)
    except OSError:
        try:
            os.remove(path + ".new")  # half of it
        except OSError:
            pass
        raise
    request = csr(device_id, data)
answer((made, pem(request) if data else None))
del data
