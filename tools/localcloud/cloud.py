"""A whole local cloud in one event loop: the store, the devices' side and the web server."""

import asyncio
import logging
import shutil
import socket
import tempfile
import time
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from fastapi import FastAPI

from . import clock as host_clock, open_to_whom, origins
from .audit import Audit
from .broker.listeners import Sockets
from .certificate_watch import CertificateWatch
from .condition import Condition
from .embedded.side import EmbeddedSide
from .entrance.bounds import Bounds, descriptor_limit
from .entrance.visitors import Entrance
from .files import FolderLock, make_private_file, make_private_folder
from .first_start import secret_files
from .first_start.project import DefaultProject, default_project, is_made
from .first_start.user import default_user
from .identity.api_token import ApiToken
from .identity.certificates import Authority
from .identity.failures import Failures
from .identity.key_files import KeyFiles
from .identity.rehashing import Rehashing
from .identity.tokens import Tokens
from .identity.verification import Verifier
from .options import Options
from .own_secrets import OwnSecrets
from .ports import ANY, HOST, WEB, Ports, bind_all, names_of
from .room import Room
from .store import page_sessions
from .store.catalogue import newest_value_us
from .store.database import Store
from .store.unwritable import NotWritable
from .traffic.exchange import Exchange
from .traffic.live import Live
from .traffic.ota import OtaUpdates
from .traffic.publishing import Publisher
from .upkeep import Upkeep
from .web import docs, token
from .web.api import application as api
from .web.api.limits import RateLimit
from .web.api.services import Services
from .web.guard import Guard
from .web.server import WebServer, application
from .workers.address import parse

if TYPE_CHECKING:
    from .workers.coordination import Occupancy
    from .workers.worker import Worker

log = logging.getLogger(__name__)


