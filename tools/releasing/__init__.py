"""A release: bytecode and package.json files for mip, ROMFS images, archives, checksums.

    arduino-iot-cloud-1.0.0/
        mpy6/                   for each version of MicroPython's bytecode
            package.json …      the packages of the checkout, with the bytecode's addresses
            arduino_iot_cloud/  *.mpy, certs/*.der
            boards/BOARD/       package.json, board.mpy
        arduino-iot-cloud-1.0.0-mpy6.zip, .tar.gz
        arduino-iot-cloud-1.0.0-mpy6.romfs          the client alone
        arduino-iot-cloud-1.0.0-mpy6-board.romfs    with what the boards share
        RELEASE.json            version, commit, compiler, sizes
        SHA256SUMS
"""

NAME = "arduino-iot-cloud"
DESCRIPTION = "RELEASE.json"
CHECKSUMS = "SHA256SUMS"


class ReleaseError(Exception):
    """A release cannot be made, or has mistakes; the message is for a person."""
