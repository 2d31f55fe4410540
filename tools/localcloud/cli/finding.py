"""Find resources by id or name, as commands name them."""

from collections.abc import Iterable
from typing import Any

from .exits import CommandError
from .projects.project import Existing, Project


def find(kind: str, wanted: str, resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the one with this id or name. Raises CommandError if none has it, or several have it."""
    found = [each for each in resources if wanted in (each["id"], each["name"])]
    if not found:
        raise CommandError("no %s is called %r" % (kind, wanted))
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        raise CommandError("%d %ss are called %r: choose one by its id: %s" % (len(found), kind, wanted, ids))
    return found[0]


async def existing_for(api: Any, project: Project) -> Existing:
    """Fetch the resources that a plan for the project has to know."""
    existing = Existing()
    if project.devices or any(each.device for each in project.things):
        existing.devices = await api.devices.list().all()
    if project.things or project.dashboards:
        existing.things = await api.things.list(show_properties=True).all()
    names = {each.name for each in project.dashboards}
    if names:
        async for each in api.dashboards.list():
            # The API may leave the widgets out of a list.
            existing.dashboards.append(
                await api.dashboards.show(each["id"]) if each["name"] in names else each
            )
    return existing


async def everything(api: Any) -> Existing:
    """Fetch all resources that a project file can describe."""
    dashboards = [await api.dashboards.show(each["id"]) for each in await api.dashboards.list().all()]
    return Existing(
        await api.devices.list().all(), await api.things.list(show_properties=True).all(), dashboards
    )
