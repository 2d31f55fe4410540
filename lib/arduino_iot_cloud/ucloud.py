"""The module of the official client that has its classes, for programs that import from it."""

import sys
from time import time_ns

from .client import ArduinoCloudClient as ArduinoCloudClient
from .port import EPOCH
from .property.attributes import ArduinoCloudObject as ArduinoCloudObject
from .property.official import timestamp as timestamp


def timestamp_ms() -> int:
    """Unix time in milliseconds, whatever the clock shows."""
    return time_ns() // 1000000 + EPOCH * 1000


def log_level_enabled(level: int) -> bool:
    """Whether messages of that level of `logging` are shown; from warnings up where the program does without it."""
    logging = sys.modules.get("logging")
    return logging.getLogger().isEnabledFor(level) if logging else level > 20
