"""Note which values that others set a device has seen: it has been heard from since."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from .models import Variable


def note_values(session: Session, numbers: dict[str, int]) -> None:
    """Note that the device has seen these last values, given as the variable's id and the value's number."""
    for variable_id, number in sorted(numbers.items()):
        seen = (Variable.id == variable_id) & (Variable.value_number == number) & Variable.value_unseen.is_(True)
        session.execute(update(Variable).where(seen).values(value_unseen=False))


def note_all(session: Session, thing_id: str) -> None:
    """Note that the thing's device has seen all last values."""
    # Locked in the order in which values are stored, so that no two workers wait for each other.
    unseen = select(Variable.id).where(Variable.thing_id == thing_id, Variable.value_unseen.is_(True))
    unseen = unseen.order_by(Variable.thing_id, Variable.variable_name).with_for_update(key_share=True)
    ids = list(session.scalars(unseen))
    if ids:
        session.execute(update(Variable).where(Variable.id.in_(ids)).values(value_unseen=False))
