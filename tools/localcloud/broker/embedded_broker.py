"""The broker itself: it admits clients and keeps sessions and subscriptions.

amqtt's `Broker` keeps the sessions and subscriptions, but clients are admitted here: amqtt 0.12
deletes the session with the same client identifier before it has checked the password, registers an
intruder even if the check fails, keeps the older of two connections of one client, and waits forever
for a CONNECT.
"""

import asyncio
import logging
from typing import Any, Coroutine, TypeVar

from amqtt.adapters import BufferReader
from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.mqtt.connack import (
    CONNECTION_ACCEPTED,
    IDENTIFIER_REJECTED,
    NOT_AUTHORIZED,
    SERVER_UNAVAILABLE,
    ConnackPacket,
)
from amqtt.mqtt.packet import CONNECT
from amqtt.session import Session

from ..entrance.few_lines import FewLines
from . import texts
from .client import ConnectedClient
from .deliveries import Deliveries
from .framing import ClientStream, EndOfStream, ProtocolViolation, read_packet
from .gatekeeper import Credentials, Gatekeeper, IdentifierRefused, Unavailable

log = logging.getLogger(__name__)
Result = TypeVar("Result")

MAX_CONNECT = 4096
MAX_PACKET = 256 * 1024
MAX_CLIENTS = 10_000


class EmbeddedBroker(Broker):
    """An MQTT broker without listeners. Call `serve` for each connection."""

    def __init__(self, gatekeeper: Gatekeeper, max_packet: int = MAX_PACKET) -> None:
        super().__init__({"listeners": {"default": {"type": "external"}}, "plugins": {}})
        self.gatekeeper = gatekeeper
        self.max_packet = max_packet
        self.deliveries = Deliveries()
        self._connections: set[asyncio.Task[Any]] = set()
        self._violations, self._lost, self._refusals = FewLines(log), FewLines(log), FewLines(log)

    async def serve(self, stream: ClientStream, *, by_certificate: bool) -> None:
        """Serve one connection from its CONNECT to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        peer = "%s:%s" % stream.get_peer_info()
        client = None
        try:
            client = await self._let_in(stream, by_certificate, peer)
            if client is not None:
                await client.run()
        except ProtocolViolation as error:
            if client is not None:
                log.warning("%s: %s: connection closed", client.device_id, error)
            else:
                self._violations.line(logging.WARNING, "%s: %s: connection closed", peer, error)
        except (EndOfStream, OSError) as error:
            if client is not None:
                log.info("%s: connection lost (%s)", client.device_id, type(error).__name__)
            else:
                self._lost.line(logging.INFO, "%s: connection lost (%s)", peer, type(error).__name__)
        finally:
            self._connections.discard(task)
            if client is not None:
                self._forget(client)
            await stream.close()

    async def stop(self) -> None:
        """Drop all clients and stop."""
        for _, client in list(self._sessions.values()):
            client.drop()  # type: ignore[attr-defined]
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self.shutdown()

    def forget_subscription(self, client: ConnectedClient, topic: str) -> None:
        """End a subscription if it exists."""
        if topic in client.topics:
            client.topics.discard(topic)
            self._del_subscription(topic, client.session)
            if not self._subscriptions.get(topic):
                self._subscriptions.pop(topic, None)

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        """Return whether the session may subscribe. amqtt's `add_subscription` calls this."""
        client = self._sessions.get(session.client_id or "", (None, None))[1]
        return isinstance(client, ConnectedClient) and await self.gatekeeper.may_subscribe(client, topic)

    async def _let_in(self, stream: ClientStream, by_certificate: bool, peer: str) -> ConnectedClient | None:
        """Read CONNECT, check the credentials, answer CONNACK. Return None if the client is refused."""
        stream.visitor.talks()
        client, session = await self._read_connect(stream)
        # From here on it waits for us, and cannot have to give way as a silent one.
        stream.visitor.waits()
        common_name, serial = _certificate(stream)
        credentials = Credentials(
            client_id=session.client_id or "",
            username=session.username,
            password=session.password,
            common_name=common_name,
            serial=serial,
            by_certificate=by_certificate,
            address=stream.get_peer_info()[0],
        )
        session.password = None
        refusal = NOT_AUTHORIZED
        device_id = None
        if len(self._sessions) >= MAX_CLIENTS:
            refusal = SERVER_UNAVAILABLE
        else:
            try:
                device_id = await _while_connected(stream, self.gatekeeper.admit(credentials))
            except IdentifierRefused:
                refusal = IDENTIFIER_REJECTED
            except Unavailable:
                refusal = SERVER_UNAVAILABLE
        if device_id is not None:
            await self._register(client, session, stream, device_id)
            try:
                if not stream.visitor.admit():
                    refusal = SERVER_UNAVAILABLE
                elif await self.gatekeeper.connected(client, credentials):
                    await ConnackPacket.build(0, CONNECTION_ACCEPTED).to_stream(stream)
                    return client
            except BaseException:
                self._forget(client)
                raise
            self._forget(client)
        who = credentials.common_name if by_certificate else credentials.username
        # A client that does not read its refusal is not waited for.
        stream.visitor.talks()
        self._refusals.line(logging.WARNING, "%s: connection as %.40r refused (code %d)", peer, who, refusal)
        await ConnackPacket.build(0, refusal).to_stream(stream)
        return None

    async def _read_connect(self, stream: ClientStream) -> tuple[ConnectedClient, Session]:
        header, body = await read_packet(stream, MAX_CONNECT, CONNECT)
        texts.check(CONNECT, body)
        try:
            client, session = await ConnectedClient.init_from_connect(
                BufferReader(header.to_bytes() + body), stream, self.plugins_manager
            )
        except Exception as error:
            raise ProtocolViolation("CONNECT refused: %s" % (error or "bad flags")) from None
        assert isinstance(client, ConnectedClient)
        session.password = _as_sent(session.password, body)
        return client, session

    async def _register(self, client: ConnectedClient, session: Session, stream: ClientStream, device_id: str) -> None:
        """Register the session under a key that no other device can claim."""
        if session.client_id != device_id:
            session.client_id = "%s:%s" % (device_id, session.client_id)
        while session.client_id in self._sessions:
            older = self._sessions[session.client_id][1]
            assert isinstance(older, ConnectedClient)
            log.info("%s connected again: the older connection is closed", device_id)
            older.drop()
            await older.closed.wait()
        # Subscriptions never outlive a connection: all device libraries ask for a clean session.
        session.clean_session = True
        session.parent = 0
        session.transitions.connect()
        client.open(self, stream, session, device_id)
        self._sessions[session.client_id] = (session, client)

    def _forget(self, client: ConnectedClient) -> None:
        """Undo everything that `_register` and the client did."""
        if client.closed.is_set():
            return
        for topic in list(client.topics):
            self.forget_subscription(client, topic)
        self._sessions.pop(client.session.client_id or "", None)
        client.session.transitions.disconnect()
        client.closed.set()
        self.gatekeeper.disconnected(client)


