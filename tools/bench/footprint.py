"""tools/footprint: the client's memory on the 32-bit MicroPython.

Objects have the same sizes as on a board and similarly low addresses, and everything is compiled to .mpy. It measures
two other clients too: the official one, and umqtt.simple, which only speaks MQTT and cannot reconnect.
"""

import contextlib
import io
import queue
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import monotonic

from mpremote.romfs import make_romfs
from toolchain import mpy
from toolchain.imports import imports_of
from toolchain.paths import LIB, NOT_ON_BOARDS, ROOT, is_alias, module_name, modules

from .account import Listings, account
from .report import command, print_figures
from .setting import OFFICIAL, OURS, UMQTT, setting

PACKAGE = "arduino_iot_cloud"
API = "arduino_cloud_api"
RUNS = 3  # a figure is the median of this many
TRIES = 6
STEADY = {OURS: 100, OFFICIAL: 15}  # messages each way; one of the official client's takes 50 ms
WAIT = 12

_FIGURE = re.compile(r"^([\w.]+) (-?[\d.]+)$", re.M)
_OPENED = re.compile(r"^opens \S*\b%s/([\w/]+)\.mpy$" % PACKAGE, re.M)
_QSTRS = re.compile(r"n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)")


def _figures(output):
    return {name: round(float(value)) for name, value in _FIGURE.findall(output)}


def _medians(outputs):
    runs = [_figures(output) for output in outputs]
    return {name: round(median(run[name] for run in runs)) for name in runs[0]}


def _on_rom(image, program):
    return ["from_rom", image, program] if image else [program]


def _build_image(builds, name):
    path = builds.folder / (name + ".romfs")
    with contextlib.redirect_stdout(io.StringIO()):
        path.write_bytes(make_romfs(str(builds.folder / name), mpy_cross=False))
    return path


class Exchanges:
    """Runs of the program `exchange`: one TLS connection, one publish, one receive."""

    PROGRAM = "exchange"

    def __init__(self, builds, cloud, name, image=None):
        self._builds = builds
        self._cloud = cloud
        self._name = name
        self._image = image

    def complete(self, heap):
        """Return whether it completes in a heap of so many KB."""
        device = self._cloud.add()
        program = _on_rom(self._image, self.PROGRAM)
        process = self._builds.start("" if self._image else self._name, *program, *device.arguments, heap=heap)
        ended = threading.Event()
        failed = threading.Thread(target=self._end_on_failure, args=(process, ended), daemon=True)
        failed.start()
        try:
            return self._does_it_all(process, device)
        except AssertionError:
            return False
        finally:
            ended.set()
            failed.join()
            process.kill()

    def _does_it_all(self, process, device):
        for _ in self._values(process, device):
            device.send("led", True)
            return bool(process.wait_for("^received", WAIT))

    def _values(self, process, device):
        # What it publishes, until it ends or its time is up.
        deadline = monotonic() + WAIT
        while process.returncode is None and monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                yield device.values.get(timeout=0.1)[1]

    def _end_on_failure(self, process, ended):
        # The official client retries forever what cannot succeed for lack of memory.
        while not ended.wait(0.05):
            if re.search("(?i)memory ?(error|alloc)", process.stdout + process.stderr):
                process.signal(9)
                return


class Demos(Exchanges):
    """Runs of examples/laptop.py: all its readings must arrive, and it must obey the switch."""

    PROGRAM = "demo"

    def _does_it_all(self, process, device):
        missing = {"cpu", "load", "memory", "uptime"}
        for values in self._values(process, device):
            missing -= values.keys()
            if not missing:
                device.send("fast", True)
                return bool(process.wait_for("^fast is on", WAIT))


