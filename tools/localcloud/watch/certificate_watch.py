"""Keeps the certificates of a running cloud good: renews the server's, and warns before any other one ends."""

import asyncio
import datetime
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from cryptography import x509

from ..files import in_words
from ..identity.certificates import Authority, as_date
from ..identity.key_files import Broken, KeyFiles, Missing, is_issued_by, load_certificate
from ..store import device_certificates
from ..store.database import Store
from .condition import Condition

log = logging.getLogger(__name__)

WARN_BEFORE = datetime.timedelta(days=30)
GLANCE_S = 2.0
"""Seconds between glances at the clock and the files. A glance costs a few microseconds."""
_EVERY = datetime.timedelta(days=1)
_JUMP = datetime.timedelta(minutes=2)
"""The clock has jumped, or the machine has slept, if more than this passes between two glances."""
_NAMES_EVERY = 30
"""Glances between looks at this machine's names, which may ask a name server."""
_MOST_NAMED = 10

Names = tuple[str, ...]


class CertificateWatch:
    """Looks at all certificates once a day, after the machine has slept, and when their files or its names change."""

    def __init__(
        self,
        authority: Authority,
        store: Store,
        condition: Condition,
        client: KeyFiles,
        *,
        names: Callable[[], Names],
        shares_folder: bool,
        renewed: Callable[[KeyFiles], None],
        renamed: Callable[[Names], None],
        broker: Callable[[], Awaitable[x509.Certificate | None]] | None = None,
    ) -> None:
        """`client` is the default device's. `names` returns this machine's names; it may block.

        `renewed` takes the server's files after a change, `renamed` new names. `broker` returns the certificate that
        an external broker shows, or None.
        """
        self._authority = authority
        self._store = store
        self._condition = condition
        self._client = client
        self._find_names = names
        self._shares_folder = shares_folder
        self._renewed = renewed
        self._renamed = renamed
        self._broker = broker
        self._names: Names = ()
        self._shown: int | None = None
        self._files: list[float] = []
        self._task: asyncio.Task[None] | None = None

    def server(self, names: Names) -> KeyFiles:
        """Return the server's files with these names. Raises OSError if there are none and none can be written."""
        try:
            files = self._authority.server(names, keep_names=self._shares_folder)
        except OSError as error:
            present = self._authority.present_server()
            if present is None:
                raise
            files = present
            self._warn_of_renewal(in_words(error))
        self._names, self._shown = names, load_certificate(files.certificate).serial_number
        return files

    async def start(self) -> None:
        """Look, and from now on look again whenever there is a reason."""
        await self.look()
        self._task = asyncio.create_task(self._keep_looking(), name="certificates")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Renew the server's certificate if it is time, and bring the warnings up to date."""
        self._files = self._times_of_files()
        await self._renew()
        self._look_at_authority()
        self._warn_of_end("authority", "the authority", self._authority.certificate, _OF_AUTHORITY)
        with suppress(Broken, OSError):  # the next start makes it again, and says so
            self._warn_of_end("client", "the default device", load_certificate(self._client.certificate), _OF_CLIENT)
        await self._look_at_devices()
        if self._broker is not None:
            await self._look_at_broker(self._broker)

    async def _keep_looking(self) -> None:
        looked = before = self._authority.clock()
        glances = 0
        while True:
            await asyncio.sleep(GLANCE_S)
            now = self._authority.clock()
            has_jumped, before = abs(now - before) > _JUMP, now
            glances += 1
            try:
                if glances % _NAMES_EVERY == 0 or has_jumped:
                    await self.look_at_names()
                if has_jumped or now - looked >= _EVERY or self._times_of_files() != self._files:
                    looked = now
                    await self.look()
            except Exception as error:
                log.warning("cannot look at the certificates now: %s", str(error).splitlines()[0])

    async def look_at_names(self) -> None:
        """Renew the server's certificate if other machines reach this one at other addresses or names than before."""
        names = await asyncio.to_thread(self._find_names)
        # Without a network there are none for a while. The certificate keeps those that it has.
        if names and names != self._names:
            log.info("other machines reach this one at %s now", ", ".join(names))
            self._names = names
            await self._renew()
            self._renamed(names)

    async def _renew(self) -> None:
        try:
            files = await asyncio.to_thread(
                self._authority.server, self._names, keep_names=self._shares_folder
            )
            certificate = load_certificate(files.certificate)
            if certificate.serial_number != self._shown:
                self._renewed(files)
                self._shown = certificate.serial_number
                log.info("new connections are shown the server's certificate that ends on %s", _end(certificate))
        except (Broken, OSError) as error:
            reason = in_words(error) if isinstance(error, OSError) else str(error)
            self._warn_of_renewal(reason)
        else:
            self._condition.clear("certificate renewal")
        self._files = self._times_of_files()

    def _look_at_authority(self) -> None:
        """Warn if the next start will not find the authority that this process has loaded."""
        files = self._authority.files
        try:
            is_there = files.load()[1] == self._authority.certificate
            reason = "%s differs from the one at the start" % files.certificate
        except (Missing, Broken, OSError) as error:
            is_there = False
            reason = in_words(error) if isinstance(error, OSError) else str(error)
        if is_there:
            self._condition.clear("files of the authority")
        else:
            self._condition.warn(
                "files of the authority",
                "%s: the next start will not find the authority that boards trust; restore %s and %s from a backup"
                % (reason, files.key.name, files.certificate.name),
            )

    def _warn_of_renewal(self, reason: str) -> None:
        self._condition.warn("certificate renewal", "the server's certificate cannot be renewed: %s" % reason)

    def _warn_of_end(self, name: str, whose: str, certificate: x509.Certificate, remedy: str) -> None:
        name = "certificate of " + name
        if certificate.not_valid_after_utc - self._authority.clock() > WARN_BEFORE:
            self._condition.clear(name)
        else:
            self._condition.warn(
                name, "the certificate of %s %s: %s" % (whose, self._ends(certificate), remedy)
            )

    def _ends(self, certificate: x509.Certificate) -> str:
        is_over = certificate.not_valid_after_utc <= self._authority.clock()
        return "%s on %s" % ("ended" if is_over else "ends", _end(certificate))

    async def _look_at_devices(self) -> None:
        ending, foreign = await self._store.read(
            lambda session: self._troubled(device_certificates.in_use(session))
        )
        self._warn_of_devices("ending", ending, "end soon", "issue new ones through the API")
        self._warn_of_devices(
            "foreign", foreign, "were issued by another authority and let nobody in", "issue new ones through the API"
        )

    def _troubled(self, found: list[tuple[str, str, bytes]]) -> tuple[list[str], list[str]]:
        """Return texts about the certificates that end soon, and about those of another authority."""
        ending, foreign = [], []
        for name, device_id, der in found:
            certificate = x509.load_der_x509_certificate(der)
            if not is_issued_by(certificate, self._authority.certificate):
                foreign.append("%s (%s)" % (name, device_id))
            elif certificate.not_valid_after_utc - self._authority.clock() <= WARN_BEFORE:
                ending.append("%s (%s, %s)" % (name, device_id, _end(certificate)))
        return ending, foreign

    def _warn_of_devices(self, name: str, devices: list[str], what: str, remedy: str) -> None:
        name = "certificates of devices: " + name
        if not devices:
            self._condition.clear(name)
            return
        more = len(devices) - _MOST_NAMED
        listed = ", ".join(devices[:_MOST_NAMED]) + (" and %d more" % more if more > 0 else "")
        self._condition.warn(name, "certificates of devices %s: %s: %s" % (what, listed, remedy))

    async def _look_at_broker(self, broker: Callable[[], Awaitable[x509.Certificate | None]]) -> None:
        certificate = await broker()
        if certificate is None:
            return
        remedy = "renew it at the broker"
        if is_issued_by(certificate, self._authority.certificate):
            remedy = "send mosquitto SIGHUP, and it shows the one in %s" % self._authority.files.key.with_name(
                "server.pem"
            )
        self._warn_of_end("broker", "the broker", certificate, remedy)

    def _times_of_files(self) -> list[float]:
        server = self._authority.files.key.with_name("server.pem")
        authority = self._authority.files
        return [_time_of(path) for path in (server, self._client.certificate, authority.key, authority.certificate)]


_OF_AUTHORITY = "make a new one with `local-cloud new-authority`, which every board must then get"
_OF_CLIENT = "remove its files client.* from the data folder, and the next start makes new ones"


def _end(certificate: x509.Certificate) -> str:
    return as_date(certificate.not_valid_after_utc)


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
