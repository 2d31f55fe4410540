"""Device commands on `/a/d/{D}/c/up` and `/c/dw`: a CBOR tag and an array of parameters."""

from dataclasses import dataclass
from typing import Any, Callable

import cbor2

from . import cbor
from .cbor import MalformedPayload

OTA_BEGIN = 0x010000
OTA_UPDATE = 0x010100
OTA_PROGRESS = 0x010200
THING_BEGIN = 0x010300
THING_UPDATE = 0x010400
LAST_VALUES_BEGIN = 0x010500
LAST_VALUES_UPDATE = 0x010600
DEVICE_BEGIN = 0x010700
TIMEZONE_UP = 0x010800
TIMEZONE_DOWN = 0x010900
THING_DETACH = 0x011000
DEVICE_NET_CONFIG = 0x011100
WIFI_FW_VERSION = 0x012014

_HASH_LENGTH = 32
_ADDRESS_LENGTHS = (0, 4, 16)
ADAPTERS = {
    0: ("none", ()),
    1: ("wifi", ("ssid",)),
    2: ("lora", ("appeui",)),
    3: ("gsm", ("apn", "login")),
    4: ("nb", ("apn", "login")),
    5: ("catm1", ("apn", "login")),
    6: ("eth", ("ip", "dns", "gateway", "netmask")),
    7: ("cellular", ("apn", "login")),
}


@dataclass(frozen=True)
class Command:
    """A decoded command: its tag number, name and named parameters."""

    tag: int
    name: str
    parameters: dict[str, Any]


def decode(payload: bytes) -> Command:
    """Decode a command of either direction. Raises `MalformedPayload`."""
    tag, rest = cbor.split_tag(payload)
    layout = _LAYOUTS.get(tag)
    if layout is None:
        raise MalformedPayload("unknown command tag 0x%06X" % tag)
    items = cbor.decode(rest)
    if not isinstance(items, list):
        raise MalformedPayload("command parameters are not an array")
    name, read = layout
    try:
        return Command(tag, name, read(items))
    except MalformedPayload as error:
        raise MalformedPayload("%s: %s" % (name, error)) from None


def encode(tag: int, *parameters: object) -> bytes:
    """Encode a command with its tag in the four-byte form that every device library expects."""
    return b"\xda" + tag.to_bytes(4, "big") + cbor.encode(list(parameters))


def thing_update(thing_id: str) -> bytes:
    """Encode the message that tells a device its thing. An empty id means that it has none."""
    return encode(THING_UPDATE, thing_id)


def thing_detach(thing_id: str) -> bytes:
    """Encode the message that a device no longer belongs to the thing."""
    return encode(THING_DETACH, thing_id)


def last_values_update(records: bytes) -> bytes:
    """Encode the answer to LastValuesBegin: a byte string that contains a SenML array."""
    return encode(LAST_VALUES_UPDATE, records)


def timezone_down(offset: int, until: int) -> bytes:
    """Encode a device's offset from UTC, in seconds, and the Unix time until which it is valid."""
    return encode(TIMEZONE_DOWN, offset, until)


def _item(items: list[Any], index: int, what: str) -> Any:
    if index >= len(items):
        raise MalformedPayload("%s missing" % what)
    return items[index]


def _text(items: list[Any], index: int, what: str, longest: int = 256) -> str:
    value = _item(items, index, what)
    if not isinstance(value, str):
        raise MalformedPayload("%s is not text" % what)
    if len(value.encode()) > longest:
        raise MalformedPayload("%s is longer than %d bytes" % (what, longest))
    if "\0" in value:
        # No version or name has one, and not every database accepts it.
        raise MalformedPayload("%s contains a NUL" % what)
    return value


def _bytes(items: list[Any], index: int, what: str, lengths: tuple[int, ...] = ()) -> bytes:
    value = _item(items, index, what)
    if not isinstance(value, bytes):
        raise MalformedPayload("%s is not a byte string" % what)
    if lengths and len(value) not in lengths:
        raise MalformedPayload("%s has %d bytes" % (what, len(value)))
    return value


