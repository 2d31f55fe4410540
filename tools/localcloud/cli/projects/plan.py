"""Compare a project file with a cloud and list the steps that make them agree. Does nothing else.

Devices and things are found by their key (a tag), otherwise by name; properties and dashboards by name;
widgets by name and type. Once a plan is carried out, the next one has no steps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..exits import CommandError
from .project import KEY_TAG, Dashboard, Device, Existing, Project, Thing, Variable
from .widgets import merged_widgets

CREATE, CHANGE, DELETE = "create", "change", "delete"
DEFAULT_DEVICE_TYPE = "login_and_secretkey_wifi"
CREATED_VARIABLE = {"permission": "READ_WRITE", "update_strategy": "ON_CHANGE"}
_UNSAID = {"update_parameter": 0, "persist": True}  # what an answer without these members means
_REQUIRED_OF_A_VARIABLE = ("name", "type", "permission", "update_strategy")
_OPTIONAL_OF_A_VARIABLE = ("update_parameter", "variable_name", "persist", "tag", "min_value", "max_value")


@dataclass(frozen=True)
class Step:
    """One change to make. `body` is the API's request; a Reference in it stands for an id not known yet.

    `id` identifies what is changed or deleted. For a property, `thing` is the name of its thing.
    `says` describes the differences for people.
    """

    action: str
    kind: str  # device, thing, property, dashboard, tag
    name: str
    id: str | None = None
    thing: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    device: str | None = None  # the name of the device to attach
    says: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = "%s %s %s" % (self.action, self.kind, self.name)
        return "%s (%s)" % (text, ", ".join(self.says)) if self.says else text


@dataclass
class Plan:
    """Steps in the order in which they can be done, and the ids of what already exists."""

    steps: list[Step] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)  # name in the file -> id
    things: dict[str, str] = field(default_factory=dict)
    variables: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)  # what `prune` would remove or replace, in words


def make_plan(project: Project, existing: Existing, *, prune: bool = False) -> Plan:
    """Compare a project with what exists, and return the plan.

    With `prune` it removes properties, tags and widgets that the cloud's things and dashboards have but the
    file lacks, and replaces properties of another type. Raises CommandError if a name is ambiguous.
    """
    plan = Plan()
    _know(plan.devices, existing.devices)
    _know(plan.things, existing.things)
    for found in existing.things:
        if plan.things.get(found["name"]) != found["id"]:
            continue
        for variable in found.get("properties") or ():
            plan.variables[found["name"], variable["name"]] = variable["id"]
    for device in project.devices:
        plan.steps += _device_steps(plan, device, existing, prune)
    for thing in project.things:
        plan.steps += _thing_steps(plan, thing, existing, prune)
    _check_references(plan, project)
    for dashboard in project.dashboards:
        plan.steps += _dashboard_steps(plan, dashboard, existing, prune)
    return plan


def _know(ids: dict[str, str], resources: Iterable[dict[str, Any]]) -> None:
    names = Counter(each["name"] for each in resources)
    ids.update((each["name"], each["id"]) for each in resources if names[each["name"]] == 1)


def _find(
    kind: str, name: str, key: str | None, resources: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    found = [each for each in resources if key is not None and (each.get("tags") or {}).get(KEY_TAG) == key]
    found = found or [each for each in resources if each["name"] == name]
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        raise CommandError(
            "%d %ss are called %r: %s; give them keys, or delete all but one" % (len(found), kind, name, ids)
        )
    return found[0] if found else None


def _device_steps(plan: Plan, device: Device, existing: Existing, prune: bool) -> Iterator[Step]:
    found = _find("device", device.name, device.key, existing.devices)
    if found is None:
        yield Step(CREATE, "device", device.name, body={"type": DEFAULT_DEVICE_TYPE, **device.fields})
        yield from _tag_steps(plan, "device", device, {}, None, prune)
        return
    plan.devices[device.name] = found["id"]
    body, says = _differences({"name": device.name, **device.fields}, found)
    if body:
        yield Step(CHANGE, "device", device.name, found["id"], body=body, says=says)
    yield from _tag_steps(plan, "device", device, found.get("tags") or {}, found["id"], prune)


def _thing_steps(plan: Plan, thing: Thing, existing: Existing, prune: bool) -> Iterator[Step]:
    found = _find("thing", thing.name, thing.key, existing.things)
    if found is None:
        tags = {**thing.tags, **({KEY_TAG: thing.key} if thing.key else {})}
        body = {"name": thing.name, **thing.fields}
        if tags:
            body["tags"] = [{"key": key, "value": value} for key, value in tags.items()]
        body["properties"] = [
            {"name": each.name, **CREATED_VARIABLE, **each.fields} for each in thing.variables
        ]
        says: tuple[str, ...] = ("%d properties" % len(thing.variables),)
        yield Step(CREATE, "thing", thing.name, body=body, device=thing.device, says=says)
        return
    plan.things[thing.name] = found["id"]
    body, says = _differences({"name": thing.name, **thing.fields}, found)
    device = thing.device
    if device is not None:
        if found.get("device_id") and found["device_id"] == plan.devices.get(device):
            device = None
        else:
            says += ("device: %s" % device,)
    if body or device:
        yield Step(CHANGE, "thing", thing.name, found["id"], body=body, device=device, says=says)
    yield from _tag_steps(plan, "thing", thing, found.get("tags") or {}, found["id"], prune)
    yield from _variable_steps(plan, thing, found.get("properties") or (), prune)


def _tag_steps(
    plan: Plan, kind: str, wanted: Device | Thing, tags: dict[str, str], id: str | None, prune: bool
) -> Iterator[Step]:
    held = {**wanted.tags, **({KEY_TAG: wanted.key} if wanted.key else {})}
    for key, value in held.items():
        if tags.get(key) != value:
            body = {"key": key, "value": value}
            yield Step(CHANGE, kind + " tag", wanted.name, id, body=body, says=("%s: %s" % (key, value),))
    for key in sorted(set(tags) - set(held) - {KEY_TAG}):
        if prune:
            yield Step(DELETE, kind + " tag", wanted.name, id, body={"key": key}, says=(key,))
        else:
            plan.kept.append("tag %s of %s %s" % (key, kind, wanted.name))


def _variable_steps(
    plan: Plan, thing: Thing, existing: Iterable[dict[str, Any]], prune: bool
) -> Iterator[Step]:
    there = {each["name"]: each for each in existing}
    for variable in thing.variables:
        found = there.pop(variable.name, None)
        plan.variables.pop((thing.name, variable.name), None)
        called = "%s/%s" % (thing.name, variable.name)
        if found is None:
            yield _create_variable(thing, variable)
            continue
        plan.variables[thing.name, variable.name] = found["id"]
        body, says = _differences(variable.fields, found)
        if "type" in body and not prune:
            raise CommandError(
                "property %s is a %s, but the file says %s; use --prune to change it, which loses its values"
                % (called, found["type"], body["type"])
            )
        if body:
            kept = {
                name: found[name]
                for name in (*_REQUIRED_OF_A_VARIABLE, *_OPTIONAL_OF_A_VARIABLE)
                if name in found
            }
            yield Step(CHANGE, "property", called, found["id"], thing.name, {**kept, **body}, says=says)
    for name, found in there.items():
        if prune:
            yield Step(DELETE, "property", "%s/%s" % (thing.name, name), found["id"], thing.name)
        else:
            plan.kept.append("property %s/%s" % (thing.name, name))


def _create_variable(thing: Thing, variable: Variable) -> Step:
    body = {"name": variable.name, **CREATED_VARIABLE, **variable.fields}
    called = "%s/%s" % (thing.name, variable.name)
    return Step(CREATE, "property", called, thing=thing.name, body=body, says=(body["type"],))


def _check_references(plan: Plan, project: Project) -> None:
    devices = set(plan.devices) | {each.name for each in project.devices}
    for thing in project.things:
        if thing.device is not None and thing.device not in devices:
            raise CommandError(
                "thing %s: not exactly one device is called %r" % (thing.name, thing.device)
            )
    variables = set(plan.variables) | {
        (each.name, one.name) for each in project.things for one in each.variables
    }
    for dashboard in project.dashboards:
        for widget in dashboard.widgets or ():
            for reference in widget.variables or ():
                if reference not in variables:
                    raise CommandError(
                        "dashboard %s: property %s/%s does not exist" % (dashboard.name, *reference)
                    )


def _dashboard_steps(plan: Plan, dashboard: Dashboard, existing: Existing, prune: bool) -> Iterator[Step]:
    found = _find("dashboard", dashboard.name, None, existing.dashboards)
    if found is None:
        body = {"name": dashboard.name, **dashboard.fields}
        body["widgets"] = merged_widgets(dashboard.widgets or (), [], plan.variables, prune).widgets
        yield Step(
            CREATE, "dashboard", dashboard.name, body=body, says=("%d widgets" % len(body["widgets"]),)
        )
        return
    body, says = _differences(dashboard.fields, found)
    if dashboard.widgets is not None:
        merged = merged_widgets(dashboard.widgets, found.get("widgets") or [], plan.variables, prune)
        if merged.says:
            body["widgets"] = merged.widgets
            says += merged.says
        plan.kept += ["widget %s of dashboard %s" % (name, dashboard.name) for name in merged.kept]
    if body:
        yield Step(CHANGE, "dashboard", dashboard.name, found["id"], body=body, says=says)


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    body = {name: value for name, value in wanted.items() if found.get(name, _UNSAID.get(name)) != value}
    says = tuple("%s: %s → %s" % (name, found.get(name, "nothing"), value) for name, value in body.items())
    return body, says