def _as_sent(password: str | None, body: bytes) -> str | None:
    """Return the password if it is what the client sent, otherwise "", which is nobody's.

    Of bytes that are not UTF-8 amqtt makes the text that Python shows for them.
    """
    sent = (password or "").encode("utf-8", "surrogatepass")
    return password if len(sent).to_bytes(4, "big")[2:] + sent in body else password and ""


async def _while_connected(stream: ClientStream, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of the work. If the client goes before, cancel it and raise `EndOfStream`."""
    working = asyncio.ensure_future(work)
    left = asyncio.create_task(stream.ended())
    try:
        await asyncio.wait((working, left), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise EndOfStream("the client left while its credentials were checked")
        return working.result()
    finally:
        working.cancel()
        left.cancel()
        await asyncio.gather(working, left, return_exceptions=True)


def _certificate(stream: ClientStream) -> tuple[str | None, int | None]:
    """Return the common name and serial number of the verified client certificate, or None for each."""
    tls = stream.get_ssl_info()
    certificate: Any = (tls.getpeercert() if tls is not None else None) or {}
    number = certificate.get("serialNumber")
    serial = None if number is None else int(number, 16)
    for entry in certificate.get("subject", ()):
        for key, value in entry:
            if key == "commonName":
                return str(value), serial
    return None, serial
