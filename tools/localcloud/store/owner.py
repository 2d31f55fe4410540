"""What one user owns. All queries of the Application API go through here, so that users see only their own."""

import uuid
from typing import Any, Iterable, TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from . import catalogue
from .catalogue import DEFAULT_USER, NotFound, Refused
from .models import Dashboard, DashboardShare, Device, Setting, Thing, User, Variable

Owned = TypeVar("Owned", Device, Thing)


class Owner:
    """A user in a transaction. For it, what belongs to other users does not exist."""

    def __init__(self, session: Session, user_id: str) -> None:
        self.session = session
        self.user_id = user_id
        default = session.get(Setting, DEFAULT_USER)
        self._is_default = default is not None and default.value == user_id

    def devices(self, *, deleted: bool = False) -> list[Device]:
        """Return the user's devices, oldest first; with `deleted`, the deleted ones too."""
        return self._list(Device, deleted)

    def device(self, device_id: str, *, deleted: bool = False) -> Device:
        """Return the device. Raises `NotFound`."""
        return self._get(Device, device_id, deleted, "device")

    def things(self, *, deleted: bool = False) -> list[Thing]:
        """Return the user's things, oldest first; with `deleted`, the deleted ones too."""
        return self._list(Thing, deleted)

    def thing(self, thing_id: str, *, deleted: bool = False) -> Thing:
        """Return the thing. Raises `NotFound`."""
        return self._get(Thing, thing_id, deleted, "thing")

    def refuse_own_thing(self, thing_id: str | None) -> None:
        """Raise `Refused` if this is no id, or that of one of the user's things, also of a deleted one."""
        if thing_id is None:
            return
        query = select(Thing.id).where(Thing.id == catalogue.checked_id(thing_id), self._mine(Thing))
        if self.session.scalars(query).one_or_none() is not None:
            raise Refused("a thing with this id exists")

    def variable(self, thing_id: str, variable_id: str) -> Variable:
        """Return the thing's variable with this id. Raises `NotFound`."""
        self.thing(thing_id)
        variable = self.session.get(Variable, as_id(variable_id, "property"))
        if variable is None or variable.thing_id != as_id(thing_id, "thing"):
            raise NotFound("no such property")
        return variable

    def variable_by_id(self, variable_id: str) -> tuple[Variable, Thing]:
        """Return a variable and its thing. Raises `NotFound`."""
        # One query, so that the time does not tell whether somebody else has it.
        query = select(Variable, Thing).join(Thing, Thing.id == Variable.thing_id)
        query = query.where(Variable.id == as_id(variable_id, "property"))
        query = query.where(self._mine(Thing), Thing.deleted_at.is_(None))
        found = self.session.execute(query).one_or_none()
        if found is None:
            raise NotFound("no such property")
        return found[0], found[1]

    def variables_by_ids(self, ids: Iterable[str]) -> dict[str, tuple[Variable, Thing]]:
        """Return those of the variables that exist and are the user's, each with its thing."""
        query = select(Variable, Thing).join(Thing, Thing.id == Variable.thing_id)
        query = query.where(self._mine(Thing), Thing.deleted_at.is_(None))
        rows = catalogue.rows_of(self.session, query, Variable.id, ids)
        return {variable.id: (variable, thing) for variable, thing in rows}

    def dashboards(self) -> list[Dashboard]:
        """Return the user's dashboards and those that others share with the user, oldest first."""
        shared = select(DashboardShare.dashboard_id).where(DashboardShare.user_id == self.user_id)
        query = (
            select(Dashboard)
            .where(or_(Dashboard.user_id == self.user_id, Dashboard.id.in_(shared)))
            .where(Dashboard.deleted_at.is_(None))
            .order_by(Dashboard.created_at, Dashboard.id)
        )
        return list(self.session.scalars(query))

    def dashboard(self, dashboard_id: str, *, to_change: bool = False, deleted: bool = False) -> Dashboard:
        """Return the dashboard. With `to_change` only its owner gets it. Raises `NotFound`."""
        mine = Dashboard.user_id == self.user_id
        if not to_change:
            shared = select(DashboardShare.dashboard_id).where(DashboardShare.user_id == self.user_id)
            mine = or_(mine, Dashboard.id.in_(shared))
        # One query, so that the time does not tell whether somebody else has it.
        query = select(Dashboard).where(Dashboard.id == as_id(dashboard_id, "dashboard"), mine)
        dashboard = self.session.scalars(query).one_or_none()
        if dashboard is None or (dashboard.deleted_at is not None and not deleted):
            raise NotFound("no such dashboard")
        return dashboard

    def user(self, user_id: str | None, name: str | None) -> User:
        """Return another user by id or name. Raises `NotFound`, or `Refused` if the name is ambiguous."""
        query = select(User).where(User.id == user_id if user_id else User.name == name)
        found = self.session.scalars(query.limit(2)).all()
        if not found:
            raise NotFound("no such user")
        if len(found) > 1:
            # Names were not always unique. Nobody but the intended user may get access.
            raise Refused("several users have this name: user_id is required")
        return found[0]

    def _mine(self, model: type[Any]) -> ColumnElement[bool]:
        mine: ColumnElement[bool] = model.user_id == self.user_id
        return or_(mine, model.user_id.is_(None)) if self._is_default else mine

    def _list(self, model: type[Owned], deleted: bool) -> list[Owned]:
        query = select(model).where(self._mine(model)).order_by(model.created_at, model.id)
        if not deleted:
            query = query.where(model.deleted_at.is_(None))
        return list(self.session.scalars(query))

    def _get(self, model: type[Owned], id: str, deleted: bool, what: str) -> Owned:
        found = self.session.scalars(
            select(model).where(model.id == as_id(id, what), self._mine(model))
        ).one_or_none()
        if found is None or (found.deleted_at is not None and not deleted):
            raise NotFound("no such %s" % what)
        return found


def as_id(text: str, what: str) -> str:
    """Return the id in its usual form. Raises NotFound if it is not a UUID."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise NotFound("no such %s" % what) from None
