"""What causes a build from scratch, and how the machine's compiler is installed. Nothing is built."""

import os
import shutil

import pytest
from firmware_build import build
from toolchain.installed import digest
from toolchain.parts import firmware
from toolchain.report import ToolchainError

SEEN_BY_MAKE = ("board.py", "_boot.py", "board.c", "README.md", "package.json")


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A copy of the files, of ours and of MicroPython, whose changes cause a build from scratch."""
    firmware.install(firmware.MICROPYTHON)
    board = tmp_path / "boards" / "QEMU_ARM"
    shutil.copytree(build.BOARDS / "QEMU_ARM", board)
    for path in build.unseen("QEMU_ARM"):
        if isinstance(path, os.PathLike) and not path.is_relative_to(build.BOARDS):
            target = tmp_path / ("source/debian" if path.is_relative_to(firmware.SOURCE) else "")
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "BOARDS", tmp_path / "boards")
    monkeypatch.setattr(firmware, "SOURCE", tmp_path / "source")
    return tmp_path


def test_a_build_starts_anew_for_what_make_does_not_see(checkout):
    paths = [path for path in checkout.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    names = {path.name for path in paths}
    assert names >= {"changelog", "manifest.py", "package.json", "package-board.json", "board.ld"}
    for path in paths:
        before = digest(*build.unseen("QEMU_ARM"))
        path.write_text(path.read_text() + "\n")
        anew = path.parent == checkout or path.name not in SEEN_BY_MAKE
        assert (digest(*build.unseen("QEMU_ARM")) != before) == anew, path
    before = digest(*build.unseen("QEMU_ARM"))
    (checkout / "package-more.json").touch()
    assert digest(*build.unseen("QEMU_ARM")) != before


@pytest.fixture
def bare_machine(monkeypatch, tmp_path):
    """A machine whose PATH has nothing but an apt-get, which logs its arguments and makes the given programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    log = tmp_path / "log"

    def make(programs):
        lines = ["#!/bin/sh", 'echo "$@" >> %s' % log, 'test "$1" = install || exit 0']
        lines += ["/bin/cp /bin/true %s/%s" % (tmp_path, name) for name in programs]
        (tmp_path / "apt-get").write_text("\n".join(lines) + "\n")
        (tmp_path / "apt-get").chmod(0o755)
        return log

    return make


def test_root_has_apt_install_the_compiler_once(monkeypatch, bare_machine):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    log = bare_machine(firmware.NEEDED)
    firmware.have_compiler()
    firmware.have_compiler()
    assert log.read_text() == "update\ninstall --yes --no-install-recommends build-essential\n"


def test_what_apt_could_not_bring_is_named(monkeypatch, bare_machine):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    bare_machine(firmware.NEEDED[:2])
    with pytest.raises(ToolchainError, match="^firmware needs dpkg-source and patch on this machine: run `apt-get install"):
        firmware.have_compiler()


def test_others_than_root_are_told_what_to_install(monkeypatch, bare_machine):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    log = bare_machine(firmware.NEEDED)
    with pytest.raises(ToolchainError, match="needs make and gcc and dpkg-source and patch .* as root$"):
        firmware.have_compiler()
    assert not log.exists()


@pytest.mark.parametrize("board", build.RECIPES)
def test_a_build_looks_for_the_compiler_though_everything_is_fetched(monkeypatch, bare_machine, board):
    firmware.install()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bare_machine(())
    with pytest.raises(ToolchainError, match="firmware needs make"):
        build.build(board)


def test_a_checkout_whose_path_make_cannot_read_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "ROOT", tmp_path / "my boards")
    with pytest.raises(ToolchainError, match="name has spaces: .*/my boards$"):
        build.build("QEMU_ARM")
