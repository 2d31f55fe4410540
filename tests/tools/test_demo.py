"""tools/demo: what it prints, that it leaves nothing running, how it fails."""

import os
import re
import shutil
import signal
import socket
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest
from processes import Process
from toolchain.paths import ROOT, TOOLS

START_S = 40
pytestmark = pytest.mark.timeout(200)


class Demo(Process):
    """`tools/demo` with a mark in its environment, which everything it starts inherits."""

    def __init__(self, *arguments, tools=TOOLS, **environment):
        self.mark = "DEMO_MARK=" + uuid.uuid4().hex
        name, _, value = self.mark.partition("=")
        super().__init__([tools / "demo", *arguments], {**os.environ, name: value, **environment})

    def marked(self):
        """Return the command lines of its running descendants."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has ended meanwhile, or belongs to another user
        return found

    def wait_nothing_is_left(self, timeout=30):
        """Wait until all of them have ended."""
        deadline = time.monotonic() + timeout
        while self.marked():
            assert time.monotonic() < deadline, self.marked()
            time.sleep(0.05)


@pytest.fixture
def start_demo():
    """`start_demo(*arguments)` -> a Demo, stopped at the end."""
    made = []

    def make(*arguments, **options):
        made.append(Demo(*arguments, **options))
        return made[-1]

    yield make
    for demo in made:
        demo.stop()


def test_check_drives_values_each_way(start_demo):
    demo = start_demo("--check")
    done = demo.wait(60)
    assert done.returncode == 0, done
    assert float(re.search(r"round trip ([\d.]+) ms", done.stdout).group(1)) < 1000
    assert re.search(r"^device → cloud: the reading of \w+ went from \S+ to \S+$", done.stdout, re.M)
    demo.wait_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_a_page_and_a_signal_ends_everything(start_demo, number):
    demo = start_demo()
    page = demo.wait_for(r"Open +(http://127\.0\.0\.1:\d+/\?code=\S+)", START_S).group(1)
    assert any("laptop.py" in command and "heapsize=72k" in command for command in demo.marked())
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert answer.status == 200
        assert b"main.js" in answer.read()
    demo.signal(number)
    done = demo.wait(START_S)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done
    demo.wait_nothing_is_left()


def test_the_device_does_not_outlive_a_killed_demo(start_demo):
    demo = start_demo()
    demo.wait_for("Ctrl-C", START_S)
    demo.signal(signal.SIGKILL)
    demo.wait_nothing_is_left()


def test_a_signal_while_it_starts_ends_everything(start_demo):
    demo = start_demo()
    demo.wait_for("starting the local cloud", START_S, stream="stderr")
    demo.signal(signal.SIGINT)
    assert demo.wait(START_S).returncode == 0
    demo.wait_nothing_is_left()


def test_a_busy_port_is_one_clear_line(start_demo):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = start_demo("--check", "--http-port", port).wait(START_S)
    assert done.returncode == 1 and not done.stdout
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("demo: ")]
    assert "port %d" % port in line and "--http-port" in line


def test_the_end_of_the_device_program_is_told(start_demo):
    demo = start_demo()
    demo.wait_for("Ctrl-C", START_S)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if demo.mark.encode() in (process / "environ").read_bytes() and b"laptop.py" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue
    done = demo.wait(START_S)
    assert done.returncode == 1
    assert "demo: the device program ended with code -9" in done.stderr


def test_help_fetches_nothing(tmp_path, start_demo):
    demo = start_demo("--help", tools=fresh_checkout(tmp_path))
    assert "--check" in demo.wait().stdout
    assert not (tmp_path / "checkout" / ".cache").exists()


def fresh_checkout(folder):
    """Copy tools/ without anything fetched and return the copy's tools folder."""
    copy = folder / "checkout"
    shutil.copytree(TOOLS, copy / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "examples", copy / "examples", ignore=shutil.ignore_patterns("secrets.py"))
    return copy / "tools"


@pytest.fixture
def path_without_apt(tmp_path):
    """Return a PATH with nothing but a Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(Path(sys._base_executable).resolve())
    for name in ("env", "sh"):
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


def test_no_network_and_no_apt_for_the_first_fetch_is_one_clear_line(tmp_path, start_demo, path_without_apt):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_NO_INDEX": "", "PIP_NO_CACHE_DIR": "1"}
    demo = start_demo("--check", tools=fresh_checkout(tmp_path), PATH=path_without_apt, **nowhere)
    done = demo.wait(60)
    assert done.returncode == 1 and not done.stdout
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("setup failed: pip: ") and "is the package index reachable?" in last
    assert "apt-get is not on this machine" in last


def test_a_signal_ends_the_first_fetch(tmp_path, start_demo, path_without_apt):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = "http://127.0.0.1:%d/simple" % silent.getsockname()[1]
        demo = start_demo(tools=fresh_checkout(tmp_path), PATH=path_without_apt, PIP_INDEX_URL=index)
        silent.settimeout(50)
        connection, _ = silent.accept()  # pip sends a request and gets no answer
        demo.signal(signal.SIGINT)
        done = demo.wait(START_S)
        connection.close()
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "demo: stopped while fetching"
    demo.wait_nothing_is_left()
