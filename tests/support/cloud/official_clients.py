"""The published clients, unchanged, as child processes that are driven call by call."""

import json
import os
from pathlib import Path

from processes import Process
from toolchain.paths import NPM, PEER_PYTHON

HERE = Path(__file__).parent
WAIT = 20


class Refused(Exception):
    """The client reported an error status."""

    def __init__(self, answer):
        super().__init__("%(status)s %(error)s" % answer)
        self.status = answer["status"]
        self.body = json.loads(answer["error"]) if answer["error"] not in ("", "None") else None
        self.type = answer["type"]


class OfficialClient:
    """One client. `call` uses the Python client's names of methods."""

    def __init__(self, command, environment=None):
        self._process = Process(command, env={**os.environ, **(environment or {})})
        self._position = 0
        self.called = set()
        """The methods that were called successfully."""

    def login(self, about):
        """Get a token for the API key in `about`, or use its `token`. Calls go to its `base` or `http`."""
        self._process.send(json.dumps({"login": {"base": about["http"], **about}}) + "\n")
        assert self._answer()["type"] == "ready"

    def call(self, method, *arguments, **options):
        """Call a method, as in `call("ThingsV2Api.things_v2_show", id)`, and return the value as plain JSON.

        `type` is then the name of its model. A Path among the arguments is a file to upload.
        """
        api, _, name = method.partition(".")
        wanted = {"api": api, "method": name, "arguments": arguments, "options": options}
        self._process.send(json.dumps(wanted, default=lambda path: {"file": str(path)}) + "\n")
        answer = self._answer()
        self.type = answer["type"]
        if "status" in answer:
            raise Refused(answer)
        self.called.add(method)
        return answer["value"]

    def operations(self):
        """Return the methods' operations: {"ThingsV2Api.things_v2_show": "GET /iot/v2/things/{id}", …}."""
        self._process.send(json.dumps({"operations": True}) + "\n")
        return self._answer()

    def stop(self):
        """End the child."""
        self._process.stop()

    def _answer(self):
        found = self._process.wait_for(r"(.*)\n", WAIT, start=self._position)
        self._position = found.end()
        return json.loads(found.group(1))


def python_client():
    """Start the Python package `arduino-iot-client`."""
    return OfficialClient([PEER_PYTHON, "-u", HERE / "python_client.py"])


def javascript_client():
    """Start the JavaScript package `@arduino/arduino-iot-client`."""
    environment = {"NODE_PATH": str(NPM / "node_modules")}
    return OfficialClient(["node", HERE / "javascript_client.js"], environment)


CLIENTS = {"python": python_client, "javascript": javascript_client}
