"""What the groups of resources work with, and who asks."""

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
    """Store, exchange with devices, publishing."""

    store: Store
    exchange: Exchange
    publisher: Publisher

    async def read(self, user_id: str, work: Callable[[Owner], Result]) -> Result:
        """Do something as the user, in a transaction that changes nothing."""
        return await self.store.read(lambda session: work(Owner(session, user_id)))

    async def write(self, user_id: str, work: Callable[[Owner], Result]) -> Result:
        """Do something as the user; committed when this returns."""
        return await self.store.write(lambda session: work(Owner(session, user_id)))


async def _user(
    request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """Return the id of the user that `access.Access` let in."""
    return str(request.state.user_id)


UserId = Annotated[str, Depends(_user)]
"""The user who asks: for parameters of routes."""


def empty(status: int = 200) -> Response:
    """Return an answer without a body, as deletions and publications have."""
    return Response(status_code=status)
