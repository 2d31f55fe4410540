"""Administer access rights with mosquitto's dynamic security, over $CONTROL/dynamic-security/v1.

Each device is a client of the broker, with its secret and a separate role that lists its topics and those of
its thing. mosquitto keeps all of this in its file, the secret as a hash.
"""

import asyncio
import json
import uuid
from typing import Any

from ..protocol import topics
from .address import BadBroker, Lost
from .connection import Connection

_CONTROL = "$CONTROL/dynamic-security/v1"
_RESPONSE = _CONTROL + "/response"
_TIMEOUT = 10
# Errors that mean that nothing has to be changed: after a kill, commands may be repeated.
_FINE = {
    "createRole": "Role already exists",
    "modifyRole": "Role not found",
    "createClient": "Client already exists",
    "deleteClient": "Client not found",
    "deleteRole": "Role not found",
    "disableClient": "Client not found",
    "addClientRole": "Client is already in this role",
}


def rights(device_id: str, thing_id: str | None) -> list[dict[str, Any]]:
    """Return the access control list of a device. `thing_id` is that of its thing, or None."""
    pairs = [
        (topics.device(device_id, topics.COMMANDS_UP), topics.device(device_id, topics.COMMANDS_DOWN)),
        (topics.device(device_id, topics.EVENTS_OUT), topics.device(device_id, topics.EVENTS_IN)),
    ]
    if thing_id is not None:
        pairs += [
            (topics.thing(thing_id, topics.EVENTS_OUT), topics.thing(thing_id, topics.EVENTS_IN)),
            (topics.thing(thing_id, topics.SHADOW_OUT), topics.thing(thing_id, topics.SHADOW_IN)),
        ]
    found = []
    for sent, received in pairs:
        found.append({"acltype": "publishClientSend", "topic": sent, "allow": True})
        # Receiving needs a right too, so that a subscription that outlives a detachment brings nothing.
        found.append({"acltype": "publishClientReceive", "topic": received, "allow": True})
        found.append({"acltype": "subscribeLiteral", "topic": received, "allow": True})
    return found


class DynamicSecurity:
    """Sends commands and waits for the answers. The connection's user must be an administrator."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def open(self) -> None:
        """Listen for answers. Raises `BadBroker` if dynamic security is missing or not allowed for us."""
        await self._connection.subscribe([_RESPONSE])
        try:
            await self._command("getDefaultACLAccess")
        except asyncio.TimeoutError:
            raise BadBroker(
                "the broker does not answer on %s. It must be mosquitto with its dynamic security plugin, which the"
                " worker's user may administer. For another broker, use ?security=none" % _CONTROL
            ) from None

    def take(self, topic: str, payload: bytes) -> bool:
        """Take a message if it is an answer. Return whether it is."""
        if topic != _RESPONSE:
            return False
        for answer in json.loads(payload).get("responses", ()):
            future = self._answers.pop(answer.get("correlationData", ""), None)
            if future is not None and not future.done():
                future.set_result(answer)
        return True

    async def let_in(self, device_id: str, thing_id: str | None) -> None:
        """Make a device's client and role, or update the role. A new client has no secret."""
        role = role_of(device_id)
        created = await self._command("createRole", rolename=role, acls=rights(device_id, thing_id))
        if created.get("error"):
            # The broker ends the device's connection, so that none of the old rights remains.
            await self._command("modifyRole", rolename=role, acls=rights(device_id, thing_id))
        created = await self._command("createClient", **_client(device_id))
        if created.get("error"):
            await self._command("enableClient", username=device_id)

    async def set_secret(self, device_id: str, secret: str | None) -> None:
        """Set (None: remove) the secret of the device's client. Connections made with an older one end."""
        await self._command("createRole", rolename=role_of(device_id), acls=[])
        await self._command("createClient", **_client(device_id))
        # To remove a secret, set one that nobody knows: a client's password cannot be deleted.
        await self._command("setClientPassword", username=device_id, password=secret or uuid.uuid4().hex * 2)

    async def shut_out(self, device_id: str, *, for_good: bool) -> None:
        """Disconnect a device and refuse it from now on. Unless `for_good`, its secret is kept."""
        if not for_good:
            # For a client with a certificate mosquitto asks its plugin only for rights, not whether it may connect.
            await self._command("modifyRole", rolename=role_of(device_id), acls=[])
            await self._command("disableClient", username=device_id)
            return
        await self._command("deleteClient", username=device_id)
        await self._command("deleteRole", rolename=role_of(device_id))

    async def _command(self, name: str, **members: Any) -> dict[str, Any]:
        mark = uuid.uuid4().hex
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[mark] = future
        command = {"command": name, "correlationData": mark, **members}
        self._connection.publish(_CONTROL, json.dumps({"commands": [command]}))
        lost = asyncio.ensure_future(self._connection.lost.wait())
        try:
            await asyncio.wait((future, lost), timeout=_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise Lost("the connection to the broker was lost")
            if not future.done():
                raise asyncio.TimeoutError
        finally:
            lost.cancel()
            self._answers.pop(mark, None)
        answer = future.result()
        if answer.get("error") and answer["error"] != _FINE.get(name):
            raise BadBroker("the broker refuses %s: %s" % (name, answer["error"]))
        return answer


class ElsewhereSecurity:
    """Replaces `DynamicSecurity` if access rights are set elsewhere. Does nothing."""

    async def open(self) -> None:
        """Do nothing."""

    def take(self, topic: str, payload: bytes) -> bool:
        """Take no message."""
        return False

    async def let_in(self, device_id: str, thing_id: str | None) -> None:
        """Do nothing."""

    async def set_secret(self, device_id: str, secret: str | None) -> None:
        """Do nothing."""

    async def shut_out(self, device_id: str, *, for_good: bool) -> None:
        """Do nothing."""


def role_of(device_id: str) -> str:
    """Return the name of a device's role."""
    return "device " + device_id


def _client(device_id: str) -> dict[str, Any]:
    # The client identifier must be the device's id: with any other one it could take over a session.
    return {
        "username": device_id,
        "clientid": device_id,
        "roles": [{"rolename": role_of(device_id)}],
    }
