"""A headless Chromium, driven through its DevTools protocol."""

import asyncio
import base64
import itertools
import json
import os
import signal
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, AsyncIterator

from demonstration import DemoError
from toolchain.paths import CHROMIUM
from websockets.asyncio.client import ClientConnection, connect

START_S = 30
ANSWER_S = 20
_OPTIONS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync --hide-scrollbars
--disable-background-networking --disable-component-update --remote-debugging-port=0""".split()


class PageError(DemoError):
    """A JavaScript expression raised an exception."""


class Tab:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        """Use `open_tab`."""
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        """Events of enabled domains that the browser sent until the last command."""

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a DevTools command and return its result. Raises DemoError."""
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(ANSWER_S):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == number:
                    break
                if "method" in answer:
                    self.events.append(answer)
        if "error" in answer:
            raise DemoError("the browser refused %s: %s" % (method, answer["error"]["message"]))
        return answer["result"]

    async def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression. Raises PageError."""
        answer = await self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            what = details.get("exception", details).get("description", details["text"])
            raise PageError("the page raised %s" % what)
        return answer["result"].get("value")

    async def wait_until(self, expression: str, timeout: float = 30) -> Any:
        """Wait until a JavaScript expression is true, and return its value. Meanwhile it may raise exceptions."""
        trouble = ""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    try:
                        if value := await self.evaluate(expression):
                            return value
                        trouble = ""
                    except PageError as error:
                        trouble = ": " + str(error)
                    except DemoError as error:
                        if "navigated" not in str(error):
                            raise
                        # The page is being replaced by another one.
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise DemoError("%s was not true on the page within %g s%s" % (expression, timeout, trouble)) from None

    async def resize(self, width: int, height: int, scale: float) -> None:
        """Set the page's size in CSS pixels, each of which is `scale` pixels wide in a picture."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        await self.command("Emulation.setDeviceMetricsOverride", **size)

    async def click(self, place: list[float]) -> None:
        """Click with the mouse at [x, y]."""
        x, y = place
        for kind in ("mousePressed", "mouseReleased"):
            await self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """Return a picture of the page as PNG."""
        return base64.b64decode((await self.command("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def open_tab() -> AsyncIterator[Tab]:
    """Start the browser of `tools/setup chromium` with one empty page, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            *(str(CHROMIUM), *_OPTIONS, "--user-data-dir=" + folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = await _address(process, Path(folder))
            async with connect(address, max_size=None, max_queue=None, proxy=None) as socket:
                tab = Tab(socket)
                await tab.command("Page.enable")
                yield tab
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _address(process: asyncio.subprocess.Process, folder: Path) -> str:
    """Wait for the browser's port, and return the address of its first page."""
    port_file = folder / "DevToolsActivePort"
    try:
        async with asyncio.timeout(START_S):
            while not (port_file.exists() and len(lines := port_file.read_text().splitlines()) == 2):
                if process.returncode is not None:
                    raise DemoError("the browser ended with code %d" % process.returncode)
                await asyncio.sleep(0.05)
            browser = "ws://127.0.0.1:%s%s" % tuple(lines)
            async with connect(browser, proxy=None) as socket:
                target = await Tab(socket).command("Target.createTarget", url="about:blank")
    except TimeoutError:
        raise DemoError("the browser did not start within %d s" % START_S) from None
    return "ws://127.0.0.1:%s/devtools/page/%s" % (lines[0], target["targetId"])
