# For editors and type checkers: the arguments, and the attributes that `official` brings when they are first used.

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypedDict, overload, type_check_only

from typing_extensions import TypeAlias, Unpack

from ..client import ArduinoCloudClient

# No value has arrived yet, perhaps; who knows that one has need not look again.
_MaybeNone: TypeAlias = Any
_OnRead: TypeAlias = Callable[[ArduinoCloudClient], object]
_OnWrite: TypeAlias = Callable[[ArduinoCloudClient, Any], object]
_OnRun: TypeAlias = Callable[[ArduinoCloudClient, Any], object]
_Publish: TypeAlias = Literal["change", "demand"] | float
_Permission: TypeAlias = Literal["read", "write", "readwrite"]
_Sync: TypeAlias = Literal["cloud", "device", "recent"] | Callable[[Any, Any, int], object]

@type_check_only
class _Arguments(TypedDict, total=False):
    # What every variable takes beside its name and its values. None stands for what is not given.
    on_read: _OnRead | None
    on_write: _OnWrite | None
    on_run: _OnRun | None
    interval: float | None
    backoff: float | None
    args: Any
    publish: _Publish | None
    min_delta: float | None
    min_interval: float | None
    permission: _Permission | None
    sync: _Sync | None
    timestamp: bool | None
    history: int | None
    store: Any

def fit(name: str, last: Any, value: Any) -> Any: ...
def shape(name: str, last: Any, value: Any) -> Any: ...

class ArduinoCloudObject:
    name: str
    on_read: _OnRead | None
    on_write: _OnWrite | None
    on_run: _OnRun | None
    interval: float
    backoff: float | None
    args: Any
    client: ArduinoCloudClient | None
    busy: Any
    due: int
    far: int
    field: Any
    changed: int
    standing: int
    policy: Any
    writable: bool
    timestamp: int
    """Unix time of its last change, from the first look at it on."""
    runnable: bool
    """Whether it has a callback."""

    @overload
    def __init__(
        self,
        name: str,
        keys: None = None,
        *,
        value: bool | float | str | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...
    @overload
    def __init__(self, name: str, keys: Iterable[str], **arguments: Any) -> None: ...
    @property
    def updated(self) -> bool: ...
    @updated.setter
    def updated(self, value: bool) -> None: ...
    @property
    def value(self) -> Any: ...
    @value.setter
    def value(self, value: Any) -> None: ...
    @property
    def initialized(self) -> bool: ...
    def touch(self) -> None: ...
    def owe(self) -> None: ...
    def shape(self, attribute: str, value: Any) -> Any: ...
    def store(self, attribute: str, value: Any) -> bool: ...
    def write(self, writer: Any, time: int = 0, value: Any = None) -> None: ...

Task = ArduinoCloudObject
