# For editors and type checkers: the methods, those of the module `methods` too, which come when one of them is used.

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Literal, overload

from typing_extensions import TypeAlias, Unpack

from .inlet import Inlet
from .property import ArduinoCloudObject, _Arguments, _OnRun

_Text: TypeAlias = str | bytes
_Network: TypeAlias = Literal["none", "wifi", "lora", "gsm", "nbiot", "catm1", "ethernet", "cellular"]

class ArduinoCloudClient:
    SERVER: str
    PORTS: tuple[int, int, int]
    ROOTS: tuple[str, ...] | None
    device_id: str
    username: _Text | None
    password: _Text | None
    ssl_params: dict[str, Any] | None
    server: str
    port: int
    keepalive: int
    buffer: int
    ntp_server: str
    ntp_timeout: float
    async_mode: bool
    discovery: str
    transport: str
    records: dict[str, ArduinoCloudObject]
    runnable: list[ArduinoCloudObject]
    driver: Any
    error: BaseException | None
    paused: tuple[int, int] | None
    events: dict[str, ArduinoCloudObject] | None

    def __init__(
        self,
        device_id: _Text,
        username: _Text | None = None,
        password: _Text | None = None,
        ssl_params: dict[str, Any] | None = {},
        server: str | None = None,
        port: int | None = None,
        keepalive: int = 10,
        ntp_server: str = "pool.ntp.org",
        ntp_timeout: float = 3,
        sync_mode: bool = False,
        discovery: Literal["both", "command", "legacy"] = "both",
        buffer: int = 1024,
        transport: Literal["tcp", "websocket"] = "tcp",
    ) -> None: ...
    def __getitem__(self, key: str) -> Any: ...
    def __setitem__(self, key: str, value: Any) -> None: ...
    def __contains__(self, key: str) -> bool: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    @property
    def state(self) -> str: ...
    @property
    def connected(self) -> bool:
        """Whether values now go to the cloud and come from it."""

    @property
    def thing_id(self) -> str | None:
        """The id of the thing that the cloud attached this device to (str), or None."""

    @overload
    def register(self, aiotobj: ArduinoCloudObject) -> None: ...
    @overload
    def register(
        self,
        aiotobj: str,
        coro: _OnRun | None = None,
        *,
        value: bool | float | str | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...
    @overload
    def register(self, aiotobj: str, coro: _OnRun | None = None, *, keys: Iterable[str], **arguments: Any) -> None: ...
    def check(self, name: str, value: Any) -> None: ...
    def _run(self, async_mode: bool, pauses: tuple[float, float] | None = None) -> Any: ...
    def run(self, interval: float = 1.0, backoff: float = 2.0) -> Coroutine[Any, Any, None]: ...
    def start(self, interval: float = 1.0, backoff: float = 2.0) -> None: ...
    def update(self) -> None: ...
    def stop(self) -> None: ...
    async def flush(client, timeout: float = 10.0) -> bool:
        """Wait until the cloud has acknowledged every changed value.

        Returns whether it has within `timeout` seconds (0 to 500000)."""

    async def wait_synced(client, timeout: float = 30.0) -> bool:
        """Wait until the last values have arrived on this connection.

        Returns whether they have within `timeout` seconds (0 to 500000)."""

    def stats(client) -> dict[str, int]:
        """Return counts since the start, a dict of int by name: "connections"; "published" and "received" messages;
        "dropped" messages or records; "faults", exceptions from the handling of packets; "lost" samples of
        histories."""

    def on(
        client,
        event: Literal["connect", "sync", "disconnect"],
        callback: Callable[[ArduinoCloudClient], object] | None,
    ) -> None:
        """Call `callback(client)` at an event: "connect" (a thing is attached), "sync" (the last values have arrived),
        "disconnect" (the thing or the link is gone). It may be a coroutine function.

        Each event has one callback; None removes it. Raises ValueError for another event, TypeError for another
        callback.
        """

    def push(client, name: str | None = None) -> None:
        """Publish a variable with `publish="demand"`, or all such variables. Raises KeyError for an unknown name."""

    def inlet(client, name: str) -> Inlet:
        """Return an object that sets a variable from an interrupt handler or another thread: see `inlet.Inlet`.

        Call this in the program itself, then call the object's `set(value)` anywhere. Needs `sync_mode=False`.
        """

    def update_systime(client, server: str | None = None, timeout: float | None = None) -> None:
        """Set the clock from an NTP server ("name" or "name:port"). Blocks for at most `timeout` seconds (0.1 to 60),
        plus
        the look-up of the name; `sync_time` does not block."""

    def sync_time(client, server: str | None = None, timeout: float | None = None) -> Coroutine[Any, Any, bool]:
        """Set the clock from an NTP server without blocking. Await it. Returns whether it succeeded (bool).

        Takes the arguments of `update_systime`."""

    def local_time(client) -> int:
        """Return the time in the thing's zone, in seconds like Unix time; 0 while the clock or the zone is unknown."""

    def net_config(client, kind: _Network, *params: _Text) -> None:
        """Tell the cloud how this device is connected: see `announcing.net_config`."""

    def wake(self) -> None: ...
    def on_value(self, p: ArduinoCloudObject) -> None: ...
    def event(self, name: str) -> None: ...
    def poll(self, now: int) -> int: ...
    def look(self, p: ArduinoCloudObject, now: int) -> int: ...
    def tell(self, p: ArduinoCloudObject, callback: Callable[..., object], *args: Any) -> None: ...
