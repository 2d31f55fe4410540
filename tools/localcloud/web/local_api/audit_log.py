"""The audit log, for the page and the command line."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from ...audit import Audit
from ...store.database import Store
from ...store.models import AuditEntry
from ..api.requests import Text


def router(store: Store, audit: Audit) -> APIRouter:
    """Return the route; the caller demands the token."""
    routes = APIRouter()

    @routes.get("/audit")
    async def show_audit(
        limit: int = Query(100, ge=1, le=1000),
        since_us: int | None = Query(None, ge=0, le=2**62),
        before_id: int | None = Query(None, ge=0, le=2**62),
        by: Annotated[Text | None, Query(max_length=100)] = None,
    ) -> list[dict[str, Any]]:
        """List entries, the newest first: those not older than `since_us`, by one whose name has `by` in it.

        The next ones are those `before_id`, the last entry's id.
        """
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if since_us is not None:
            query = query.where(AuditEntry.time_us >= since_us)
        if before_id is not None:
            query = query.where(AuditEntry.id < before_id)
        if by:
            query = query.where(AuditEntry.by.contains(by, autoescape=True))

        def read(session: Session) -> list[dict[str, Any]]:
            return [_json(each) for each in session.scalars(query)]

        await audit.flush()
        return await store.read(read)

    return routes


def _json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "time_us": entry.time_us,
        "action": entry.action,
        "by": entry.by,
        "address": entry.address,
        "about": entry.about,
        "times": entry.times or 1,
        "until_us": entry.until_us,
    }
