"""What the groups of resources work with, and the user of a request."""

from dataclasses import dataclass
from typing import Annotated, Callable, TypeVar

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ...store.database import Store
from ...store.owner import Owner
from ...traffic.exchange import Exchange
from ...traffic.publishing import Publisher

Result = TypeVar("Result")
_bearer = HTTPBearer(auto_error=False, description="a token of POST /iot/v1/clients/token")


@dataclass(frozen=True)
class Services:
    """The store, the exchange with devices, and the publisher."""

    store: Store
    exchange: Exchange
    publisher: Publisher

    async def read(self, user_id: str, work: Callable[[Owner], Result]) -> Result:
        """Do something as the user in a read-only transaction."""
        return await self.store.read(lambda session: work(Owner(session, user_id)))

    async def read_series(self, user_id: str, work: Callable[[Owner], Result]) -> Result:
        """Do as `read` does with what may look at millions of values."""
        return await self.store.read_series(lambda session: work(Owner(session, user_id)))

    async def write(self, user_id: str, work: Callable[[Owner], Result]) -> Result:
        """Do something as the user. It is committed when this returns."""
        return await self.store.write(lambda session: work(Owner(session, user_id)))


async def _user(
    request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """Return the id of the user that `access.Access` has admitted."""
    return str(request.state.user_id)


UserId = Annotated[str, Depends(_user)]
"""The user's id, as a type for a route's parameter."""


def empty(status: int = 200) -> Response:
    """Return an answer without a body, as for deletions and publications."""
    return Response(status_code=status)
