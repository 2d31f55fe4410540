"""Users, API keys and the local API's token: make, list, rotate and delete them."""

import asyncio
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from ...identity.hashed_secrets import hash_secret, new_secret
from ...own_secrets import OwnSecrets
from ...store import catalogue, credentials
from ...store.database import Store
from ...store.models import ApiKey, User
from ...traffic.exchange import Exchange
from .bodies import NewKey, NewUser


def router(store: Store, exchange: Exchange, own: OwnSecrets) -> APIRouter:
    """Return the routes; the caller demands the token for all of them."""
    routes = APIRouter()
    _add_users(routes, store, exchange)
    _add_keys(routes, store, own)

    @routes.post("/token/rotate")
    async def rotate_token() -> dict[str, Any]:
        """Replace the token of the local API. The old one ends at once, with the WebSockets opened with it."""
        return {"api_token": await asyncio.to_thread(own.rotate_token)}

    return routes


def _add_users(routes: APIRouter, store: Store, exchange: Exchange) -> None:
    @routes.get("/users")
    async def list_users() -> list[dict[str, Any]]:
        """List all users with their API keys, without the secrets."""

        def read(session: Session) -> list[dict[str, Any]]:
            user_id, key_id = credentials.default_user_id(session), credentials.default_key_id(session)
            return [
                {**_user(user), "is_default": user.id == user_id, "keys": [_key(key, key_id) for key in keys]}
                for user, keys in credentials.list_users(session)
            ]

        return await store.read(read)

    @routes.post("/users", status_code=201)
    async def create_user(body: NewUser) -> dict[str, Any]:
        """Make a user with an API key. Only this answer has its secret."""
        secret = new_secret()
        secret_hash = await asyncio.to_thread(hash_secret, secret)

        def create(session: Session) -> dict[str, Any]:
            user = catalogue.create_user(session, name=body.name)
            key = catalogue.create_api_key(session, user.id, name=body.name, secret_hash=secret_hash)
            return {"id": user.id, "name": user.name, "api_key_id": key.id}

        return {**await store.write(create), "api_key_secret": secret}

    @routes.delete("/users/{user_id}")
    async def delete_user(user_id: str, with_everything: bool = False) -> dict[str, Any]:
        """Delete a user and the API keys; with everything, also the user's devices, things and dashboards."""
        deleted = await store.write(
            lambda session: credentials.delete_user(session, user_id, with_everything=with_everything)
        )
        for device_id in deleted.devices:
            exchange.drop(device_id)
        for thing_id, device_id in deleted.detached:
            if device_id not in deleted.devices:
                exchange.tell_attached(thing_id, device_id, None)
        exchange.tell_change()
        return {"id": user_id, "deleted_devices": deleted.devices}


def _add_keys(routes: APIRouter, store: Store, own: OwnSecrets) -> None:
    @routes.post("/users/{user_id}/keys", status_code=201)
    async def create_key(user_id: str, body: NewKey) -> dict[str, Any]:
        """Make another API key for a user. Only this answer has its secret."""
        secret = new_secret()
        secret_hash = await asyncio.to_thread(hash_secret, secret)

        def create(session: Session) -> dict[str, Any]:
            user = credentials.get_user(session, user_id)
            key = catalogue.create_api_key(session, user.id, name=body.name, secret_hash=secret_hash)
            session.flush()
            return _key(key, None)

        return {**await store.write(create), "secret": secret}

    @routes.post("/keys/{key_id}/rotate")
    async def rotate_key(key_id: str) -> dict[str, Any]:
        """Give an API key a new secret. Only this answer has it. What was given with the old one ends."""
        secret = new_secret()
        secret_hash = await asyncio.to_thread(hash_secret, secret)

        def write(session: Session) -> dict[str, Any]:
            return _key(credentials.give_new_secret(session, key_id, secret_hash), own.user.api_key_id)

        if key_id != own.user.api_key_id:
            return {**await store.write(write), "secret": secret}
        before = own.user.api_key_secret
        # The file first, since it may not be possible to write it.
        await asyncio.to_thread(own.keep_secret, secret)
        try:
            answer = await store.write(write)
        except BaseException:
            own.keep_secret(before)
            raise
        await asyncio.to_thread(own.tell_secret, secret)
        return {**answer, "secret": secret}

    @routes.delete("/keys/{key_id}")
    async def delete_key(key_id: str) -> dict[str, Any]:
        """Delete an API key. What was given with it ends."""
        await store.write(lambda session: credentials.delete_key(session, key_id))
        return {"id": key_id}


def _user(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "created_at_us": user.created_at}


def _key(key: ApiKey, default_key_id: str | None) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "user_id": key.user_id,
        "created_at_us": key.created_at,
        "rotated_at_us": key.rotated_at,
        "is_default": key.id == default_key_id,
    }
