"""Live events: the WebSocket `/local/v1/live`."""

import asyncio
import logging

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from ...traffic.live import Live
from ..guard import LIVE_PROTOCOL, Admission, Guard

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2
"""Seconds between looks whether what a watcher was admitted with is still good."""
_NOTE_USE_EVERY = 300

_POLICY_VIOLATION, _GOING_AWAY = 1008, 1001


def router(live: Live, guard: Guard) -> APIRouter:
    """Return the WebSocket's route, which checks the token itself."""
    routes = APIRouter()

    @routes.websocket("/live")
    async def watch(socket: WebSocket, alive: float | None = Query(None, ge=0.1, le=3600)) -> None:
        """Send each event (value, device, project) as a JSON text message.

        After `alive` seconds without any, an event `alive` follows, so that a watcher can notice a dead
        connection.
        """
        admission = await guard.admit(socket)
        if admission is None or not socket.state.visitor.admit():
            await socket.close(_POLICY_VIOLATION)
            return
        with live.watch() as events:
            offered = socket.scope.get("subprotocols", ())
            await socket.accept(LIVE_PROTOCOL if LIVE_PROTOCOL in offered else None)
            reader = asyncio.create_task(_until_left_or_ended(socket, guard, admission))
            next_event = asyncio.create_task(events.get())
            try:
                while True:
                    await asyncio.wait(
                        (next_event, reader), timeout=alive, return_when=asyncio.FIRST_COMPLETED
                    )
                    if reader.done():
                        if reader.result():
                            await socket.close(_POLICY_VIOLATION)
                        return
                    if not next_event.done():
                        await socket.send_json({"event": "alive"})
                        continue
                    event = next_event.result()
                    if event is None:
                        await socket.close(_GOING_AWAY)
                        return
                    next_event = asyncio.create_task(events.get())
                    await socket.send_json(event)
            except (WebSocketDisconnect, RuntimeError):
                return
            finally:
                reader.cancel()
                next_event.cancel()

    return routes


async def _until_left_or_ended(socket: WebSocket, guard: Guard, admission: Admission) -> bool:
    """Return False when the watcher has closed the WebSocket, True when what admitted it has ended."""
    left = asyncio.create_task(_until_left(socket))
    looks = 0
    try:
        while not (await asyncio.wait((left,), timeout=LOOK_EVERY_S))[0]:
            try:
                if not await guard.still_admits(admission):
                    return True
                looks += 1
                if looks % _NOTE_USE_EVERY == 0:
                    await guard.note_use(admission)
            except Exception as error:
                # The database may be away for a while.
                log.warning("cannot look at a watcher's session now: %s", str(error).splitlines()[0])
        return False
    finally:
        left.cancel()


async def _until_left(socket: WebSocket) -> None:
    """Return when the watcher closes the WebSocket. What it sends is ignored."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
