"""Live events: the WebSocket `/local/v1/live`."""

import asyncio

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from ...traffic.live import Live
from ..guard import Guard

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
        if not guard.admits(socket) or not socket.state.visitor.admit():
            await socket.close(_POLICY_VIOLATION)
            return
        with live.watch() as events:
            await socket.accept()
            reader = asyncio.create_task(_until_left(socket))
            next_event = asyncio.create_task(events.get())
            try:
                while True:
                    await asyncio.wait(
                        (next_event, reader), timeout=alive, return_when=asyncio.FIRST_COMPLETED
                    )
                    if reader.done():
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


async def _until_left(socket: WebSocket) -> None:
    """Return when the watcher closes the WebSocket. What it sends is ignored."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
