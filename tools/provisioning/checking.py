"""Connect once: the board runs the client with its stored settings, while we watch the cloud."""

import asyncio
import time
from typing import Any

from localcloud.cli.exits import CommandError

from .board_link import Background, BoardLink
from .cloud_side import CloudSide

_LOOK_S = 0.3


async def check(link: BoardLink, cloud: CloudSide, seconds: int) -> str:
    """Return what was seen, in words, once the board is connected and the cloud says that it is online.

    If its thing has a variable `uptime`, a value of it must arrive too. Raises CommandError after `seconds`, with the
    last state that the board reported.
    """
    shown = await cloud.shown()
    thing_id = (shown.get("thing") or {}).get("id")
    has_uptime, before = await cloud.uptime(thing_id) if thing_id else (False, None)
    said: list[str] = []
    began = time.monotonic()
    link.restart()
    job = Background(
        lambda: link.run("check", timeout=seconds + 30, on_line=said.append, seconds=seconds, uptime=has_uptime)
    )
    try:
        seen = await _until_seen(cloud, job, said, thing_id if has_uptime else None, before)
    finally:
        if not job.ended:
            link.interrupt()
        await asyncio.to_thread(job.wait)
    job.result()
    if not seen:
        last = _last(said)
        if "refused the device" in last:
            last += " Use --new-secret to give it a new secret."
        raise CommandError("the board did not connect to the cloud: " + last)
    return "%s in %.1f s" % ("online, a value arrived" if has_uptime else "online", time.monotonic() - began)


async def _until_seen(cloud: CloudSide, job: Any, said: list[str], thing_id: str | None, before: Any) -> bool:
    while not job.ended:
        await asyncio.sleep(_LOOK_S)
        # The cloud's state may be that of an earlier connection, so the board must report one too.
        if not any(line.startswith(("state SendCap", "state Request", "state Connected")) for line in said):
            continue
        if (await cloud.shown()).get("device_status") != "ONLINE":
            continue
        if thing_id is None or (await cloud.uptime(thing_id))[1] != before:
            return True
    return False


def _last(said: list[str]) -> str:
    for line in reversed(said):
        if line.startswith("state "):
            state, link, error = (part.strip() for part in line[6:].split("|", 2))
            return ", ".join(filter(None, ("it is in the state %s" % state, link, error)))
    return said[-1] if said else "it printed nothing"
