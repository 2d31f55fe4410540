"""The bundled root certificates: files beside the package, or constants in frozen code, which has no files.

Temporary: `trust` imports it to load the roots, then unloads it.
"""


# The roots to trust if the program names none: first for a device with a certificate, since the server on its port has
# one from Arduino's own authority; then for all other connections, whose servers have one from a public authority.
ROOTS = (("ArduinoRoot",), ("AmazonRootCA1", "AmazonRootCA2", "AmazonRootCA3", "AmazonRootCA4", "SFSRootCAG2"))


def root(name: str) -> bytes:
    """Return a root certificate in DER by its name, such as "ArduinoRoot", or by its path, which has a "/" in it.

    Raises OSError if there is none."""
    path = name if "/" in name else __file__.rsplit("/", 1)[0] + "/certs/" + name + ".der"
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        # manifest.py writes this module: its constants stay in flash.
        try:
            return getattr(__import__("arduino_iot_cloud.bundled_roots", None, None, (name,)), name)
        except (ImportError, AttributeError):
            raise OSError(error.args[0], "'%s' cannot be read" % path)


def __getattr__(name):
    # CADATA is the official client's name for Arduino's own root in DER.
    if name == "CADATA":
        return root(ROOTS[0][0])
    raise AttributeError(name)
