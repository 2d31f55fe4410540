"""Live events for watchers: the page, the tests, a demo."""

import asyncio
from contextlib import contextmanager
from typing import Any, Callable, Iterator

Event = dict[str, Any]
_WAITING = 1000


class Live:
    """Passes every event to all watchers. A watcher that does not keep up is cut off."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Event | None]] = set()
        self.relay: Callable[[Event], None] | None = None
        """Called with each event of this process, to pass it to the watchers of other processes."""

    def tell(self, event: Event) -> None:
        """Pass an event to all watchers, also those of other processes."""
        if self.relay is not None:
            self.relay(event)
        self.tell_here(event)

    def tell_here(self, event: Event) -> None:
        """Pass an event to the watchers of this process."""
        for queue in list(self._watchers):
            if queue.qsize() >= _WAITING:
                self._watchers.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    @contextmanager
    def watch(self) -> "Iterator[asyncio.Queue[Event | None]]":
        """Yield a queue of events. None in it is the end."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def close(self) -> None:
        """End all watchers' queues."""
        for queue in self._watchers:
            queue.put_nowait(None)
        self._watchers.clear()
