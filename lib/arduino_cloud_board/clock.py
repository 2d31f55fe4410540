"""The board's clock, set from the network once a day. The client sets it the first time, before TLS checks dates."""

import asyncio

from arduino_iot_cloud.port import const, ticks_add, ticks_diff, ticks_ms, timestamp

_DAY = const(86400000)  # ms
_HOUR = const(3600000)  # ms, until the next attempt after a failure


class Clock:
    """Keeps the clock correct in the background, with `ntp_server` and `ntp_timeout` of `client`."""

    sets = 0  # how often it was set
    _task = None
    _due = None

    def __init__(self, client):
        self._client = client

    def poll(self, now: int, linked: bool = True, synced: bool = False):
        """Start setting the clock if that is due. Returns at once. now: in ticks. linked: whether the network is up.
        synced: whether the client is connected. A clock that was never set is left to the client, which asks for the
        time before it connects; if it connects without an answer, the clock is set later."""
        known = timestamp()
        if self._due is None or not known and ticks_diff(self._due, now) > _HOUR:
            self._due = ticks_add(now, _DAY if known else _HOUR)
        if ticks_diff(self._due, now) <= 0:
            self._due = now  # ticks wrap: after 6 days without a link, an old time would seem to be in the future
            if linked and self._task is None and (known or synced):
                self._task = asyncio.create_task(self.set())

    async def set(self) -> bool:
        """Ask the server for the time. Returns whether the clock was set, after at most `ntp_timeout` seconds."""
        done = False
        try:
            done = await self._client.sync_time()
            self.sets += done
            return done
        finally:
            self._due = ticks_add(ticks_ms(), _DAY if done else _HOUR)
            self._task = None
