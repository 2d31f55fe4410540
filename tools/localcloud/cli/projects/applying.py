"""`local-cloud things apply`: make a plan, then show it or carry it out."""

import argparse
from contextlib import ExitStack
from typing import Any

from ..connection import Connection
from ..exits import DONE, USAGE, CommandError
from ..finding import existing_for
from ..terminal import complain, progress, tell, tell_json
from ..working import Tally, in_words
from .carry_out import CarryOut
from .new_devices import NewDevices
from .plan import CREATE, Plan, Step, make_plan
from .project import Existing, Project
from .secrets_folder import SecretsFolder


async def apply(api: Any, connection: Connection, project: Project, options: argparse.Namespace) -> int:
    """Give the cloud what the project asks for, and return the exit code. Raises CommandError."""
    existing = await existing_for(api, project)
    with ExitStack() as opened:
        begun = _folder(opened, connection, options)
        plan = make_plan(project, _without_begun(existing, project, begun), prune=options.prune)
        if options.dry_run:
            _tell(options, plan, plan.steps, dry=True)
            return DONE
        new = [each.name for each in plan.steps if (each.action, each.kind) == (CREATE, "device")]
        devices = None
        if new:
            if begun is None:
                message = "--secrets-dir is needed for the secrets of %d new devices, such as %s"
                raise CommandError(message % (len(new), new[0]), USAGE)
            devices = NewDevices(api, begun, existing.devices)
            devices.missing(new)
        tally = devices.tally if devices else Tally()
        done = await _carry_out(CarryOut(api, plan, devices), plan, connection, tally)
    with in_words(connection, tally):
        _tell(options, plan, done, dry=False)
    return DONE


def _folder(opened: ExitStack, connection: Connection, options: argparse.Namespace) -> SecretsFolder | None:
    if options.secrets_dir is None or options.dry_run and not options.secrets_dir.exists():
        return None
    return opened.enter_context(SecretsFolder(options.secrets_dir, connection.devices))


def _without_begun(existing: Existing, project: Project, folder: SecretsFolder | None) -> Existing:
    """Return what exists, without the devices that an interrupted run has begun but not finished."""
    if folder is None:
        return existing
    begun = {
        each.name
        for each in project.devices
        if folder.begun(each.name) is not None and folder.finished(each.name) is None
    }
    devices = [each for each in existing.devices if each["name"] not in begun]
    return Existing(devices, existing.things, existing.dashboards)


async def _carry_out(work: CarryOut, plan: Plan, connection: Connection, tally: Tally) -> list[Step]:
    done: list[Step] = []
    with in_words(connection, tally), progress("steps", len(plan.steps)) as advance:
        for step in plan.steps:
            await work.step(step)
            done.append(step)
            tally.done += 1
            advance(1)
    return done


def _tell(options: argparse.Namespace, plan: Plan, steps: list[Step], *, dry: bool) -> None:
    if options.json:
        described = [
            {"action": each.action, "kind": each.kind, "name": each.name, "differences": list(each.says)}
            for each in steps
        ]
        tell_json({"dry_run": dry, "steps": described, "not_in_file": plan.kept})
        return
    for step in steps:
        tell(str(step))
    for each in plan.kept:
        complain("not in the file, but kept: %s" % each)
    if not steps:
        tell("nothing to change")
    else:
        tell("%d steps %s" % (len(steps), "to do; nothing was changed" if dry else "done"))
