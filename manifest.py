# Freezes the client into firmware: write `include("path/to/this/manifest.py")` in a board's manifest. Options:
# `sync=True` adds sync mode and micropython-lib's umqtt.robust, `api=True` the client of the Application API, and
# `board=True` the package that boards share, as the manifests in boards/ do.
#
# asyncio is included for boards that do not freeze it already; MicroPython includes no manifest twice. For firmware
# that freezes another copy of it, `asyncio=False` leaves it out.
#
# The modules are those that mip installs. Frozen code has no files beside it, so this writes the root certificates
# as a module to build/frozen, and the names of the modules as another one. It has no metadata(), which would clash
# with that of the including manifest.

import json
import os

options.defaults(sync=False, api=False, board=False, asyncio=True)


def _freeze(listing, folder="arduino_iot_cloud"):
    with open(listing) as file:
        names = [name.partition("/")[2] for name, _ in json.load(file)["urls"] if name.endswith(".py")]
    package(folder, files=names, base_path="lib", opt=3)
    # MicroPython finds each module's full name among the constants of this one. Otherwise it would need heap for it.
    lines = ["# Written by manifest.py. Nothing imports it: its names stay in flash."]
    paths = ["%s/%s" % (folder, name[:-3]) for name in names]
    lines += ["import %s" % path.replace("/__init__", "").replace("/", ".") for path in paths]
    _freeze_written(folder, "names_in_%s.py" % listing[:-5].replace("-", "_"), lines)


def _freeze_roots(certificates="lib/arduino_iot_cloud/certs"):
    lines = ["# Written by manifest.py: the root certificates, as constants that stay in flash."]
    for file_name in sorted(os.listdir(certificates)):
        with open(os.path.join(certificates, file_name), "rb") as file:
            lines.append("%s = %r" % (file_name.partition(".")[0], file.read()))
    _freeze_written("arduino_iot_cloud", "bundled_roots.py", lines)


def _freeze_written(folder, name, lines, target="build/frozen"):
    text = "\n".join(lines) + "\n"
    path = os.path.join(target, folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path) or open(path).read() != text:  # else its time stays, so that it is not built again
        scratch = "%s.%d" % (path, os.getpid())
        with open(scratch, "w") as file:
            file.write(text)
        os.replace(scratch, path)  # so that the file is always complete, even if several builds run
    package(folder, files=[name], base_path=target, opt=3)


if options.asyncio:
    include("$(MPY_DIR)/extmod/asyncio")
_freeze("package.json")
_freeze_roots()
if options.sync:
    require("umqtt.simple")  # umqtt.robust does not require it itself
    require("umqtt.robust")
    _freeze("package-sync.json")
if options.api:
    _freeze("package-api.json", "arduino_cloud_api")
if options.board:
    _freeze("package-board.json", "arduino_cloud_board")
