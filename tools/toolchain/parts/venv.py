"""Virtual environments with pinned packages, installed by pip with the machine's configuration."""

import subprocess
import sys
import venv

from ..installed import digest, forget, is_current, lock, mark_current, scratch_folder, write_whole
from ..paths import PEER_VENV, PINNED, VENV
from ..report import ToolchainError, first_error, step

PYTHON = (3, 11)


class Environment:
    """One virtual environment: `NAME.in` has the requirements, `NAME.txt` pins every version."""

    def __init__(self, title, folder, requirements):
        self.title = title
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.wanted = PINNED / (requirements + ".in")
        self.pinned = PINNED / (requirements + ".txt")

    @property
    def _name(self):
        return self.folder.name

    def _key(self):
        return digest("1", sys.version_info[:2], str(self.folder), self.pinned)

    def is_ready(self):
        """True if the pinned packages are installed."""
        return is_current(self._name, self._key(), self.python)

    def install(self):
        """Create the environment, or bring it to the pinned versions. Raises ToolchainError."""
        if sys.version_info < PYTHON:
            raise ToolchainError("Python %d.%d or newer is needed" % PYTHON)
        with lock(self._name):
            if self.is_ready():
                return
            forget(self._name)
            with step("installing %s" % self.title):
                if not self._works():
                    create(self.folder)
                pip(self.python, "install", "--no-deps", "-r", str(self.pinned))
                pip(self.python, "check")
            mark_current(self._name, self._key())

    def _works(self):
        """True if an environment of this Python with pip exists, and can be updated in place."""
        probe = "import sys, pip; print(*sys.version_info[:2])"
        try:
            done = subprocess.run([str(self.python), "-c", probe], capture_output=True, encoding="utf-8")
            moved = str(self.folder) not in (self.folder / "bin" / "pip").read_text()
        except OSError:
            return False
        if moved:
            return False
        return done.returncode == 0 and done.stdout.split() == [str(n) for n in sys.version_info[:2]]

    def pin(self):
        """Resolve `NAME.in` again and write every version to `NAME.txt`."""
        with scratch_folder("pin") as folder, step("pinning %s" % self.pinned.name):
            create(folder / "venv")
            python = folder / "venv" / "bin" / "python"
            pip(python, "install", "-r", str(self.wanted))
            frozen = subprocess.run(
                [str(python), "-m", "pip", "freeze"], capture_output=True, encoding="utf-8", check=True
            ).stdout
        heading = "# Every version of %s, written by `tools/setup --pin`.\n" % self.wanted.name
        write_whole(self.pinned, heading + frozen)


def create(folder):
    """Make a new virtual environment with pip. Raises ToolchainError."""
    try:
        venv.EnvBuilder(clear=True, with_pip=True).create(folder)
    except subprocess.CalledProcessError as error:
        reason = "Debian's package python3-venv is needed" if "ensurepip" in str(error) else str(error)
        raise ToolchainError("no virtual environment: %s" % reason)


def pip(python, *arguments):
    """Run pip quietly, and return its output. Raises ToolchainError with its first error line."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q"]
    done = subprocess.run(
        command + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    if done.returncode:
        hint = " (is the package index reachable?)" if "from versions: none" in done.stdout else ""
        raise ToolchainError("pip: %s%s" % (first_error(done.stdout, ("ERROR:", "error:")), hint))
    return done.stdout


TOOLS_VENV = Environment("the tools' Python packages", VENV, "requirements")
PEERS_VENV = Environment("the official Python clients", PEER_VENV, "peer-requirements")


def pin_all():
    """Pin both environments again."""
    for environment in (TOOLS_VENV, PEERS_VENV):
        environment.pin()
