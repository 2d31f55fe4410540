# Freeze the client into firmware: `include("path/to/this/manifest.py")` in a board's manifest, with
# `sync=True` for sync mode, which brings micropython-lib's umqtt.robust along, and `api=True` for the
# client of the Application API.
#
# The modules are those that mip installs. The root certificates of `certs/` are not frozen, since frozen
# code has no files beside it: give `cafile` or `cadata` in `ssl_params`. No metadata() here: it would
# clash with that of the manifest which includes this one.

import json

options.defaults(sync=False, api=False)


def _freeze(listing, folder="arduino_iot_cloud"):
    with open(listing) as file:
        names = [name.partition("/")[2] for name, _ in json.load(file)["urls"] if name.endswith(".py")]
    package(folder, files=names, base_path="lib", opt=3)


_freeze("package.json")
if options.sync:
    require("umqtt.robust")
    _freeze("package-sync.json")
if options.api:
    _freeze("package-api.json", "arduino_cloud_api")
