"""What happens, told to whoever watches: the page, the tests, a demo."""

import asyncio
from contextlib import contextmanager
from typing import Any, Callable, Iterator

Event = dict[str, Any]
_WAITING = 1000


class Live:
    """Hands every event to all watchers; one that does not keep up is cut off."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[Event | None]] = set()
        self.relay: Callable[[Event], None] | None = None
        """Called with each event that happens in this process: for the watchers of other processes."""

    def tell(self, event: Event) -> None:
        """Tell all watchers, everywhere."""
        if self.relay is not None:
            self.relay(event)
        self.tell_here(event)

    def tell_here(self, event: Event) -> None:
        """Tell the watchers of this process."""
        for queue in list(self._watchers):
            if queue.qsize() >= _WAITING:
                self._watchers.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    @contextmanager
    def watch(self) -> "Iterator[asyncio.Queue[Event | None]]":
        """Give a queue of events; None in it means that there will be no more."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    def close(self) -> None:
        """Tell all watchers that it is over."""
        for queue in self._watchers:
            queue.put_nowait(None)
        self._watchers.clear()
