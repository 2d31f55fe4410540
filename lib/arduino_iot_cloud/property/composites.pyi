# For editors and type checkers: the attributes, and the arguments of each class.

from collections.abc import Iterable
from typing import Any, Generic, TypeVar, overload, type_check_only

from typing_extensions import Unpack

from . import ArduinoCloudObject, _Arguments, _MaybeNone

_T = TypeVar("_T")

@type_check_only
class _Attribute(Generic[_T]):
    # Set to None it has no value any more.
    @overload
    def __get__(self, instance: None, owner: type[Any]) -> _Attribute[_T]: ...
    @overload
    def __get__(self, instance: Composite, owner: type[Any]) -> _T | _MaybeNone: ...
    def __set__(self, instance: Composite, value: _T | None) -> None: ...

class Composite(ArduinoCloudObject):
    KEYS: tuple[str, ...]
    TYPES: str

    def __init__(self, name: str, keys: Iterable[str] = (), **kwargs: Any) -> None: ...
    def __contains__(self, attribute: str) -> bool: ...
    @property
    def value(self) -> dict[str, Any]: ...
    @value.setter
    def value(self, value: dict[str, Any] | None) -> None: ...

class Location(Composite):
    lat: _Attribute[float]
    lon: _Attribute[float]

    def __init__(
        self,
        name: str,
        *,
        lat: float | None = None,
        lon: float | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...

class Color(Composite):
    hue: _Attribute[float]
    sat: _Attribute[float]
    bri: _Attribute[float]

    def __init__(
        self,
        name: str,
        *,
        hue: float | None = None,
        sat: float | None = None,
        bri: float | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...

class ColoredLight(Composite):
    swi: _Attribute[bool]
    hue: _Attribute[float]
    sat: _Attribute[float]
    bri: _Attribute[float]

    def __init__(
        self,
        name: str,
        *,
        swi: bool | None = None,
        hue: float | None = None,
        sat: float | None = None,
        bri: float | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...

class DimmedLight(Composite):
    swi: _Attribute[bool]
    bri: _Attribute[float]

    def __init__(
        self,
        name: str,
        *,
        swi: bool | None = None,
        bri: float | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...

class Television(Composite):
    swi: _Attribute[bool]
    vol: _Attribute[int]
    mut: _Attribute[bool]
    pbc: _Attribute[int]
    inp: _Attribute[int]
    cha: _Attribute[int]
    PLAYBACK_NONE: int
    PLAYBACK_FASTFORWARD: int
    PLAYBACK_NEXT: int
    PLAYBACK_PAUSE: int
    PLAYBACK_PLAY: int
    PLAYBACK_PREVIOUS: int
    PLAYBACK_REWIND: int
    PLAYBACK_STARTOVER: int
    PLAYBACK_STOP: int
    INPUT_AUX1: int
    INPUT_AUX2: int
    INPUT_AUX3: int
    INPUT_AUX4: int
    INPUT_AUX5: int
    INPUT_AUX6: int
    INPUT_AUX7: int
    INPUT_BLUERAY: int
    INPUT_CABLE: int
    INPUT_CD: int
    INPUT_COAX1: int
    INPUT_COAX2: int
    INPUT_COMPOSITE1: int
    INPUT_DVD: int
    INPUT_GAME: int
    INPUT_HDRADIO: int
    INPUT_HDMI1: int
    INPUT_HDMI2: int
    INPUT_HDMI3: int
    INPUT_HDMI4: int
    INPUT_HDMI5: int
    INPUT_HDMI6: int
    INPUT_HDMI7: int
    INPUT_HDMI8: int
    INPUT_HDMI9: int
    INPUT_HDMI10: int
    INPUT_HDMIARC: int
    INPUT_INPUT1: int
    INPUT_INPUT2: int
    INPUT_INPUT3: int
    INPUT_INPUT4: int
    INPUT_INPUT5: int
    INPUT_INPUT6: int
    INPUT_INPUT7: int
    INPUT_INPUT8: int
    INPUT_INPUT9: int
    INPUT_INPUT10: int
    INPUT_IPOD: int
    INPUT_LINE1: int
    INPUT_LINE2: int
    INPUT_LINE3: int
    INPUT_LINE4: int
    INPUT_LINE5: int
    INPUT_LINE6: int
    INPUT_LINE7: int
    INPUT_MEDIAPLAYER: int
    INPUT_OPTICAL1: int
    INPUT_OPTICAL2: int
    INPUT_PHONO: int
    INPUT_PLAYSTATION: int
    INPUT_PLAYSTATION3: int
    INPUT_PLAYSTATION4: int
    INPUT_SATELLITE: int
    INPUT_SMARTCAST: int
    INPUT_TUNER: int
    INPUT_TV: int
    INPUT_USBDAC: int
    INPUT_VIDEO1: int
    INPUT_VIDEO2: int
    INPUT_VIDEO3: int
    INPUT_XBOX: int

    def __init__(
        self,
        name: str,
        *,
        swi: bool | None = None,
        vol: int | None = None,
        mut: bool | None = None,
        pbc: int | None = None,
        inp: int | None = None,
        cha: int | None = None,
        value: dict[str, Any] | None = None,
        **arguments: Unpack[_Arguments],
    ) -> None: ...