class LocalCloud:
    """A running local cloud. Start it with `await LocalCloud.start(...)` and end it with `stop()`."""

    store: Store
    exchange: Exchange
    live: Live
    condition: Condition
    audit: Audit
    failures: Failures
    verifier: Verifier
    project: DefaultProject
    own: OwnSecrets

    def __init__(self, data: Path, ports: Ports, options: Options) -> None:
        """Store the arguments. Use `start` instead, which also opens everything."""
        self.data = data
        self._ports = ports
        self._options = options
        self._cors_origins = [origins.parse(text) for text in options.cors_origins]
        self._shared_broker = parse(options.broker) if options.broker is not None else None
        self._side: "EmbeddedSide | Worker | None" = None
        self._occupancy: "Occupancy | None" = None
        self._temporary = False
        self.on_change: Callable[[], None] = lambda: None
        """Is called when the description has changed."""

    @classmethod
    async def start(
        cls,
        data: Path | None = None,
        *,
        ports: Ports | None = None,
        clock: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> "LocalCloud":
        """Start a cloud that keeps its data in a folder (None: a temporary one).

        The whole process takes the present time (ns since 1970) from `clock`. The other options are those of
        `options.Options`.
        When this returns, all listeners accept connections. Raises `ports.PortBusy`, `files.DataInUse`,
        `files.Unusable`, `store.database.BadAddress`, `origins.BadOrigin`, `workers.address.BadBroker` or
        `workers.address.Lost`.
        """
        host_clock.use(clock)
        temporary = data is None
        if data is None:
            data = Path(tempfile.mkdtemp(prefix="local-cloud-"))
        cloud = cls(data.absolute(), ports or Ports(), Options(**options))
        cloud._temporary = temporary
        try:
            await cloud._start()
        except BaseException:
            if temporary:
                shutil.rmtree(data, ignore_errors=True)
            raise
        return cloud

    async def _start(self) -> None:
        make_private_folder(self.data)
        self._lock = FolderLock(self.data, shared=self._shared_broker is not None)
        sockets = None
        try:
            sockets = bind_all(self._ports, self._options.address, WEB if self._shared_broker else None)
            self._numbers = {name: sock.getsockname()[1] for name, sock in sockets.items()}
            await self._open(sockets)
        except BaseException:
            for sock in (sockets or {}).values():
                sock.close()
            await self._leave()
            raise

    async def _leave(self) -> None:
        """Free the folder and the database for others."""
        if self._occupancy is not None:
            await self._occupancy.leave()
        self._lock.release()

    async def _open(self, sockets: dict[str, Any]) -> None:
        self._names = names_of(self._options.address)
        self.live = Live()
        self._at_broker()  # raises BadBroker before anything else begins
        self.store = Store(self._database_in_folder() if self._options.database is None else self._options.database)
        self.condition = Condition(self.live)
        self.store.on_trouble = self._tell_trouble
        self.audit = Audit(self.store)
        self.failures = Failures(self.condition.counts, self.audit.note)
        self._rehashing = Rehashing(self.store)
        self.verifier = Verifier(self.failures, self._rehashing.note)
        self.exchange = Exchange(self.store, self.live, self.condition.counts)
        worker = None
        alone: AbstractAsyncContextManager[None] = nullcontext()
        if self._shared_broker is not None:
            # Only workers need what these import.
            from .workers.coordination import alone_at
            from .workers.worker import Worker

            alone = alone_at(self.store.url)
            worker = Worker(self._shared_broker, self.store, self.exchange, self.live, self.audit)
        elif self.store.url.get_backend_name() == "postgresql":
            from .workers.coordination import Occupancy

            self._occupancy = Occupancy(self.store.url)
            await self._occupancy.take()
        async with alone:
            certificate, tokens = await self._load(worker)
        bounds = Bounds.of(descriptor_limit())
        self._entrance = Entrance(bounds, self.condition.counts, self._options.patience, self._options.behind)
        http, https = sockets.pop("http"), sockets.pop("https")
        if worker is not None:
            self._side = worker
            await worker.start()
        else:
            self._side = self._embedded_side(tokens, certificate)
            await self._side.start(Sockets(**sockets))
        await self._start_web(http, https, tokens, certificate)
        await self._clock_watch.start()
        await self._certificates.start()
        keeping = self._options.keeping
        room = Room(self.store, self.condition, self.data, keeping.keep_us)
        self._upkeep = Upkeep(self.store, keeping, room, self._updates.sweep)
        self._upkeep.start()

    async def _start_web(
        self, http: socket.socket, https: socket.socket, tokens: Tokens, certificate: KeyFiles
    ) -> None:
        self._page = await self._first_page()
        self.audit.take_notes(self.data)
        ports = self._numbers["http"], self._numbers["https"]
        guard = self._guard = Guard(
            self.store, self.own.token, tokens.cloud_id, *ports, self._names, self.failures.note
        )
        app = application(
            self.store,
            self.exchange,
            self.live,
            self.condition,
            tokens,
            guard,
            self._api(tokens),
            self.verifier,
            self.audit,
            self.own,
            self._pages,
            self._options.behind,
            self._cors_origins,
        )
        self._web = WebServer(app, self._entrance, http, https, certificate)
        await self._web.start()

    def _embedded_side(self, tokens: Tokens, certificate: KeyFiles) -> EmbeddedSide:
        return EmbeddedSide(
            self.store,
            self.exchange,
            tokens,
            self._entrance,
            certificate,
            self._authority.files,
            self._options.behind,
            self.verifier,
            self.audit,
            self.project.own,
            self._origins(),
        )

    async def _load(self, worker: "Worker | None") -> tuple[KeyFiles, Tokens]:
        """Open the store, and load what lies beside it or is made at first start."""
        await self.store.open()
        is_new = not await is_made(self.store)
        self._authority = Authority(self.data / "certificates", in_use=not is_new)
        losses = secret_files.Losses(self._options.replace_lost, self._note)
        secret_files.close_all(self.data)
        token = secret_files.api_token(self.data, losses, is_new=is_new)
        if worker is not None:
            await worker.connect()
        self.project = await default_project(self.store, self._authority, self.data, losses)
        user = await default_user(self.store, self.data, losses)
        self.own = OwnSecrets(self.data, ApiToken(self.data / "api_token", token), user)
        self._certificates = self._watch(worker)
        self._clock_watch = host_clock.ClockWatch(self.condition, lambda: self.store.read(newest_value_us))
        return self._certificates.server(self._names), await Tokens.of(self.store)

    def _watch(self, worker: "Worker | None") -> CertificateWatch:
        broker = None
        if self._shared_broker is not None:
            from .workers.broker_certificate import shown

            broker = partial(shown, self.data, self._shared_broker)
        return CertificateWatch(
            self._authority,
            self.store,
            self.condition,
            self.project.files,
            names=lambda: names_of(self._options.address),
            shares_folder=worker is not None,
            renewed=self._renew,
            renamed=self._rename,
            broker=broker,
        )

    def _renew(self, certificate: KeyFiles) -> None:
        assert self._side is not None
        self._side.renew(certificate)
        self._web.renew(certificate)

    def _rename(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._guard.know(names)
        self._updates.base = self._https_for_boards
        self.on_change()

    def _note(self, action: str, about: str) -> None:
        self.audit.note(action, by="start", address="", about=about)

    def _tell_trouble(self, trouble: NotWritable | None) -> None:
        if trouble is None:
            log.warning("values are stored again")
            self.condition.clear("disk-full")
        else:
            self.condition.warn("disk-full", str(trouble))

    def _origins(self) -> tuple[str, ...]:
        """Return the origins of the pages that may use MQTT over WebSocket."""
        plain, encrypted = ([self._numbers[name] for name in names] for names in (("http", "ws"), ("https", "wss")))
        return (*origins.of_this_cloud(plain, encrypted, self._names), *self._cors_origins)

    def _api(self, tokens: Tokens) -> FastAPI:
        """Return the Application API."""
        ota = self.data / "ota"
        updates = self._updates = OtaUpdates(self.store, self.exchange, tokens, ota, self._https_for_boards)
        services = Services(self.store, self.exchange, Publisher(self.store, self.exchange))
        limit = RateLimit(self._options.rate_limit)
        return api.application(services, tokens, updates, self._authority, limit, self.verifier)

    @property
    def _https_for_boards(self) -> str:
        # Boards download their updates from there.
        return self._https_at((*self._names, HOST)[0])

    @property
    def _https(self) -> str:
        return self._https_at(HOST if self._options.address == ANY else self._options.address)

    def _https_at(self, host: str) -> str:
        return "https://%s:%d" % (host, self._numbers["https"])

    async def _first_page(self) -> str:
        """Return the page's address with a code, or without one if the store takes none: the disk may be full."""
        try:
            return self._pages(await self.store.write(page_sessions.new_code))[0]
        except Exception as error:
            log.warning("the page's address has no code, since it cannot be stored: %s", str(error).splitlines()[0])
            return self._pages("")[0].partition("?")[0]

    def _pages(self, code: str) -> list[str]:
        """Return the page's addresses with a code: on this machine, and for others."""
        here = "http://%s:%d" % (HOST, self._numbers["http"])
        return ["%s/?code=%s" % (base, code) for base in (here, *map(self._https_at, self._names))]

    async def stop(self) -> None:
        """End all connections, commit everything that was accepted, and close everything."""
        assert self._side is not None
        await self._certificates.stop()
        self.live.close()
        self._entrance.close()
        await asyncio.gather(self._clock_watch.stop(), self._upkeep.stop())
        await asyncio.gather(self._side.stop(), self._web.stop())
        await self.exchange.close()
        self.verifier.close()
        await self._rehashing.close()
        await self.audit.close()
        await self.store.close()
        await self._leave()
        if self._temporary:
            with suppress(OSError):
                shutil.rmtree(self.data)

    def description(self) -> dict[str, Any]:
        """Return every address, file and credential that a client needs, ready for JSON."""
        ports, project = self._numbers, self.project
        http = "http://%s:%d" % (HOST, ports["http"])
        return {
            "host": HOST,
            "reached_at": list(self._names),
            **self._at_broker(),
            **{name + "_port": port for name, port in ports.items() if name not in WEB},
            "http": http,
            "https": self._https,
            "page": self._page,
            **self.own.description(),
            "token_url": http + token.PATH,
            "https_token_url": self._https + token.PATH,
            "docs": http + docs.PATH,
            "ca_file": str(self._authority.files.certificate),
            "ca_der_file": str(self._authority.files.certificate_der),
            "device_id": project.device_id,
            "secret": project.secret,
            "thing_id": project.thing_id,
            "client_key": str(project.files.key),
            "client_cert": str(project.files.certificate),
            "client_key_der": str(project.files.key_der),
            "client_cert_der": str(project.files.certificate_der),
            "data": str(self.data),
            "listeners": self._listeners(),
        }

    def _listeners(self) -> list[dict[str, Any]]:
        """Return what is open to whom: here, and at a broker that `broker-config` has set up."""
        here = open_to_whom.listeners(self._numbers, self._options.address)
        if self._shared_broker is None:
            return here
        from .workers import listeners

        return [*here, *listeners.open_to_whom(self.data, self._shared_broker)]

    def _at_broker(self) -> dict[str, Any]:
        """Return the description of an external broker, empty without one."""
        if self._shared_broker is None:
            return {}
        from .workers import listeners

        return {"broker": str(self._shared_broker), **listeners.described(self.data, self._shared_broker)}

    def _database_in_folder(self) -> str:
        path = self.data / "cloud.sqlite3"
        # It contains the key that signs tokens. SQLite's files beside it get its mode, or are left from a kill.
        for each in (path, *self.data.glob(path.name + "-*")):
            make_private_file(each)
        return "sqlite:///%s" % path
