"""The official client's main module, for programs that import from it."""

import sys
from time import time_ns

from .client import ArduinoCloudClient as ArduinoCloudClient
from .port import EPOCH
from .property.attributes import ArduinoCloudObject as ArduinoCloudObject
from .property.official import timestamp as timestamp


def timestamp_ms() -> int:
    """Return Unix time in milliseconds, even if the clock is not set."""
    return time_ns() // 1000000 + EPOCH * 1000


def log_level_enabled(level: int) -> bool:
    """Return whether messages of a level of `logging` are shown; without `logging`, from warnings up."""
    logging = sys.modules.get("logging")
    return logging.getLogger().isEnabledFor(level) if logging else level > 20
