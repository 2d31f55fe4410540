"""Deep sleep, and the cause of the last start: the parts of `device.Device` that are rarely needed."""

import asyncio

from arduino_iot_cloud.port import const, log, ticks_diff, ticks_ms, time

from .link import sleep_ms

_STOP = const(2000)  # ms that the client may take to disconnect
# ms of deep sleep: stm32 has a wake-up counter of 17 bits for seconds (ports/stm32/rtc.c), rp2 one of 32 bits for
# microseconds (ports/rp2/modmachine.c); renesas-ra wakes at once for more than 2 s (ports/renesas-ra/machine_rtc.c).
_LONGEST = {"stm32": 131072000, "rp2": 4294966, "renesas-ra": 2000, "unix": 2147483647000}
_OTHERS = 2147483647  # whatever else it can do, a port takes the ms as an int of 32 bits (mp_obj_get_int)
_PIECES = {"rp2": 3600000, "renesas-ra": 2000}  # ms of light sleep at a time, which makes up for a short deep sleep


async def sleep(device, seconds: float, flush: float):
    """See `Device.sleep`."""
    good = type(seconds) in (int, float) and seconds - seconds == 0  # neither infinite nor no number
    ms = int(seconds * 1000) if good else 0
    if ms < 1:
        raise ValueError("sleep: seconds from 0.001 on expected, not %r" % (seconds,))
    board = device.board
    doze = board.PORT in _PIECES or device.watchdog and board.PORT != "esp32"
    _check(board, ms, doze)
    tasks = device.tasks
    device.tasks = tasks + [asyncio.current_task()]  # so that it ends with the run if Ctrl-C leaves both behind
    try:
        if not await device.client.flush(flush):
            log(30, "Going to sleep; not everything reached the cloud.")
        device.leaving = True  # otherwise `run`, and with it perhaps the program, would end first
        device.stop()
        begin = ticks_ms()
        while device.running and ticks_diff(ticks_ms(), begin) < _STOP:
            await sleep_ms(10)
        if device.link:
            device.link.stop()
        if doze:
            _doze(device.watchdog, ms, _PIECES.get(board.PORT, ms))
        board.deep_sleep(ms)
    finally:
        device.leaving = False
        device.tasks = tasks


def longest(board) -> int:
    """The longest deep sleep of a board's port, in ms."""
    return _LONGEST.get(board.PORT, _OTHERS)


def _check(board, ms, doze):
    # Refuse while everything still runs, rather than after disconnecting.
    if doze:
        try:
            from machine import lightsleep, reset  # noqa: F401
        except ImportError:
            raise NotImplementedError("%s has no light sleep, in which its watchdog could be fed" % board.NAME)
        return
    if not board.can_deep_sleep():
        raise NotImplementedError("%s has no deep sleep" % board.NAME)
    most = longest(board)
    if ms > most:
        raise ValueError("sleep: up to %d s expected on %s, not %d" % (most // 1000, board.NAME, ms // 1000))


def _doze(watchdog, ms, step):
    # Except on the ESP32, the watchdog keeps running during deep sleep and cannot be fed. Light sleep with breaks for
    # feeding is a close substitute, and rp2 has nothing deeper. Light sleep may end early, with USB for example, so we
    # measure the time that passed: both in ticks and by the clock, since on some ports one of them stops.
    from machine import lightsleep, reset

    if watchdog:
        step = min(step, watchdog.limit // 2)
    begin = int(time())
    passed = 0
    while passed < ms:
        if watchdog:
            watchdog.feed()
        before = ticks_ms()
        lightsleep(min(step, ms - passed))
        passed = max(passed + ticks_diff(ticks_ms(), before), (int(time()) - begin - 1) * 1000)
    reset()


def cause() -> str:
    """See `Device.cause`."""
    try:
        import machine

        code = machine.reset_cause()
    except (ImportError, AttributeError):
        return ""
    for name, text in (
        ("PWRON_RESET", "power"),
        ("HARD_RESET", "reset"),
        ("WDT_RESET", "watchdog"),
        ("DEEPSLEEP_RESET", "deep sleep"),
        ("SOFT_RESET", "soft reset"),
    ):
        if getattr(machine, name, None) == code:
            return text
    return ""