def _integer(items: list[Any], index: int, what: str) -> int:
    value = _item(items, index, what)
    if isinstance(value, bool) or not isinstance(value, int):
        raise MalformedPayload("%s is not an integer" % what)
    return value


def _nothing(items: list[Any]) -> dict[str, Any]:
    return {}


def _thing_id(items: list[Any]) -> dict[str, Any]:
    return {"thing_id": _text(items, 0, "thing id", 36)}


def _ota_begin(items: list[Any]) -> dict[str, Any]:
    return {"sha256": _bytes(items, 0, "sha256", (_HASH_LENGTH,))}


def _ota_id(items: list[Any]) -> bytes:
    value = _bytes(items, 0, "id")
    if len(value) > 16:
        raise MalformedPayload("id is longer than 16 bytes")
    return value


def _ota_update(items: list[Any]) -> dict[str, Any]:
    return {
        "id": _ota_id(items),
        "url": _text(items, 1, "url"),
        "initial_sha256": _bytes(items, 2, "initial hash", (_HASH_LENGTH,)),
        "final_sha256": _bytes(items, 3, "final hash", (_HASH_LENGTH,)),
    }


def _ota_progress(items: list[Any]) -> dict[str, Any]:
    state = _item(items, 1, "state")
    # The C++ library sends a CBOR simple value. Integers are accepted too.
    if isinstance(state, cbor2.CBORSimpleValue):
        state = state.value
    if isinstance(state, bool) or not isinstance(state, int):
        raise MalformedPayload("state is not a simple value")
    return {
        "id": _ota_id(items),
        "state": state,
        "state_data": _integer(items, 2, "state data"),
        "time_us": _integer(items, 3, "time"),
    }


def _last_values(items: list[Any]) -> dict[str, Any]:
    return {"last_values": _bytes(items, 0, "last values")}


def _lib_version(items: list[Any]) -> dict[str, Any]:
    return {"lib_version": _text(items, 0, "library version", 64)}


def _timezone_down(items: list[Any]) -> dict[str, Any]:
    return {"offset": _integer(items, 0, "offset"), "until": _integer(items, 1, "until")}


def _net_config(items: list[Any]) -> dict[str, Any]:
    number = _integer(items, 0, "adapter type")
    if number not in ADAPTERS:
        raise MalformedPayload("unknown adapter type %d" % number)
    adapter, names = ADAPTERS[number]
    config: dict[str, Any] = {"type": number, "adapter": adapter}
    for index, name in enumerate(names, 1):
        if adapter == "eth":
            config[name] = _bytes(items, index, name, _ADDRESS_LENGTHS)
        else:
            config[name] = _text(items, index, name)
    return config


def _version(items: list[Any]) -> dict[str, Any]:
    return {"version": _text(items, 0, "version", 64)}


_LAYOUTS: dict[int, tuple[str, Callable[[list[Any]], dict[str, Any]]]] = {
    OTA_BEGIN: ("OtaBegin", _ota_begin),
    OTA_UPDATE: ("OtaUpdate", _ota_update),
    OTA_PROGRESS: ("OtaProgress", _ota_progress),
    THING_BEGIN: ("ThingBegin", _thing_id),
    THING_UPDATE: ("ThingUpdate", _thing_id),
    LAST_VALUES_BEGIN: ("LastValuesBegin", _nothing),
    LAST_VALUES_UPDATE: ("LastValuesUpdate", _last_values),
    DEVICE_BEGIN: ("DeviceBegin", _lib_version),
    TIMEZONE_UP: ("TimezoneUp", _nothing),
    TIMEZONE_DOWN: ("TimezoneDown", _timezone_down),
    THING_DETACH: ("ThingDetach", _thing_id),
    DEVICE_NET_CONFIG: ("DeviceNetConfig", _net_config),
    WIFI_FW_VERSION: ("WiFiFWVersion", _version),
}
