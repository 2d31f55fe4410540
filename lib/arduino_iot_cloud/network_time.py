"""The clock from the network (NTP)."""

from .port import log


def set_clock(server: str, timeout: float):
    """Set the clock from an NTP server, where the port has `ntptime`. Blocks for `timeout` seconds at most."""
    try:
        import ntptime
    except ImportError:
        return
    ntptime.host = server
    ntptime.timeout = timeout
    try:
        ntptime.settime()
        log(20, "The clock is set from %s." % server)
    except (OSError, OverflowError) as error:
        log(40, "The clock could not be set from %s: %s" % (server, error))
