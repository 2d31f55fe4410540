"""Secrets of devices: `/v2/devices/{id}/pass`. They are stored as hashes, so only a suggestion shows one."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from ....identity.hashed_secrets import hash_secret, new_secret
from ....identity.verification import DEVICE, Busy, Verifier
from ....store.models import now_us
from ....store.owner import Owner
from ...peer import address_of, while_connected
from .. import requests
from ..problems import Problem
from ..services import Services, UserId, empty


def router(services: Services, verifier: Verifier) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v2/devices/{id}/pass", tags=["devices"])

    @routes.get("")
    async def show_password(user: UserId, id: str, suggested_password: bool = False) -> dict[str, Any]:
        """Return whether a password is set, and on request a suggestion, which is not stored."""
        secret_hash = await services.read(user, lambda owner: owner.device(id).secret_hash)
        state: dict[str, Any] = {"set": secret_hash is not None}
        if suggested_password:
            state["suggested_password"] = new_secret()
        return state

    @routes.put("")
    async def set_password(user: UserId, id: str, body: requests.NewPassword) -> dict[str, Any]:
        """Set the password. Connections made with an older one end."""
        await _set(services, user, id, await asyncio.to_thread(hash_secret, body.password))
        return {"set": True}

    @routes.post("")
    async def check_password(user: UserId, id: str, body: requests.Password, request: Request) -> Response:
        """Answer 200 if this is the password, otherwise 400."""
        device = await services.read(user, lambda owner: owner.device(id))
        checking = verifier.verify(DEVICE, device.id, body.password, device.secret_hash, address_of(request))
        try:
            is_right = await while_connected(request, checking)
        except Busy:
            raise Problem(429, "too many passwords are being checked; try again in a second") from None
        except ClientDisconnect:
            return empty(499)
        if not is_right:
            raise Problem(400, "this is not the password")
        return empty()

    @routes.delete("")
    async def delete_password(user: UserId, id: str) -> Response:
        """Remove the password. The device can no longer connect with it."""
        await _set(services, user, id, None)
        return empty()

    return routes


async def _set(services: Services, user: str, id: str, secret_hash: str | None) -> None:
    def write(owner: Owner) -> str:
        device = owner.device(id)
        device.secret_hash, device.updated_at = secret_hash, now_us()
        return device.id

    services.exchange.drop(await services.write(user, write))
