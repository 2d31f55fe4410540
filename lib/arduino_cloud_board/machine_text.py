"""The interpreter's name for the machine that it runs on."""

import sys

from arduino_iot_cloud.port import MICROPYTHON


def machine_text() -> str:
    """The interpreter's name for the machine: sys.implementation._machine, or from os.uname(), or ""."""
    text = getattr(sys.implementation, "_machine", None)
    if text is None and MICROPYTHON:
        import os

        text = os.uname().machine if hasattr(os, "uname") else None
    return text or ""
