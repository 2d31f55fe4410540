"""A whole local cloud in one process: store, broker, web server, in one event loop."""

import asyncio
import logging
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from .broker.embedded import EmbeddedBroker
from .broker.listeners import Listeners, Sockets
from .certificates import Authority
from .exchange import Exchange
from .files import FolderLock, make_private_folder, write_whole
from .gate import Gate
from .live import Live
from .ports import HOST, Ports, bind_all
from .project import Project, default_project
from .store.database import Store
from .tokens import Tokens
from .users import DefaultUser, default_user
from .watching import Watching
from .web import token
from .web.server import WebServer

log = logging.getLogger(__name__)


class LocalCloud:
    """A running local cloud. Make one with `await LocalCloud.start(...)`, end it with `stop()`."""

    store: Store
    exchange: Exchange
    live: Live
    project: Project
    user: DefaultUser
    api_token: str

    def __init__(self, data: Path, ports: Ports, database: str | None) -> None:
        """Use `start`, which also opens what is here only named."""
        self.data = data
        self._ports = ports
        self._database = database or "sqlite:///%s" % (data / "cloud.sqlite3")
        self._temporary = False

    @classmethod
    async def start(
        cls, data: Path | None = None, *, ports: Ports | None = None, database: str | None = None
    ) -> "LocalCloud":
        """Start a cloud that keeps its data in a folder (None: a temporary one).

        When this returns, all listeners accept. Raises `ports.PortBusy` or `files.DataInUse`.
        """
        temporary = data is None
        if data is None:
            data = Path(tempfile.mkdtemp(prefix="local-cloud-"))
        cloud = cls(data.absolute(), ports or Ports(), database)
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
        self._lock = FolderLock(self.data)
        sockets = None
        try:
            sockets = bind_all(self._ports)
            self._numbers = {name: sock.getsockname()[1] for name, sock in sockets.items()}
            await self._open(sockets)
        except BaseException:
            for sock in (sockets or {}).values():
                sock.close()
            self._lock.release()
            raise

    async def _open(self, sockets: dict[str, Any]) -> None:
        authority = Authority(self.data / "certificates")
        self._authority = authority
        self.api_token = self._load_token()
        self.live = Live()
        self.store = Store(self._database)
        await self.store.open()
        self.project = await default_project(self.store, authority, self.data)
        self.user = await default_user(self.store, self.data)
        tokens = await Tokens.of(self.store)
        self.exchange = Exchange(self.store, self.live)
        self._broker = EmbeddedBroker(Gate(self.exchange, Watching(self.store, self.exchange, tokens)))
        await self._broker.start()
        self._listeners = Listeners(self._broker, authority.server(), authority.files)
        http = sockets.pop("http")
        await self._listeners.start(Sockets(**sockets))
        self._web = WebServer(self.store, self.exchange, self.live, tokens, self.api_token, http)
        await self._web.start()

    async def stop(self) -> None:
        """End all connections, commit what was accepted, close everything."""
        self._listeners.stop()
        self.live.close()
        await asyncio.gather(self._broker.stop(), self._web.stop())
        await self.exchange.close()
        await self.store.close()
        self._lock.release()
        if self._temporary:
            with suppress(OSError):
                shutil.rmtree(self.data)

    def description(self) -> dict[str, Any]:
        """Return every address, file and credential that a client needs, ready for JSON."""
        ports, project = self._numbers, self.project
        http = "http://%s:%d" % (HOST, ports["http"])
        return {
            "host": HOST,
            "mqtt_port": ports["mqtt"],
            "mqtts_port": ports["mqtts"],
            "mtls_port": ports["mtls"],
            "ws_port": ports["ws"],
            "wss_port": ports["wss"],
            "http": http,
            "page": "%s/?token=%s" % (http, self.api_token),
            "api_token": self.api_token,
            "user_id": self.user.user_id,
            "api_key_id": self.user.api_key_id,
            "api_key_secret": self.user.api_key_secret,
            "token_url": http + token.PATH,
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

    def _load_token(self) -> str:
        path = self.data / "api_token"
        if not path.exists():
            write_whole(path, secrets.token_urlsafe(24).encode())
        return path.read_text().strip()
