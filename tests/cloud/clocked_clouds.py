"""A local cloud in a thread of the test's process, whose clock the test sets and whose patience it shortens."""

import asyncio
import logging
import threading
import time

from localcloud import clock
from localcloud.cloud import LocalCloud
from localcloud.protocol import lateness
from localcloud.reach.ports import Ports
from localcloud.traffic import agreement

_WAIT = 30


class ClockedCloud:
    """`about` describes it. `ahead_s` is how far its clock is ahead of the real one."""

    def __init__(self, data, *, gap_s=lateness.GAP_S, settle_s=agreement.SETTLE_S, look_every_s=clock.LOOK_EVERY_S):
        self.ahead_s = 0.0
        self._before = lateness.GAP_S, agreement.SETTLE_S, clock.LOOK_EVERY_S
        lateness.GAP_S, agreement.SETTLE_S, clock.LOOK_EVERY_S = gap_s, settle_s, look_every_s
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self.cloud = self.run(LocalCloud.start(data, ports=Ports.free(), clock=self._now_ns))
            self.about = self.cloud.description()
        except BaseException:
            self._end()
            raise

    def _now_ns(self):
        return time.time_ns() + int(self.ahead_s * 1e9)

    def run(self, coroutine):
        """Run a coroutine in the cloud's event loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_WAIT)

    def stop(self):
        """Stop it."""
        try:
            self.run(self.cloud.stop())
        finally:
            self._end()

    def _end(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT)
        self._loop.close()
        clock.use(time.time_ns)
        lateness.GAP_S, agreement.SETTLE_S, clock.LOOK_EVERY_S = self._before
