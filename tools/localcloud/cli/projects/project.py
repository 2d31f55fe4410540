"""What a project file asks for: devices, things with their variables, dashboards with their widgets.

Only what the file says is held: what it leaves out is the cloud's to choose, and stays as it is.
"""

from dataclasses import dataclass, field
from typing import Any

KEY_TAG = "local-cloud-key"
"""The tag by which a device or thing is found again under another name."""


@dataclass(frozen=True)
class Device:
    """A device; `fields` go into the request as they are."""

    name: str
    key: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variable:
    """A cloud variable of a thing."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """A thing; `device` is a device's name."""

    name: str
    key: str | None = None
    device: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True)
class Widget:
    """A widget; `variables` are names of things and their variables."""

    type: str
    name: str | None = None
    variables: tuple[tuple[str, str], ...] | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; with None its widgets are not spoken of."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    widgets: tuple[Widget, ...] | None = None


@dataclass(frozen=True)
class Project:
    """All of a file."""

    devices: tuple[Device, ...] = ()
    things: tuple[Thing, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()


@dataclass
class Existing:
    """What a cloud has, as the API describes it: things with their variables, dashboards with widgets."""

    devices: list[dict[str, Any]] = field(default_factory=list)
    things: list[dict[str, Any]] = field(default_factory=list)
    dashboards: list[dict[str, Any]] = field(default_factory=list)
