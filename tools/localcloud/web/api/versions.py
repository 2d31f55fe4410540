"""Versions of the API side by side: the newest and the one before it.

A compatible change goes into the same version. A breaking one makes version N of its group of
resources, and N-1 stays. If N has an operation too, N-1 answers it with headers that say so
(RFC 9745 and RFC 8594). Operations that only N-1 has are not deprecated.
"""

import datetime
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response


@dataclass(frozen=True)
class Group:
    """A group of resources whose paths have a version. N-1 is served if `deprecated_since` is given."""

    name: str
    newest: int
    deprecated_since: datetime.date | None = None

    @property
    def served(self) -> tuple[int, ...]:
        """The versions that are served, newest first."""
        return (self.newest, self.newest - 1) if self.deprecated_since else (self.newest,)

    def prefix(self, version: int) -> str:
        """Return the group's path in this version."""
        return "/v%d/%s" % (version, self.name)

    def router(self, version: int) -> APIRouter:
        """Return a router for the group in this version. Raises ValueError if it is not served."""
        if version not in self.served:
            raise ValueError("%s: only N and N-1 are served" % self.prefix(version))
        marks = [] if version == self.newest else [Depends(self._mark)]
        return APIRouter(prefix=self.prefix(version), tags=[self.name], dependencies=marks)

    async def _mark(self, request: Request, response: Response) -> None:
        """Add the headers of a deprecated operation to the answer."""
        headers = self.deprecation(request.scope["path"], request.scope.get("root_path", ""))
        response.headers.update(headers)

    def deprecation(self, path: str, root: str) -> dict[str, str]:
        """Return the headers that point to the newer version of this path."""
        assert self.deprecated_since is not None
        moment = datetime.datetime.combine(self.deprecated_since, datetime.time(), datetime.timezone.utc)
        successor = path.replace(self.prefix(self.newest - 1), self.prefix(self.newest), 1)
        if not successor.startswith(root):
            successor = root + successor
        return {
            "Deprecation": "@%d" % moment.timestamp(),
            "Link": '<%s>; rel="successor-version"' % successor,
        }


DASHBOARDS = Group("dashboards", 3, datetime.date(2026, 6, 1))
