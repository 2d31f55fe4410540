"""The users at the embedded broker: they see what their things report, and set their variables.

Like arduino-iot-js they subscribe to `/a/t/{T}/e/o` and publish on `/a/t/{T}/e/i`.
"""

import asyncio
import logging
from typing import Any, Awaitable

from .. import clock
from ..broker.gatekeeper import Client
from ..identity.tokens import Tokens
from ..property_types import ValueRefused
from ..protocol import senml, topics
from ..protocol.cbor import MalformedPayload
from ..store import catalogue, credentials
from ..store.credentials import Grant
from ..store.database import Store
from ..traffic.exchange import Exchange
from ..traffic.publishing import Publisher

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2
"""Seconds between looks at the keys of the users that are connected."""


class ConnectedUsers:
    """Admits users by token, forwards devices' values to them, and stores what they set.

    A connection ends with the API key that it was made with.
    """

    def __init__(self, store: Store, exchange: Exchange, tokens: Tokens) -> None:
        self._store = store
        self._exchange = exchange
        self._publisher = Publisher(store, exchange)
        self._tokens = tokens
        self._watchers: dict[str, set[Client]] = {}
        self._turns: dict[Client, asyncio.Lock] = {}
        self._grants: dict[Client, Grant] = {}
        self._looking: asyncio.Task[None] | None = None
        exchange.on_report = self._forward

    async def admit(self, username: str | None, password: str | None) -> str | None:
        """Return the id of the user whose token is the password. None unless it is also the username."""
        grant = await self._tokens.still_given(password or "", self._store)
        return grant.user_id if grant is not None and grant.user_id == username else None

    async def connected(self, client: Client, user_id: str, token: str | None) -> bool:
        """Take a new user. Return False if the key has ended meanwhile."""
        grant = await self._tokens.still_given(token or "", self._store)
        if grant is None:
            return False
        log.info("user %s connected", user_id)
        self._turns[client] = asyncio.Lock()
        self._grants[client] = grant
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="users' keys")
        return True

    async def close(self) -> None:
        """Stop looking at the users' keys."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        """End connections whose keys have ended, as long as there are any. Other processes end keys too."""
        while self._grants:
            await asyncio.sleep(LOOK_EVERY_S)
            grants = dict(self._grants)
            try:
                good = await self._store.read(lambda session: credentials.good_of(session, grants.values()))
            except Exception as error:
                log.warning("cannot look at the users' keys now: %s", str(error).splitlines()[0])
                continue
            for client, grant in grants.items():
                if grant not in good and client in self._grants:
                    log.info("user %s: the API key has ended: connection closed", grant.user_id)
                    client.drop()

    def disconnected(self, client: Client) -> None:
        """Forget a user that has disconnected."""
        self._turns.pop(client, None)
        self._grants.pop(client, None)
        for topic in [topic for topic, clients in self._watchers.items() if client in clients]:
            self._watchers[topic].discard(client)
            if not self._watchers[topic]:
                del self._watchers[topic]

    async def may_subscribe(self, client: Client, user_id: str, topic: str) -> bool:
        """Return whether the user may subscribe: only to what the user's own things report."""
        thing_id = topics.thing_of(topic, topics.EVENTS_OUT)
        if thing_id is None or not await self._owns(user_id, thing_id):
            return False
        self._watchers.setdefault(topic, set()).add(client)
        return True

    def received(self, client: Client, user_id: str, topic: str, payload: bytes) -> Awaitable[Any]:
        """Take values that a user sets. What is returned is done when they are stored."""
        return asyncio.ensure_future(self._set(client, user_id, topic, payload))

    async def _set(self, client: Client, user_id: str, topic: str, payload: bytes) -> None:
        thing_id = topics.thing_of(topic, topics.EVENTS_IN)
        async with self._turns.setdefault(client, asyncio.Lock()):
            if thing_id is None or not await self._owns(user_id, thing_id):
                self._exchange.counts["forbidden"] += 1
                client.complain("may not publish on %.80r: dropped", topic)
                return
            try:
                updates = senml.decode(payload, clock.now_s()).updates
            except MalformedPayload as error:
                self._exchange.counts["malformed"] += 1
                client.complain("sent a malformed payload on %s: %s", topic, error)
                return
            for update in updates:
                try:
                    await self._publisher.set_value(thing_id, update.name, update.value, hold=True)
                except (ValueRefused, catalogue.NotFound) as error:
                    self._exchange.counts["refused"] += 1
                    client.complain("sent a value of %.64r that is not stored: %s", update.name, error)

    async def _owns(self, user_id: str, thing_id: str) -> bool:
        return await self._store.read(lambda session: catalogue.owns_thing(session, user_id, thing_id))

    def _forward(self, topic: str, payload: bytes) -> None:
        for client in self._watchers.get(topic, ()):
            client.deliver(topic, payload)
