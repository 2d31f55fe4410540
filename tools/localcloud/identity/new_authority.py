"""Make a new certificate authority on purpose, and put everything that the old one signed aside."""

import datetime
import os
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from ..files import FolderLock, make_private_folder
from .certificates import SERVER_ADDRESSES, SERVER_NAMES, Authority, now
from .key_files import Broken, KeyFiles, load_certificate


def replace(
    data: Path, clock: Callable[[], datetime.datetime] = now
) -> tuple[Authority, Path | None]:
    """Make a new authority in a data folder, with certificates of the server and of devices that have files there.

    Return it, and the folder with the old files (None: there were none). If this is killed, a second call
    does the rest. Raises `files.DataInUse` while a cloud runs, and OSError.
    """
    lock = FolderLock(data)
    try:
        folder = data / "certificates"
        names = _names_of_server(KeyFiles.at(folder, "server"))
        devices = [path.name for path in sorted(data.glob("devices/*")) if path.is_dir()]
        aside = data / ("certificates-before-" + clock().strftime("%Y-%m-%dT%H-%M-%SZ"))
        # The authority's own files go last, so that nothing else is left when they are gone.
        for device in devices:
            _put_aside(KeyFiles.at(data / "devices" / device, "client"), aside / "devices" / device)
        for name in ("server", "ca"):
            _put_aside(KeyFiles.at(folder, name), aside)
        authority = Authority(folder, clock=clock)
        authority.server(names)
        for device in devices:
            authority.device(data / "devices" / device, device)
        return authority, aside if aside.exists() else None
    finally:
        lock.release()


def _put_aside(files: KeyFiles, folder: Path) -> None:
    for path in files.all():
        if path.exists() or path.is_symlink():
            make_private_folder(folder)
            os.replace(path, folder / path.name)


def _names_of_server(files: KeyFiles) -> tuple[str, ...]:
    """Return the names that the server's certificate has beside the usual ones, as far as it can be read."""
    try:
        certificate = load_certificate(files.certificate)
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (Broken, OSError, x509.ExtensionNotFound):
        return ()
    return tuple(str(name.value) for name in known if str(name.value) not in SERVER_NAMES + SERVER_ADDRESSES)
