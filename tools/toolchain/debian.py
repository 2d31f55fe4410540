"""Fetch programs from Debian packages, which are unpacked (not installed) and run with their own libraries.

A private apt configuration is derived from the machine's own package source. Only the suite and the architecture
differ, and the machine's apt state is not touched. Signatures are verified with the machine's own keyring.
"""

import os
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

from .installed import put_in_place, scratch_folder, write_whole
from .paths import CACHE
from .report import ToolchainError, first_error, megabytes, say, step

# Set to 1 to accept packages whose signature this machine's keyring is too old to verify.
UNSIGNED = "ALLOW_UNSIGNED_PACKAGES"
SOURCES = Path("/etc/apt")
ARCHITECTURES = {"x86_64": {64: "amd64", 32: "i386"}, "aarch64": {64: "arm64", 32: "armhf"}}

Source = namedtuple("Source", "uri suite signed_by")


def architecture(bits):
    """Debian's name for this machine's architecture with `bits` (64 or 32). Raises ToolchainError if it has none."""
    try:
        return ARCHITECTURES[os.uname().machine][bits]
    except KeyError:
        raise ToolchainError("no Debian packages are known for a %s machine" % os.uname().machine)


def _deb822_sources(text):
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.M))
        fields = {name.lower(): value.split() for name, value in fields.items()}
        if "deb" not in fields.get("types", ()) or "main" not in fields.get("components", ()):
            continue
        signed_by = " ".join(fields.get("signed-by", ()))
        for uri in fields.get("uris", ()):
            for suite in fields.get("suites", ()):
                yield Source(uri, suite, signed_by)


def _one_line_sources(text):
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$", line.strip())
        if match and "main" in match.group(4).split():
            signed_by = re.search(r"signed-by=(\S+)", match.group(1) or "")
            yield Source(match.group(2), match.group(3), signed_by.group(1) if signed_by else "")


def machine_source(folder=SOURCES):
    """The Source of the machine's own main Debian archive. Raises ToolchainError if it has none."""
    found = []
    files = [folder / "sources.list"]
    files += sorted((folder / "sources.list.d").glob("*.sources"))
    files += sorted((folder / "sources.list.d").glob("*.list"))
    for path in files:
        if path.exists():
            parse = _deb822_sources if path.suffix == ".sources" else _one_line_sources
            found += parse(path.read_text())
    for source in found:
        if "debian" in source.uri and re.fullmatch(r"[a-z]+", source.suite):
            return source
    raise ToolchainError("no Debian archive among the apt sources in %s" % folder)


class PrivateApt:
    """apt for one suite and architecture, with its whole state in one scratch folder."""

    def __init__(self, folder, source, suite, arch, trusted=False):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        options = ["trusted=yes"] if trusted else []
        if source.signed_by.startswith("/"):
            options.append("signed-by=" + source.signed_by)
        self._place = "%s %s %s main\n" % ("[%s]" % " ".join(options) if options else "", source.uri, suite)
        (folder / "sources.list").write_text("deb " + self._place)
        # "#clear" drops hooks of the machine (such as emptying its package cache).
        (folder / "apt.conf").write_text(
            "#clear APT::Update; #clear DPkg::Post-Invoke; #clear DPkg::Pre-Install-Pkgs;\n"
            "#clear APT::Architectures; #clear APT::Default-Release;\n"
            'APT::Architecture "{arch}"; APT::Architectures {{ "{arch}"; }};\n'
            'APT::Sandbox::User ""; APT::Update::Error-Mode "any"; Debug::NoLocking "true";\n'
            'Acquire::Languages "none"; Acquire::Retries "2"; Acquire::http::Timeout "30";\n'
            'Dir::Etc::SourceList "{folder}/sources.list"; Dir::Etc::SourceParts "/dev/null";\n'
            'Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";\n'
            'Dir::State::Lists "{folder}/lists"; Dir::State::Status "/dev/null";\n'
            'Dir::State::extended_states "{folder}/states"; Dir::Cache "{folder}/cache";\n'
            'Dir::Log "{folder}";\n'.format(arch=arch, folder=folder)
        )

    def run(self, *arguments):
        command = ("apt-get", "-c", str(self.folder / "apt.conf")) + arguments
        environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            raise ToolchainError(first_error(done.stdout), done.stdout)
        return done.stdout

    def download(self, packages):
        """Fetch packages (names separated by spaces) with all dependencies; return the .deb files."""
        self.run("update")
        self.run("install", "--download-only", "--yes", "--no-install-recommends", *packages.split())
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))

    def download_source(self, package):
        """Fetch a source package; return its files. apt checks them against the suite's signed list of sources."""
        with open(self.folder / "sources.list", "w") as file:
            file.write("deb-src " + self._place)
        self.run("update")
        self.run("source", "--download-only", package)
        return sorted(path for path in self.folder.glob(package + "_*") if path.is_file())


