"""One call of the program's `save`, and its outcome in words."""

import asyncio

from arduino_iot_cloud.port import log, ticks_diff, ticks_ms
from arduino_iot_cloud.stream import event_loop

# By the number of an OSError: errno, or the negative code of an ESP32's NVS.
_STORAGE = (
    ((28, -0x1105, -0x110D), "the board's storage is full"),
    ((30, -0x1104), "the board's storage is read-only"),
    ((5,), "the board's storage fails"),
    ((19,), "the board lacks that storage"),
)


class Saving:
    """A call of `save` with the entries, which may take a while.

    limit: the seconds that it may take.
    held: a list that has this object while the call goes on.
    why: None while it goes on, then "" or why nothing was saved.
    note: the text that `save` returned.
    """

    why = None
    note = ""
    _coroutine = _task = None

    def __init__(self, save, entered, limit, held):
        self.entered = entered
        self.limit = limit
        self._begin = ticks_ms()
        try:
            done = save(entered)
            if not hasattr(done, "send"):
                return self._saved(done)
        except Exception as error:
            return self._failed(error)
        self._loop = event_loop()
        self._coroutine = self._finish(done, held)
        held.append(self)
        self._task = asyncio.create_task(self._coroutine)

    @property
    def late(self) -> bool:
        """Whether it was cancelled at its limit, but has still not ended."""
        return self.why is None and self._beyond() > 2000

    def poll(self):
        """Cancel it at its limit."""
        if self._task and self.why is None and self._beyond() > 0:
            self._task.cancel()
            self._task = None

    # The ms for which it has gone on beyond its limit.
    def _beyond(self):
        return ticks_diff(ticks_ms(), self._begin) - self.limit * 1000

    def stop(self):
        """End it, even if its event loop was interrupted or is gone. This may be called again: the first time, it can
        end in its own way."""
        from arduino_iot_cloud.interruption import interrupted  # not at the top: the client unloads it

        if not self._coroutine or self.why is not None:
            return
        task, self._task = self._task, None
        try:
            if task and self._loop is event_loop():
                task.cancel()
                if not interrupted():
                    return  # it ends in the next turn of its loop
        except RuntimeError:
            pass  # MicroPython was interrupted in it or just after it
        try:
            self._coroutine.close()
        except (RuntimeError, ValueError):
            pass  # it waits in its `finally`, or is being executed

    async def _finish(self, done, held):
        try:
            self._saved(await done)
        except asyncio.CancelledError:
            self.why = self.too_long()
            if self._beyond() > 0:  # else the page has ended
                log(40, "Set-up page: " + self.why)
        except Exception as error:
            self._failed(error)
        finally:
            if self in held:
                held.remove(self)

    def too_long(self) -> str:
        """The words for a `save` that does not end."""
        return "This could not be saved within %d s." % self.limit

    def _saved(self, note):
        if isinstance(note, str):
            self.note = note
        self.why = ""

    def _failed(self, error):
        if isinstance(error, ValueError):
            self.why = str(error) or "This could not be saved."  # in its program's words
            return
        self.why = "This could not be saved: %s." % _reason(error)
        log(40, "Set-up page: " + self.why)


# Not the error's own text, which may show an entry.
def _reason(error):
    if isinstance(error, MemoryError):
        return "the board has too little memory"
    if not isinstance(error, OSError):
        return "the program failed (%s)" % type(error).__name__
    number = error.args[0] if error.args else None
    for numbers, words in _STORAGE:
        if number in numbers:
            return words
    return "error %s" % number if isinstance(number, int) else "OSError"
