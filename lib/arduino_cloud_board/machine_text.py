"""What the interpreter calls the machine that it runs on."""

import sys

from arduino_iot_cloud.port import MICROPYTHON


def machine_text() -> str:
    """What the interpreter calls the machine: sys.implementation._machine, else os.uname(), else ""."""
    text = getattr(sys.implementation, "_machine", None)
    if text is None and MICROPYTHON:
        import os

        text = os.uname().machine if hasattr(os, "uname") else None
    return text or ""