def _unpack(packages, target, keep):
    target.mkdir()
    for package in packages:
        subprocess.run(["dpkg", "-x", str(package), str(target)], check=True)
    for useless in ("etc", "var", *(path.relative_to(target) for path in target.glob("usr/share/*"))):
        if str(useless) not in keep:
            shutil.rmtree(target / useless, ignore_errors=True)


def _fetch_from(suite, title, arch, folder, get):
    """Return what `get(apt)` fetches from one suite, with apt's state below `folder`."""
    source = machine_source()
    try:
        return get(PrivateApt(folder / "apt", source, suite, arch))
    except ToolchainError as error:
        output = error.args[-1]
        if "NO_PUBKEY" not in output and "not signed" not in output and "EXPKEYSIG" not in output:
            raise
        if os.environ.get(UNSIGNED) != "1":
            raise ToolchainError(
                "this machine's keyring is too old to verify Debian's %s "
                "(upgrade debian-archive-keyring, or set %s=1)" % (suite, UNSIGNED)
            )
        say("WARNING: %s from Debian's %s is NOT verified (%s=1)" % (title, suite, UNSIGNED))
        return get(PrivateApt(folder / "apt-unsigned", source, suite, arch, trusted=True))


def wrapper_text(tree, program):
    """The text of a shell script that runs `program` in an unpacked tree with the tree's own dynamic loader."""
    loaders = [p for p in sorted(tree.rglob("ld-linux*.so*")) if not p.is_symlink()]
    if not loaders:
        raise ToolchainError("the packages of %s have no dynamic loader" % program)
    folders = sorted({p.parent for p in tree.rglob("*.so*") if p.parent.name.endswith(("-gnu", "-gnueabihf", "lib"))})
    base = "$here/" + str(tree.relative_to(CACHE))

    def inside(path):
        return "%s/%s" % (base, path.relative_to(tree))

    return '#!/bin/sh\nhere=${0%%/*}/..\nexec "%s" --library-path "%s" "%s" "$@"\n' % (
        inside(loaders[0]),
        ":".join(inside(folder) for folder in folders),
        inside(tree / program),
    )


def fetch_tree(title, arch, suites, target, get, unpack, verify):
    """Make the folder `target` from Debian's files, completely or not at all; tries each suite twice.

    `get(apt)` fetches files with a PrivateApt, `unpack(files, folder)` makes the folder from them, and `verify()`
    raises ToolchainError if the result does not work.
    """
    for needed in ("apt-get", "dpkg"):
        if not shutil.which(needed):
            raise ToolchainError("%s: %s is not on this machine (Debian packages are needed)" % (title, needed))
    failures = []
    for suite in suites + suites:
        try:
            with step("fetching %s from Debian's %s" % (title, suite)) as remark:
                with scratch_folder(arch) as folder:
                    files = _fetch_from(suite, title, arch, folder, get)
                    size = sum(path.stat().st_size for path in files)
                    unpack(files, folder / "tree")
                    put_in_place(folder / "tree", target)
                verify()
                remark.append(megabytes(size))
                return
        except (ToolchainError, subprocess.CalledProcessError) as error:
            reason = error.args[0] if isinstance(error, ToolchainError) else error
            failures.append("%s: %s" % (suite, reason))
            say("fetching %s from Debian's %s … failed: %s" % (title, suite, reason))
    hint = " (is Debian's archive reachable?)" if "Failed to fetch" in failures[0] else ""
    raise ToolchainError("%s could not be fetched: %s%s" % (title, failures[0], hint))


def fetch_program(title, package, program, arch, suites, target, wrapper, verify, wrap=wrapper_text, keep=()):
    """Unpack `package` into `target`, write `wrapper`, and `verify(wrapper)` it; tries each suite twice.

    `wrap(target, program)` returns the wrapper's text; `keep`: folders of usr/share that the program needs.
    """

    def finish():
        write_whole(wrapper, wrap(target, program), executable=True)
        verify(wrapper)

    def get(apt):
        return apt.download(package)

    fetch_tree(title, arch, suites, target, get, lambda files, tree: _unpack(files, tree, keep), finish)
