"""What a project file asks for: devices, things with their variables, dashboards with their widgets.

These classes hold only what the file says. The cloud chooses what it leaves out, and that stays as it is.
"""

from dataclasses import dataclass, field
from typing import Any

KEY_TAG = "local-cloud-key"
"""The tag that identifies a device or thing after its name has changed."""


@dataclass(frozen=True)
class Device:
    """A device. `fields` go into the request unchanged."""

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
    """A thing. `device` is the name of its device."""

    name: str
    key: str | None = None
    device: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True)
class Widget:
    """A widget. `variables` are pairs of a thing's and a variable's name."""

    type: str
    name: str | None = None
    variables: tuple[tuple[str, str], ...] | None = None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Dashboard:
    """A dashboard. `widgets` is None if the file does not mention them."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    widgets: tuple[Widget, ...] | None = None


@dataclass(frozen=True)
class Project:
    """The content of a project file."""

    devices: tuple[Device, ...] = ()
    things: tuple[Thing, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()


@dataclass
class Existing:
    """What a cloud has, as the API describes it: things with their variables, dashboards with widgets."""

    devices: list[dict[str, Any]] = field(default_factory=list)
    things: list[dict[str, Any]] = field(default_factory=list)
    dashboards: list[dict[str, Any]] = field(default_factory=list)
