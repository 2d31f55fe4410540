"""`local-cloud watch`: show values as they arrive."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .connection import Connection
from .exits import DONE, CommandError
from .parsers import command, positive
from .terminal import complain, is_fancy, tell_json, tell_row
from .values.query import Selected, as_time, select
from .values.tables import as_text
from .working import work

NEVER = "N/A"  # what the API returns as the value of a variable that was never written
_PATIENCE_S = 10.0
_MOST_LISTENERS = 500
_LONGEST_PACKET = 16383
_WATCH_IS = """\
Without THING all things are watched. THING/PROPERTY are names or ids; * and ? stand for any text.
On a terminal it shows a table that is updated; otherwise, or with --json, a line for each value,
beginning with the current ones. What devices report arrives at once, over MQTT. What others set is
polled every --every seconds, and so is everything if the cloud is given by --url or uses --broker.
Ctrl-C ends it, with exit code 0."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    watch = command(
        commands,
        "watch",
        "show values as they arrive",
        run,
        "local-cloud watch\n"
        "local-cloud watch 'Weather */temperature'\n"
        "local-cloud watch Weather/temperature --json --count 10\n"
        "local-cloud watch --cloud arduino --seconds 60",
        _WATCH_IS,
    )
    watch.add_argument("variables", nargs="*", metavar="THING[/PROPERTY]")
    watch.add_argument("--json", action="store_true", help="a line of JSON for each value")
    watch.add_argument("--count", type=positive, metavar="N", help="end after so many values")
    watch.add_argument("--seconds", type=positive, metavar="S", help="end after so many seconds")
    watch.add_argument(
        "--every", type=positive, default=2, metavar="S", help="how often to poll; %(default)s by default"
    )


class Values:
    """The latest value of each variable. Calls `show(variable, value, time)` for each new one.

    Times do not tell which value is newer, since clocks may be set: a polled value is new if it, or its time, is not
    that of the last poll.
    """

    def __init__(
        self, selected: list[Selected], show: Callable[[Selected, Any, datetime], None], count: int | None
    ):
        self.selected = selected
        self._show = show
        self._left = count
        self._polled: dict[str, tuple[Any, str]] = {}
        self._reported: dict[str, Any] = {}
        self._overtaken: set[str] = set()
        self.ended = asyncio.Event()

    def ask(self) -> None:
        """Note that the API is being asked. What arrives over MQTT before its answer overtakes that."""
        self._overtaken.clear()

    def polled(self, things: list[dict[str, Any]]) -> None:
        """Take the new values among those that the API has returned."""
        found = {each["id"]: each for thing in things for each in thing.get("properties") or ()}
        for variable in self.selected:
            each = found.get(variable.id)
            if each is None or not each.get("value_updated_at") or each.get("last_value", NEVER) == NEVER:
                continue
            if variable.id in self._overtaken:
                continue  # the next poll tells
            value, at = each["last_value"], each["value_updated_at"]
            if self._polled.get(variable.id) == (value, at):
                continue
            self._polled[variable.id] = value, at
            # What has come over MQTT is polled too.
            if variable.id not in self._reported or self._reported.pop(variable.id) != value:
                self._take(variable, value, as_time(at))

    def reported(self, variable: Selected, value: Any) -> None:
        """Take a value that has just arrived over MQTT."""
        self._overtaken.add(variable.id)
        self._reported[variable.id] = value
        self._take(variable, value, datetime.now(timezone.utc))

    def _take(self, variable: Selected, value: Any, time: datetime) -> None:
        if self.ended.is_set():
            return
        self._show(variable, value, time)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self.ended.set()


def run(options: argparse.Namespace) -> int:
    """Run `watch`."""

    async def job(api: Any, connection: Connection) -> int:
        things = await api.things.list(show_properties=True).all()
        if options.variables:
            selected = select(options.variables, things)
        else:
            selected = select(["*"], things) if any(each.get("properties") for each in things) else []
        if not selected:
            raise CommandError("nothing to watch: no thing has properties")
        shown = _shown(options, selected)
        with shown:
            values = Values(selected, shown.show, options.count)
            values.polled(things)
            await _follow(api, connection, values, options)
        return DONE

    try:
        return work(options, job)
    except KeyboardInterrupt:
        return DONE


async def _follow(api: Any, connection: Connection, values: Values, options: argparse.Namespace) -> None:
    live = await _listen(connection, values)
    tasks = [
        asyncio.create_task(values.ended.wait()),
        asyncio.create_task(_poll(api, values, options.every)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, timeout=options.seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        if live is not None:
            await live.disconnect()


async def _poll(api: Any, values: Values, every: int) -> None:
    while True:
        await asyncio.sleep(every)
        values.ask()
        values.polled(await api.things.list(show_properties=True).all())


async def _listen(connection: Connection, values: Values) -> Any:
    """Subscribe over the cloud's MQTT and return the connection, or None if polling has to do."""
    if connection.live is None or len(values.selected) > _MOST_LISTENERS:
        return None
    from arduino_iot_cloud.user import ArduinoIoTCloud
    from arduino_iot_cloud.user.connection import CloudError

    server, port = connection.live
    try:
        live = await ArduinoIoTCloud.connect(
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            server=server,
            port=port,
            token_url=connection.token_url,
            ssl_params=connection.ssl_params,
            timeout=_PATIENCE_S,
            buffer=_LONGEST_PACKET,
        )
    except CloudError as error:
        complain("no live values, polling instead: %s" % error.args[0])
        return None
    for variable in values.selected:
        live.property(variable.thing_id, variable.name).subscribe(
            lambda value, variable=variable: values.reported(variable, value)
        )
    return live


def _shown(options: argparse.Namespace, selected: list[Selected]) -> Any:
    if options.json:
        return _Lines(_json_line)
    return _Table(selected) if is_fancy(sys.stdout) else _Lines(_plain_line)


def _json_line(variable: Selected, value: Any, time: datetime) -> None:
    described = {"time": _iso(time), "thing": variable.thing, "thing_id": variable.thing_id}
    tell_json({**described, "property": variable.name, "property_id": variable.id, "value": value})


def _plain_line(variable: Selected, value: Any, time: datetime) -> None:
    tell_row((_iso(time), variable.thing, variable.name, as_text(value)))


def _iso(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


class _Lines:
    def __init__(self, show: Callable[[Selected, Any, datetime], None]) -> None:
        self.show = show

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class _Table:
    """A table on the terminal that is drawn again as values arrive."""

    def __init__(self, selected: list[Selected]) -> None:
        from rich.live import Live

        self._selected = selected
        self._values: dict[str, tuple[Any, datetime]] = {}
        self._live = Live(get_renderable=self._draw, refresh_per_second=8)

    def __enter__(self) -> "_Table":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, variable: Selected, value: Any, time: datetime) -> None:
        self._values[variable.id] = value, time

    def _draw(self) -> Any:
        from .terminal import table

        rows = []
        for variable in self._selected:
            value, time = self._values.get(variable.id, ("–", None))
            clock = time.astimezone().strftime("%d %b %H:%M:%S") if time else ""
            rows.append((variable.thing, variable.name, as_text(value), clock))
        return table(("THING", "PROPERTY", "VALUE", "SINCE"), rows)