def _smallest_heap(runs, low, high):
    """Return the smallest heap in KB in which one of `runs` completes, or None if `high` is too small."""
    if not runs.complete(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if runs.complete(middle):
            high = middle
        else:
            low = middle
    return high


def _steady(builds, cloud, name):
    """Return what the program `steady` prints. Retry if a value overtakes another, as on a busy machine."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(RuntimeError):
            return _try_steady(builds, cloud, name)
    return _try_steady(builds, cloud, name)


def _try_steady(builds, cloud, name):
    device = cloud.add()
    count = STEADY[name]
    process = builds.start(name, "steady", *device.arguments, count)
    try:
        device.values.get(timeout=WAIT)
        device.send("level", 1)
        process.wait_for("^listening", WAIT)
        for i in range(count):
            device.send("level", i)
            threading.Event().wait(0.01)
        process.wait_for("^done", WAIT)
        published = device.values.qsize()
        if published != count:
            raise RuntimeError("%s: %d messages for %d values" % (name, published, count))
        return process.stdout
    except AssertionError as error:
        raise RuntimeError("steady with %s: %s" % (name, error))
    finally:
        process.kill()


def _core(builds, cloud):
    """Return all modules that a device with scalar properties loads to connect, publish and receive."""
    device = cloud.add()
    process = builds.start("", "watched", builds.folder / OURS, "exchange", *device.arguments)
    try:
        device.values.get(timeout=WAIT)
        device.send("led", True)
        process.wait_for("^received", WAIT)
        return {module_name(path) for path in _OPENED.findall(process.stdout)}
    except (AssertionError, queue.Empty) as error:
        raise RuntimeError("exchange, watched: %s\n%s%s" % (error, process.stdout, process.stderr))
    finally:
        process.kill()


def _options(core):
    """Return the other modules for boards, each after those of them that it imports at its top."""
    paths = modules(PACKAGE)
    others = {name for name in paths.keys() - core - NOT_ON_BOARDS if not is_alias(paths[name])}
    graph = imports_of(LIB, PACKAGE, top_only=True)
    ordered = []

    def add(name):
        for one in sorted(graph["%s.%s" % (PACKAGE, name)]):
            if one.removeprefix(PACKAGE + ".") in others:
                add(one.removeprefix(PACKAGE + "."))
        if name not in ordered:
            ordered.append(name)

    for name in sorted(others):
        add(name)
    return ordered


def _flash(builds, core, options):
    files = [path for path in builds.files[OURS] if PACKAGE in path.parts]
    folder = builds.folder / OURS / PACKAGE
    sizes = {module_name(path.relative_to(folder)): path.stat().st_size for path in files if path.suffix == ".mpy"}
    return {
        "core": sum(sizes[name] for name in core),
        "certificates": sum(path.stat().st_size for path in files if path.suffix == ".der"),
        "options": {name: sizes[name] for name in options},
        "official": sum(path.stat().st_size for path in builds.files[OFFICIAL] if path.suffix == ".mpy"),
    }


def _qstrs(output, bare):
    before, after = (tuple(map(int, _QSTRS.search(text).groups())) for text in (bare, output))
    return {"count": after[0] - before[0], "bytes": after[2] - before[2]}


def _api(builds, image):
    # The client of the Application API.
    files = [path for path in builds.files[OURS] if API in path.parts and path.suffix == ".mpy"]
    figures = {"flash": sum(path.stat().st_size for path in files)}
    for place, name, rom in (("files", OURS, None), ("romfs", "", image)):
        outputs = [builds.run(name, *_on_rom(rom, "api_heap")) for _ in range(RUNS)]
        figures[place] = {"import": _medians(outputs)["import"]}
    with account(builds.folder / "account") as cloud:
        for place, rom in (("files", None), ("romfs", image)):
            figures[place]["listing_kb"] = _smallest_heap(Listings(builds, cloud, OURS, rom), 24, 96)
    return figures


def measure():
    """Return all figures, {name: …}, in bytes unless the name ends with kb."""
    with setting(OURS, OFFICIAL, UMQTT) as (builds, cloud), ThreadPoolExecutor(4) as pool:
        core = _core(builds, cloud)
        options = _options(core)
        for name in (OURS, OFFICIAL):
            mpy.compile_file(ROOT / "examples" / "laptop.py", builds.folder / name / "laptop.mpy")
        images = {name: _build_image(builds, name) for name in (OURS, OFFICIAL)}
        # The search for the smallest heaps takes longest, so it starts first.
        smallest = {}
        for name, low, high in ((OFFICIAL, 48, 256), (OURS, 16, 128)):
            for place, image in (("files", None), ("romfs", images[name])):
                runs = {kind: kind(builds, cloud, name, image) for kind in (Exchanges, Demos)}
                for kind in runs:
                    smallest[name, place, kind] = pool.submit(_smallest_heap, runs[kind], low, high)
        bare = pool.submit(builds.run, "", "bare")
        jobs = {name: [pool.submit(builds.run, name, "heap") for _ in range(RUNS)] for name in (OURS, OFFICIAL)}
        jobs[UMQTT] = [pool.submit(builds.run, UMQTT, "umqtt_heap") for _ in range(RUNS)]
        rom = {
            name: [pool.submit(builds.run, "", *_on_rom(images[name], "heap")) for _ in range(RUNS)]
            for name in (OURS, OFFICIAL)
        }
        loaded = [pool.submit(builds.run, OURS + " " + UMQTT, "heap", *options) for _ in range(RUNS)]
        steady = {name: [pool.submit(_steady, builds, cloud, name) for _ in range(RUNS)] for name in (OURS, OFFICIAL)}
        figures = {"flash": _flash(builds, core, options)}
        for name in (OURS, OFFICIAL, UMQTT):
            outputs = [job.result() for job in jobs[name]]
            heap = _medians(outputs)
            figures[name] = {"import": heap["import"], "construct": heap["construct"], "driver": heap.get("driver")}
            if name == UMQTT:
                continue
            figures[name]["qstrs"] = _qstrs(outputs[0], bare.result())
            heap = _medians(job.result() for job in rom[name])
            figures[name]["romfs"] = {key: heap.get(key) for key in ("import", "construct", "driver")}
            figures[name]["steady"] = _medians(job.result() for job in steady[name])
            for place, found in (("files", figures[name]), ("romfs", figures[name]["romfs"])):
                found["smallest_kb"] = smallest[name, place, Exchanges].result()
                found["demo_kb"] = smallest[name, place, Demos].result()
        heap = _medians(job.result() for job in loaded)
        figures["options"] = {name: heap[name] for name in options}
        figures["api"] = _api(builds, images[OURS])  # last: its cloud would disturb the timing of the steady exchange
        return figures


def show(figures):
    """Print the figures as tables."""
    _print_client(figures)
    _print_api(figures["api"])


def _print_client(figures):
    ours, official, umqtt = (figures[name] for name in (OURS, OFFICIAL, UMQTT))

    def row(text, *path, bare=None):
        cells = []
        for figure in (ours, official):
            for key in path:
                figure = figure[key]
            cells.append(figure)
        return [text] + cells + [bare]

    print_figures(
        "Heap on 32-bit MicroPython from .mpy in bytes, including asyncio",
        ("ours", "official", "umqtt.simple"),
        [
            row("import", "import", bare=umqtt["import"]),
            row("import, construct, five properties", "construct", bare=umqtt["construct"]),
            row("the same with the driver", "driver"),
            row("connected over TLS, five properties", "steady", "connected"),
            row("a publish allocates", "steady", "publish"),
            row("a receive allocates", "steady", "receive"),
            row("an id() allocates (six at each wait; 0 on a board)", "steady", "id"),
            row("smallest heap for TLS, a publish, a receive: KB", "smallest_kb"),
            row("smallest heap for examples/laptop.py: KB", "demo_kb"),
            row("from ROMFS: import", "romfs", "import"),
            row("from ROMFS: import, construct, five properties", "romfs", "construct"),
            row("from ROMFS: the same with the driver", "romfs", "driver"),
            row("from ROMFS: smallest heap: KB", "romfs", "smallest_kb"),
            row("from ROMFS: smallest heap for examples/laptop.py: KB", "romfs", "demo_kb"),
            row("new interned strings", "qstrs", "count"),
            row("  and their bytes", "qstrs", "bytes"),
        ],
        [
            "Medians of %d runs; mbedtls' buffers are outside this heap." % RUNS,
            "The official client runs with stand-ins for what Debian's MicroPython lacks (ssl, logging, cbor2,",
            "select.select); on a board these differ. mqtt_as is missing because it is on no package index.",
        ],
    )
    flash = figures["flash"]
    print()
    print_figures(
        "Flash and heap of the parts in bytes; each option is imported after those above it, sync with umqtt.robust",
        ("flash (.mpy)", "heap"),
        [
            ["core: what a connection, a publish and a receive load", flash["core"], None],
            ["root certificates (DER)", flash["certificates"], None],
        ]
        + [["option " + name, flash["options"][name], heap] for name, heap in figures["options"].items()]
        + [["the official client with its parts", flash["official"], None]],
    )


def _print_api(figures):
    rows = [["import, including asyncio and HTTP, bytes"], ["smallest heap that lists 200 things: KB"]]
    for place in ("files", "romfs"):
        rows[0].append(figures[place]["import"])
        rows[1].append(figures[place]["listing_kb"])
    print()
    print_figures(
        "The client of the Application API, %d bytes of .mpy" % figures["flash"],
        ("from .mpy", "from ROMFS"),
        rows,
        ["Each thing has its device's name and three variables; over verified HTTPS, from the local cloud."],
    )


if __name__ == "__main__":
    command(__doc__, measure, show)
