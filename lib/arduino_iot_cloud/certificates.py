"""The bundled root certificates: files beside the package, or constants in frozen code, which has no files.

Comes and goes: `trust` imports it to load the roots, and unloads it after that.
"""


# Those that are trusted where the program names none: by a device that shows a certificate, whose listener has one of
# Arduino's own; and by whoever else connects, as to public servers.
ROOTS = (("ArduinoRoot",), ("AmazonRootCA1", "AmazonRootCA2", "AmazonRootCA3", "AmazonRootCA4", "SFSRootCAG2"))


def root(name: str) -> bytes:
    """The root certificate of that name in DER, such as "ArduinoRoot", or at that path, with a "/" in it. Raises
    OSError where there is none."""
    path = name if "/" in name else __file__.rsplit("/", 1)[0] + "/certs/" + name + ".der"
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        # The module that manifest.py writes: its constants stay in flash.
        try:
            return getattr(__import__("arduino_iot_cloud.bundled_roots", None, None, (name,)), name)
        except (ImportError, AttributeError):
            raise OSError(error.args[0], "'%s' cannot be read" % path)


def __getattr__(name):
    # CADATA, as the official client calls it: Arduino's own root in DER.
    if name == "CADATA":
        return root(ROOTS[0][0])
    raise AttributeError(name)
