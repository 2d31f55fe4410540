"""The stage: a local cloud with a project, and the example program as the project's device."""

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, ContextManager

from localcloud.cloud import LocalCloud
from localcloud.reach.ports import PortBusy, Ports
from localcloud.remote import RemoteCloud
from toolchain import mpy
from toolchain.paths import ROOT

from . import DemoError
from .device import Device
from .watch import watch

EXAMPLE = ROOT / "examples" / "laptop.py"
HEAP = "72k"
START_S = 20  # time for the device to connect and to send a value
STOP_S = 2  # time for the cloud to stop by itself

READ_ONLY, READ_WRITE = "READ_ONLY", "READ_WRITE"
VARIABLES = [
    ("cpu", "PERCENTAGE", READ_ONLY),
    ("memory", "PERCENTAGE", READ_ONLY),
    ("load", "FLOAT", READ_ONLY),
    ("uptime", "CHARSTRING", READ_ONLY),
    ("fast", "STATUS", READ_WRITE),
    ("led", "STATUS", READ_ONLY),
]
TEMPERATURE = ("temperature", "TEMPERATURE", READ_ONLY)


class Stage:
    """`async with Stage(http_port, progress) as stage: …` starts everything, and stops it."""

    remote: RemoteCloud
    thing_id: str
    page: str
    device: Device
    about: dict[str, Any]
    library: Path
    """The compiled device library."""

    def __init__(self, http_port: int, progress: Callable[[str], ContextManager[None]]) -> None:
        """`http_port` 0 means any free one. Each step runs in `with progress(title)`."""
        self._http_port = http_port
        self._progress = progress
        self._cleanup = AsyncExitStack()

    async def __aenter__(self) -> "Stage":
        """Start everything, and return when the first values have reached the cloud. Raises DemoError."""
        try:
            await self._start()
        except BaseException:
            await self._cleanup.aclose()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Stop everything."""
        await self._cleanup.aclose()

    async def _start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="arduino-demo-"))
        self._cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        library = asyncio.create_task(asyncio.to_thread(mpy.compile_tree, folder / "lib", ["arduino_iot_cloud"]))
        # A thread cannot be cancelled, so it must finish before its folder is removed.
        self._cleanup.push_async_callback(asyncio.wait, [library])
        with self._progress("starting the local cloud"):
            about = self.about = await self._start_cloud(folder / "cloud")
        with self._progress("making a device, a thing and its variables"):
            secrets = await self._make_project(about)
        if not library.done():
            with self._progress("compiling the device library"):
                await asyncio.wait([library])
        library.result()
        self.library = folder / "lib"
        with self._progress("starting examples/laptop.py on MicroPython, 32-bit, 72 KB of heap"):
            await self._start_device(folder, secrets)
        self.page = "%s#/thing/%s" % (about["page"], self.thing_id)

    async def _start_cloud(self, folder: Path) -> dict[str, Any]:
        ports = replace(Ports.free(), http=self._http_port)
        try:
            cloud = await LocalCloud.start(folder, ports=ports)
        except PortBusy as error:
            reason = str(error).partition(";")[0]
            raise DemoError("%s; choose another with --http-port, or leave it out for a free one" % reason) from None

        async def stop() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(cloud.stop(), STOP_S)

        self._cleanup.push_async_callback(stop)
        about = cloud.description()
        self.remote = RemoteCloud(about)
        return about

    async def _make_project(self, about: dict[str, Any]) -> str:
        """Make the device and the thing, and return the text of the program's secrets.py."""
        device = await self.remote.create_device("This machine")
        variables = [
            {"name": name, "type": type_, "permission": permission}
            for name, type_, permission in VARIABLES + [TEMPERATURE] * _has_thermometer()
        ]
        thing = await self.remote.create_thing("This machine", device_id=device["id"], variables=variables)
        self.thing_id = thing["id"]
        await self.remote.set_value(self.thing_id, "fast", False)
        tls = {"cafile": about["ca_der_file"]}
        cloud = {"server": about["host"], "port": about["mqtts_port"], "ssl_params": tls}
        return "DEVICE_ID = %r\nSECRET_KEY = %r\nCLOUD = %r\n" % (device["id"], device["secret"], cloud)

    async def _start_device(self, folder: Path, secrets: str) -> None:
        program = folder / "device"
        program.mkdir()
        (program / "secrets.py").write_text(secrets)
        # Run a copy: somebody's secrets.py for the real cloud may be beside the original.
        shutil.copy(EXAMPLE, program)
        async with watch(self.remote, self.thing_id) as values:
            self.device = await Device.start(EXAMPLE.name, folder=program, library=folder / "lib", heap=HEAP)
            self._cleanup.push_async_callback(self.device.stop)
            await values.value(self.device, "uptime", START_S)


def _has_thermometer() -> bool:
    for path in Path("/sys/class/thermal").glob("*/temp"):
        with suppress(OSError, ValueError):
            int(path.read_text())
            return True
    return False
