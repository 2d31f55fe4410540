"""Boards at serial lines, and `tools/provision` as a child process."""

import asyncio
import json
import os
import shutil
import uuid
from pathlib import Path

import pytest
from local_clouds import LocalCloud
from localcloud.remote import RemoteCloud
from processes import Process
from serial_board import SerialBoard
from toolchain.paths import LIB, TOOLS, VENV_PYTHON

CRASHING = Path(__file__).with_name("crashing.py")


class Provision:
    """Runs `tools/provision` for a board and a cloud, with journals in the test's folder."""

    def __init__(self, folder, cloud):
        self.journals = folder / "journals"
        self._cloud = cloud
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("ARDUINO_")}
        self._env["PYTHONPATH"] = os.pathsep.join((str(TOOLS), str(LIB)))
        self.started = []

    def start(self, board, *arguments, env=None):
        """Start it and return a processes.Process."""
        return self._start(("-m", "provisioning"), board, arguments, env)

    def _start(self, program, board, arguments, env):
        command = [VENV_PYTHON, *program, "--port", board.port]
        if "--no-device" not in arguments:
            command += ["--data", self._cloud.data, "--journal-dir", self.journals]
        self.started.append(Process([*command, *arguments], {**self._env, **(env or {})}))
        return self.started[-1]

    def crash(self, board, *arguments):
        """Run it again and again, each time killed at another moment, until a run completes. Return the moments."""
        done = self._start((CRASHING,), board, arguments, None).wait(55)
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and lines[-1] == "done", done
        return lines[:-1]

    def run(self, board, *arguments, code=0, env=None):
        """Run it to its end with this exit code, and return Finished(returncode, stdout, stderr)."""
        process = self.start(board, *arguments, env=env)
        done = process.wait(60)
        assert done.returncode == code, done
        return done

    def told(self, board, *arguments, env=None):
        """Run it with --json, and return what it reports, with the steps by name."""
        told = json.loads(self.run(board, "--json", *arguments, env=env).stdout)
        told["steps"] = {each["step"]: each for each in told["steps"]}
        return told

    def journal(self):
        """Return the journal of the only board."""
        (path,) = self.journals.glob("*.json")
        return json.loads(path.read_bytes())


@pytest.fixture(scope="session")
def installed_flash(tmp_path_factory):
    """The flash of a board that has only the package."""
    folder = tmp_path_factory.mktemp("installed")
    board = SerialBoard(folder)
    try:
        Provision(folder, None).run(board, "--no-device")
    finally:
        board.stop()
    return folder / "flash.bin"


@pytest.fixture
def plug(tmp_path, installed_flash):
    """`plug(installed=False, **options)` -> a new SerialBoard."""
    made = []

    def make(*, installed=False, **options):
        folder = tmp_path / ("board%d" % len(made))
        if installed:
            folder.mkdir()
            shutil.copy(installed_flash, folder / "flash.bin")
        options.setdefault("unique_id", uuid.uuid4().hex[:16])
        made.append(SerialBoard(folder, **options))
        return made[-1]

    yield make
    for board in made:
        board.stop()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """A local cloud for all tests here. Use `unique` names in it.

    `look(name, *arguments)` calls its local API, and `certificates(device_id)` lists a device's certificates.
    """
    made = LocalCloud(tmp_path_factory.mktemp("cloud"))
    remote = RemoteCloud(made.about)
    made.look = lambda name, *arguments, **options: asyncio.run(getattr(remote, name)(*arguments, **options))
    made.certificates = lambda device_id: asyncio.run(_certificates(made, device_id))
    yield made
    made.stop()


async def _certificates(cloud, device_id):
    from arduino_cloud_api import CloudAPI

    api = CloudAPI(cloud.api_key_id, cloud.api_key_secret, base_url=cloud.http, token_url=cloud.token_url)
    async with api:
        return await api.devices.certs_list(device_id).all()


@pytest.fixture
def unique():
    """A name that no other test has."""
    return "Test " + uuid.uuid4().hex[:8]


@pytest.fixture
def provision(tmp_path, cloud):
    """A Provision for the cloud. What it has started is stopped at the end."""
    made = Provision(tmp_path, cloud)
    yield made
    for process in made.started:
        process.stop()
