"""The programs that ours are compared with: the official clients and micropython-lib's MQTT client.

`.cache/peer-venv`      the official clients installed for CPython
`.cache/peers/<name>/`  the official device client's source distribution (examples, tests)
`.cache/peers/umqtt/`   for MICROPYPATH: `import umqtt.robust`
`.cache/peers/micropython/`  for MICROPYPATH: the official device client with its dependencies
"""

import os
import shutil
import subprocess
import tarfile
import zipfile

from ..installed import digest, is_current, lock, mark_current, put_in_place, scratch_folder
from ..paths import PEERS, TOOLS, VENV_PYTHON
from ..report import ToolchainError, first_error, step
from .venv import PEERS_VENV, TOOLS_VENV

STANDINS = TOOLS / "toolchain" / "standins"
OFFICIAL = "arduino_iot_cloud-1.4.1"
# Not installed by pip: these have no build file (umqtt), or are needed as source.
ARCHIVES: tuple[tuple[str, list[str]], ...] = (
    ("arduino-iot-cloud==1.4.1", ["--no-binary"]),
    ("micropython-umqtt.simple==1.3.4", []),
    ("micropython-umqtt.robust==1.0", []),
    ("micropython-senml==0.1.1", []),
)


def _key():
    return digest("1", ARCHIVES, *sorted(STANDINS.glob("*.py")))


def _unpacked():
    return is_current("peers", _key(), PEERS / OFFICIAL, PEERS / "umqtt", PEERS / "micropython")


def is_ready():
    """True if the peers are installed."""
    return PEERS_VENV.is_ready() and _unpacked()


def _index():
    """Options that name pip's package index, if one is configured."""
    command = [str(VENV_PYTHON), "-m", "pip", "config", "get", "global.index-url"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    index = os.environ.get("PIP_INDEX_URL") or (done.stdout.strip() if done.returncode == 0 else "")
    return ["--index-url", index] if index else []


def _download(requirement, options, folder):
    """Fetch one archive and unpack it; return the folder with its content."""
    target = folder / requirement.partition("==")[0]
    target.mkdir()
    command = [str(VENV_PYTHON), "-m", "unearth", requirement, "--download", str(target)]
    done = subprocess.run(
        command + options + _index(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    archives = [path for path in target.iterdir() if path.is_file()]
    if done.returncode or len(archives) != 1:
        raise ToolchainError("%s could not be fetched: %s" % (requirement, first_error(done.stdout)))
    if archives[0].suffix == ".whl":
        with zipfile.ZipFile(archives[0]) as archive:
            archive.extractall(target)
        return target
    with tarfile.open(archives[0]) as archive:
        archive.extractall(target, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return next(path for path in target.iterdir() if path.is_dir())


def _unpack(folder):
    official, simple, robust, senml = (_download(*archive, folder) for archive in ARCHIVES)
    new = folder / "peers"
    (new / "umqtt" / "umqtt").mkdir(parents=True)
    shutil.copy(simple / "umqtt" / "simple.py", new / "umqtt" / "umqtt")
    shutil.copy(robust / "umqtt" / "robust.py", new / "umqtt" / "umqtt")
    (new / "micropython").mkdir()
    shutil.copytree(official / "src" / "arduino_iot_cloud", new / "micropython" / "arduino_iot_cloud")
    shutil.copytree(senml / "senml", new / "micropython" / "senml")
    for path in STANDINS.glob("*.py"):
        shutil.copy(path, new / "micropython")
    official.rename(new / OFFICIAL)
    put_in_place(new, PEERS)


def install():
    """Install the peers that are missing."""
    TOOLS_VENV.install()
    PEERS_VENV.install()
    with lock("peers"):
        if not _unpacked():
            with step("fetching the peers' sources"), scratch_folder("peers") as folder:
                _unpack(folder)
            mark_current("peers", _key())
