"""Chromium for the page's tests and pictures: the machine's own, or Debian's headless one.

It looks for its files beside its program. So it runs with the machine's dynamic loader and C library, and has to come
from the machine's release of Debian.
"""

import os
import shutil

from .. import debian
from ..installed import digest, is_current, lock, mark_current
from ..paths import CACHE, CHROMIUM
from ..programs import check_answer, wrap_installed
from ..report import say

PACKAGES = "chromium-headless-shell fonts-open-sans"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TREE = CACHE / "chromium"
# Parts of the C library, which has to match the machine's loader.
_OF_LIBC = """ld-linux*.so* libc.so.6 libc[.-]* libm.so* libmvec.so* libpthread.so* libdl.so* librt.so* libresolv.so*
libnss_*.so* libutil.so* libanl.so* libthread_db.so* libBrokenLocale.so* libnsl.so.1""".split()
# Drivers for graphics cards and their tests, a third of the whole; pages are drawn without them.
_FOR_CARDS = ("usr/lib/*/dri", "usr/lib/*/libLLVM*", "usr/lib/chromium/libVk*")
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>%s</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""


def _on_path():
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _check(command):
    """Raise ToolchainError unless the browser prints its version."""
    check_answer("Chromium", command, "--version", "Chrom", timeout=30)


def _wrap(tree, program):
    """A shell script that runs the browser with the tree's libraries and fonts."""
    for pattern in _OF_LIBC:
        for path in tree.rglob(pattern):
            path.unlink()
    for path in (path for pattern in _FOR_CARDS for path in tree.glob(pattern)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    fonts = tree / "fonts.conf"
    fonts.write_text(_FONTS % (tree / "usr" / "share" / "fonts"))
    # The library of pulseaudio needs the files in its own folder
    places = {path.parent for path in tree.rglob("lib*.so*")}
    folders = sorted(path for path in places if path.name.endswith(("-gnu", "pulseaudio")))
    return '#!/bin/sh\nFONTCONFIG_FILE="%s" LD_LIBRARY_PATH="%s" exec "%s" "$@"\n' % (
        fonts,
        ":".join(map(str, folders)),
        tree / program,
    )


def _key():
    return digest("3", _on_path(), PACKAGES, str(CACHE))


def is_ready():
    """True if a browser is installed."""
    return is_current("chromium", _key(), CHROMIUM)


def install():
    """Wrap the machine's Chromium, or unpack Debian's."""
    with lock("chromium"):
        if is_ready():
            return
        found = _on_path()
        if found:
            wrap_installed(found, CHROMIUM, _check)
            say("Chromium: using %s" % found)
        else:
            debian.fetch_program(
                "Chromium",
                PACKAGES,
                "usr/lib/chromium/chromium-headless-shell",
                debian.architecture(64),
                [debian.machine_source().suite],
                TREE,
                CHROMIUM,
                _check,
                _wrap,
                ("usr/share/fonts",),
            )
        mark_current("chromium", _key())
