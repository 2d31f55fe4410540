# For editors and type checkers: the attributes and the arguments.

from typing import Any

from typing_extensions import Unpack

from ..client import ArduinoCloudClient
from . import _Arguments, _OnWrite
from .composites import Composite, _Attribute

class Schedule(Composite):
    frm: _Attribute[int]
    to: _Attribute[int]
    len: _Attribute[int]
    msk: _Attribute[int]
    active: bool
    on_active: _OnWrite | None

    def __init__(
        self,
        name: str,
        on_active: _OnWrite | None = None,
        *,
        frm: int | None = None,
        to: int | None = None,
        len: int | None = None,
        msk: int | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...
    def on_run(self, client: ArduinoCloudClient, args: Any = None) -> Any: ...

def is_active(schedule: dict[str, Any], now: int) -> bool: ...
