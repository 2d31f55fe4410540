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

from . import clock as host_clock
from .broker.listeners import Listening, Sockets
from .embedded.side import EmbeddedSide
from .entrance.bounds import Bounds, descriptor_limit
from .entrance.visitors import Entrance
from .files import FolderLock, make_private_file, make_private_folder
from .first_start import secret_files
from .first_start.project import DefaultProject, default_project, is_made
from .first_start.user import default_user
from .identity.api_token import ApiToken
from .identity.certificates import Authority
from .identity.key_files import KeyFiles
from .identity.tokens import Tokens
from .options import Options
from .own_secrets import OwnSecrets
from .parts import Parts
from .reach import origins
from .reach.addresses import Addresses
from .reach.ports import WEB, Ports, bind_all, names_of
from .store import page_sessions
from .store.catalogue import newest_value_us
from .store.unwritable import NotWritable
from .traffic.ota import OtaUpdates
from .traffic.publishing import Publisher
from .watch.certificate_watch import CertificateWatch
from .watch.room import Room
from .watch.upkeep import Upkeep
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

    parts: Parts
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
        self._database_lost = False
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
        When this returns, all listeners accept connections. Raises `reach.ports.PortBusy`, `files.DataInUse`,
        `files.Unusable`, `store.database.BadAddress`, `reach.origins.BadOrigin`, `workers.address.BadBroker` or
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
            await self._open(sockets, {name: sock.getsockname()[1] for name, sock in sockets.items()})
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

    async def _open(self, sockets: dict[str, Any], numbers: dict[str, int]) -> None:
        names = names_of(self._options.address)
        self._addresses = Addresses(numbers, self._options.address, names, self.data, self._shared_broker)
        self._addresses.at_broker()  # raises BadBroker before anything else begins
        database = self._options.database
        parts = self.parts = Parts.of(self._database_in_folder() if database is None else database)
        self.store, self.exchange, self.live = parts.store, parts.exchange, parts.live
        self.store.on_trouble = self._tell_trouble
        worker = None
        alone: AbstractAsyncContextManager[None] = nullcontext()
        if self._shared_broker is not None:
            # Only workers need what these import.
            from .workers.coordination import alone_at
            from .workers.worker import Worker

            alone = alone_at(self.store.url)
            worker = Worker(self._shared_broker, self.store, self.exchange, self.live, self.parts.audit)
        elif self.store.url.get_backend_name() == "postgresql":
            from .workers.coordination import Occupancy

            self._occupancy = Occupancy(self.store.url)
            await self._occupancy.take()
        async with alone:
            certificate, tokens = await self._load(worker)
        bounds = Bounds.of(descriptor_limit())
        self._entrance = Entrance(bounds, self.parts.condition.counts, self._options.patience, self._options.behind)
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
        room = Room(self.store, self.parts.condition, self.data, keeping.keep_us)
        self._upkeep = Upkeep(self.store, keeping, room, self._updates.sweep)
        self._upkeep.start()

    async def _start_web(
        self, http: socket.socket, https: socket.socket, tokens: Tokens, certificate: KeyFiles
    ) -> None:
        self._page = await self._first_page()
        self.parts.audit.take_notes(self.data)
        ports, names = self._addresses.ports, self._addresses.names
        guard = self._guard = Guard(
            self.store, self.own.token, tokens.cloud_id, ports["http"], ports["https"], names, self.parts.failures.note
        )
        app = application(
            self.parts,
            tokens,
            guard,
            self._api(tokens),
            self.own,
            self._addresses.pages,
            self._options.behind,
            self._cors_origins,
        )
        self._web = WebServer(app, self._entrance, http, https, certificate)
        await self._web.start()

    def _embedded_side(self, tokens: Tokens, certificate: KeyFiles) -> EmbeddedSide:
        listening = Listening(
            self._entrance,
            certificate,
            self._authority.files,
            self._options.behind,
            (*self._addresses.origins(), *self._cors_origins),
        )
        return EmbeddedSide(self.parts, tokens, self.project.own, listening)

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
        if self._database_lost:
            log.warning(
                "%s is missing: the cloud begins with an empty database. If that is not intended, stop it, and restore"
                " the data folder from a backup, or give --database if the data are in PostgreSQL",
                self.data / "cloud.sqlite3",
            )
        self.own = OwnSecrets(self.data, ApiToken(self.data / "api_token", token), user)
        self._certificates = self._watch(worker)
        self._clock_watch = host_clock.ClockWatch(self.parts.condition, lambda: self.store.read(newest_value_us))
        return self._certificates.server(self._addresses.names), await Tokens.of(self.store)

    def _watch(self, worker: "Worker | None") -> CertificateWatch:
        broker = None
        if self._shared_broker is not None:
            from .workers.broker_certificate import shown

            broker = partial(shown, self.data, self._shared_broker)
        return CertificateWatch(
            self._authority,
            self.store,
            self.parts.condition,
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
        self._addresses.names = names
        self._guard.know(names)
        self._updates.base = self._addresses.https_for_boards
        self.on_change()

    def _note(self, action: str, about: str) -> None:
        self.parts.audit.note(action, by="start", address="", about=about)

    def _tell_trouble(self, trouble: NotWritable | None) -> None:
        if trouble is None:
            log.warning("values are stored again")
            self.parts.condition.clear("disk-full")
        else:
            self.parts.condition.warn("disk-full", str(trouble))

    def _api(self, tokens: Tokens) -> FastAPI:
        """Return the Application API."""
        ota = self.data / "ota"
        updates = self._updates = OtaUpdates(self.store, self.exchange, tokens, ota, self._addresses.https_for_boards)
        services = Services(self.store, self.exchange, Publisher(self.store, self.exchange))
        limit = RateLimit(self._options.rate_limit)
        return api.application(services, tokens, updates, self._authority, limit, self.parts.verifier)

    async def _first_page(self) -> str:
        """Return the page's address with a code, or without one if the store takes none: the disk may be full."""
        try:
            return self._addresses.pages(await self.store.write(page_sessions.new_code))[0]
        except Exception as error:
            log.warning("the page's address has no code, since it cannot be stored: %s", str(error).splitlines()[0])
            return self._addresses.pages("")[0].partition("?")[0]

    async def stop(self) -> None:
        """End all connections, commit everything that was accepted, and close everything."""
        assert self._side is not None
        await self._certificates.stop()
        self.live.close()
        self._entrance.close()
        await asyncio.gather(self._clock_watch.stop(), self._upkeep.stop())
        await asyncio.gather(self._side.stop(), self._web.stop())
        await self.parts.close()
        await self._leave()
        if self._temporary:
            with suppress(OSError):
                shutil.rmtree(self.data)

    def description(self) -> dict[str, Any]:
        """Return every address, file and credential that a client needs, ready for JSON."""
        project = self.project
        return {
            **self._addresses.description(),
            "page": self._page,
            **self.own.description(),
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
        }

    def _database_in_folder(self) -> str:
        path = self.data / "cloud.sqlite3"
        # It is the first file of a new folder.
        self._database_lost = not path.exists() and (self.data / "certificates").exists()
        # It contains the key that signs tokens. SQLite's files beside it get its mode, or are left from a kill.
        for each in (path, *self.data.glob(path.name + "-*")):
            make_private_file(each)
        return "sqlite:///%s" % path
