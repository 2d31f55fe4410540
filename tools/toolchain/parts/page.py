"""The JavaScript libraries of the local cloud's page, pinned in pinned/page-libraries and copied to its folder."""

import shutil

from ..installed import digest, is_current, lock, mark_current, put_in_place, scratch_folder
from ..paths import PAGE_LIBRARIES, PINNED
from ..report import step
from . import npm

_WANTED = PINNED / "page-libraries" / "package.json"
_PINNED = PINNED / "page-libraries" / "package-lock.json"
# The files of the packages that the page loads, and their names there.
_FILES = {
    "uplot/dist/uPlot.esm.js": "uplot/uplot.js",
    "uplot/dist/uPlot.min.css": "uplot/uplot.css",
    "uplot/LICENSE": "uplot/LICENSE",
    "leaflet/dist/leaflet-src.esm.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "topojson-client/src": "topojson",
    "topojson-client/LICENSE": "topojson/LICENSE",
    "world-atlas/countries-50m.json": "world/countries.json",
    "world-atlas/LICENSE": "world/LICENSE",
}


def _key():
    return digest("1", _WANTED, _PINNED, *(word for pair in _FILES.items() for word in pair))


def is_ready():
    """True if the page has its libraries."""
    return is_current("page", _key(), *(PAGE_LIBRARIES / name for name in _FILES.values()))


def is_possible():
    """True if npm is on this machine. Without the libraries the page has no charts and maps, and says so."""
    return bool(shutil.which("npm") and shutil.which("node"))


def install():
    """Fetch the pinned packages and copy the files that the page loads."""
    with lock("page"):
        if is_ready():
            return
        with step("installing the libraries of the page"), scratch_folder("page") as folder:
            shutil.copy(_WANTED, folder)
            shutil.copy(_PINNED, folder)
            npm.run(folder, "ci")
            new = folder / "vendor"
            for source, name in _FILES.items():
                path = folder / "node_modules" / source
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if path.is_dir() else shutil.copy)(path, new / name)
            put_in_place(new, PAGE_LIBRARIES)
        mark_current("page", _key())


def pin():
    """Resolve package.json again and pin every version."""
    npm.pin_file(_WANTED, _PINNED)
