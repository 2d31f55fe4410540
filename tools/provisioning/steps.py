"""One run of `tools/provision`, from the first look to the last check. Every step can be repeated."""

import argparse
import contextlib
import hashlib
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from localcloud.cli.connection import LOOPBACK, Connection
from localcloud.cli.exits import DONE, FAILED, USAGE, CommandError
from localcloud.cli.projects import project_file
from localcloud.cli.projects.project import Project
from localcloud.cli.terminal import tell_json
from localcloud.cli.working import work
from localcloud.reach.ports import Ports

from . import boards, payload, ports, wifi
from .board_link import BoardLink
from .board_side import BoardSide, Found, look
from .checking import check
from .cloud_side import CloudSide
from .journal import Journal, default_folder
from .stored import InSecrets, InStore, stored as stored_on, tidy

_FIRST_PROGRAM = Path(__file__).with_name("on_board") / "first_program.py"


class Run:
    """A run with the options of the command line."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Read everything that the options name. Raises CommandError."""
        self._options = options
        self._dry_run = options.dry_run
        self._touched: list[BoardLink | CloudSide] = []
        self._rows: list[dict[str, Any]] = []
        self._server: str | None = None
        self._program = payload.program(options.main) if options.main else None
        self._project = project_file.load(options.project) if options.project else None
        if options.board:
            boards.facts(options.board)
        self._port = ports.find(options.port, options.board)
        self._networks = wifi.networks(options)

    @property
    def changed(self) -> bool:
        """Return whether something may already have changed."""
        told = any(row["changed"] for row in self._rows)
        return not self._dry_run and (told or any(each.changed for each in self._touched))

    def run(self) -> int:
        """Do all steps, and return the exit code. Raises CommandError, KeyboardInterrupt."""
        if not self._options.no_device:
            return work(self._options, self._with_cloud)
        with self._link() as link:
            found = self._look(link)
            side = BoardSide(link, found, dry_run=self._dry_run)
            self._board(link, side, None)
            if self._program is not None:
                self._main(side, None, None)
            self._wifi(stored_on(link, found, dry_run=self._dry_run))
        return self._end({})

    def _say(self, step: str, text: str, changed: bool) -> None:
        self._rows.append({"step": step, "changed": changed, "text": text})
        if not self._options.json:
            print("%-12s %s" % (step, text), flush=True)

    def _did(self, step: str, done: str, otherwise: str = "up to date") -> None:
        self._say(step, done or otherwise, bool(done))

    # The board's files

    def _link(self) -> BoardLink:
        link = BoardLink(self._port)
        self._touched.append(link)
        for each in self._networks:
            link.hide(each["password"])
        return link

    def _look(self, link: BoardLink) -> Found:
        found = look(link, self._options.board, keys=self._options.keys, replace=self._options.replace_board)
        if self._networks and "wifi" not in (found.facts.get("NETWORK") or ""):
            raise CommandError("--wifi: %s has no Wi-Fi" % found.name, USAGE)
        return found

    def _board(self, link: BoardLink, side: BoardSide, journal: Journal | None) -> None:
        found = side.found
        version = ".".join(str(part) for part in found.probe["version"])
        self._say("board", "%s, MicroPython %s, at %s" % (found.name, version, self._port), False)
        tidy(link, found, dry_run=self._dry_run)
        otherwise = "frozen into the firmware" if "arduino_cloud_board" in found.probe["frozen"] else "up to date"
        self._did("package", side.package(self._options.parts, romfs=self._options.romfs), otherwise)
        done = ", ".join(filter(None, (side.board_file(journal), side.board_name())))
        self._did("board.py", done, "yours, left alone" if side.found.own else "up to date")

    def _main(self, side: BoardSide, default: bytes | None, journal: Journal | None) -> None:
        replace = self._options.replace_main
        self._did("main.py", side.main(self._program, default, journal, replace=replace), "left alone")

    def _wifi(self, stored: InSecrets | InStore) -> None:
        if self._networks:
            done, note = stored.networks(self._networks)
            self._say("Wi-Fi", (done or "up to date") + note, bool(done))

    # With a device

    async def _with_cloud(self, api: Any, connection: Connection) -> int:
        if self._options.server and connection.devices is None:
            raise CommandError("--server goes with a local cloud", USAGE)
        with self._link() as link:
            found = self._look(link)
            self._server = self._server_of(connection, found.facts)
            side = BoardSide(link, found, dry_run=self._dry_run)
            number = side.identify()
            folder = self._options.journal_dir or default_folder()
            with Journal(folder, number, connection, dry_run=self._dry_run) as journal:
                cloud = CloudSide(api, journal, dry_run=self._dry_run)
                self._touched.append(cloud)
                self._board(link, side, journal)
                stored_on(link, side.found, dry_run=self._dry_run).check()
                self._main(side, _FIRST_PROGRAM.read_bytes(), journal)
                name = self._options.name or made_up_name(found.name, number)
                await self._in_cloud(name, cloud, api, connection, journal)
                await self._on_board(link, side, cloud, connection, journal)
        return self._end({"device_id": journal.get("device_id"), "device_name": journal.get("device_name")})

    async def _in_cloud(
        self, name: str, cloud: CloudSide, api: Any, connection: Connection, journal: Journal
    ) -> None:
        options = self._options
        self._did("device", await cloud.device(name, options.type, options.device), str(journal.get("device_name")))
        if options.thing:
            self._did("thing", await cloud.thing(options.thing))
        if self._project and not journal.get("device_id"):
            self._say("project", "would be applied, once the device exists", True)  # a dry run
        elif self._project:
            await self._apply(api, connection, self._project)
            cloud.changed = True

    async def _on_board(
        self, link: BoardLink, side: BoardSide, cloud: CloudSide, connection: Connection, journal: Journal
    ) -> None:
        options = self._options
        stored = stored_on(link, side.found, dry_run=self._dry_run)
        certificate = None
        if options.certificate:
            certificate = await self._certificate(cloud, journal, stored, connection)
        else:
            self._did("secret", await cloud.secret(new=options.new_secret), "already in the cloud")
            link.hide(journal.get("secret") or "")
            self._did("credentials", stored.secret(journal, _client(connection, self._server, mutual=False)))
        # Not before the board has the replacement.
        await self._forget(cloud, certificate)
        self._wifi(stored)
        self._did("clock", side.clock(), "correct")
        if options.no_check:
            return
        if self._dry_run:
            self._say("check", "would be done: the board connects", False)
        else:
            self._say("check", await check(link, cloud, options.check_seconds), False)

    async def _certificate(
        self, cloud: CloudSide, journal: Journal, stored: InSecrets | InStore, connection: Connection
    ) -> bytes | None:
        done, request = stored.request(journal.get("device_id"), new=self._options.new_secret)
        self._did("key", done, "already on the board")
        done, certificate = await cloud.certificate(request)
        self._did("certificate", done, "already in the cloud")
        client = _client(connection, self._server, mutual=True)
        self._did("credentials", stored.certificate(journal, certificate, client))
        return certificate

    async def _forget(self, cloud: CloudSide, certificate: bytes | None) -> None:
        done = await cloud.forget_secret() if self._options.certificate else ""
        if done:
            self._say("secret", done, True)
        done = await cloud.forget_certificates(but=certificate)
        if done:
            self._say("certificate", done, True)

    async def _apply(self, api: Any, connection: Connection, project: Project) -> None:
        from localcloud.cli.projects import applying

        given = argparse.Namespace(dry_run=self._dry_run, prune=False, secrets_dir=None, json=False)
        with contextlib.redirect_stdout(sys.stderr if self._options.json else sys.stdout):
            try:
                await applying.apply(api, connection, project, given)
            except CommandError as error:
                # Nothing in the file was done, but the steps before it were.
                raise CommandError(str(error), FAILED if error.code == USAGE else error.code) from None

    def _server_of(self, connection: Connection, facts: dict[str, Any]) -> str | None:
        """Return the local cloud's address for this board, None for Arduino's own cloud. Raises CommandError."""
        if self._options.server or connection.devices is None:
            return self._options.server
        server = connection.devices["server"]
        if server not in LOOPBACK or facts.get("PORT") == "unix":
            return server
        if connection.reached_at:
            return connection.reached_at[0]
        raise CommandError(
            "the local cloud listens at %s, which this board cannot reach: start it with --address 0.0.0.0" % server,
            USAGE,
        )

    def _end(self, more: dict[str, Any]) -> int:
        if self._options.json:
            tell_json({"dry_run": self._dry_run, **more, "steps": self._rows})
        return DONE


def made_up_name(board: str, number: str) -> str:
    """Return a name for the device, from the board's name and a hash of its unique number.

    A part of the number would not do: the last bytes of an STM32's name the lot of its wafers.
    """
    return "%s %s" % (board, hashlib.sha256(number.encode()).hexdigest()[:6])


def _client(connection: Connection, server: str | None, *, mutual: bool) -> dict[str, Any]:
    """Return the arguments that a device's client needs for the cloud: none for Arduino's own.

    `root` is the certificate (DER) of the cloud's authority, if it is not among the bundled ones.
    """
    devices = connection.devices
    if devices is None:
        return {}
    usual = Ports()  # of a local cloud on another machine
    port = connection.mutual_tls_port or usual.mtls if mutual else devices.get("port") or usual.mqtts
    found: dict[str, Any] = {"server": server, "port": port}
    file = (devices.get("ssl_params") or {}).get("cafile")
    if file:
        found["root"] = Path(file).read_bytes()
    elif connection.ca_file:
        authority = x509.load_pem_x509_certificate(Path(connection.ca_file).read_bytes())
        found["root"] = authority.public_bytes(Encoding.DER)
    return found
