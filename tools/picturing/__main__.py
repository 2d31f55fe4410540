"""tools/picture: take pictures of a local cloud's page in a browser, on a large screen and on a phone."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from demonstration import DemoError
from demonstration.stage import Stage
from toolchain.paths import ROOT
from toolchain.report import ToolchainError, step

from .browser import Tab, open_tab
from .greenhouse import greenhouse

FOLDER = ROOT / "docs"
LARGE, PHONE = 1100, 390
PHONE_HEIGHT = 1500
MARGIN = 24
_READY = "document.querySelector('#connection.good') && document.querySelectorAll('.chart-box canvas').length"
_MIDDLE_OF_SWITCH = """(({x, y, width, height}) => [x + width / 2, y + height / 2])(
document.querySelector("input.switch").getBoundingClientRect())"""
_BOTTOM = "document.querySelector('.grid').getBoundingClientRect().bottom + scrollY"
_WEEK = """[...document.querySelectorAll('.kind-advancedchart .chart-bar button')]
.find((each) => each.textContent === '7 d').click()"""


def main() -> int:
    """Make the pictures and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="tools/picture",
        description="Make docs/dashboard.png (the demonstration), dashboard-widgets.png and dashboard-phone.png.",
    )
    text = "time span of the values to show (default: 45)"
    parser.add_argument("--seconds", type=float, default=45, metavar="N", help=text)
    text = "folder for the pictures (default: docs)"
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help=text)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_make(options.folder, options.seconds))
    except (DemoError, ToolchainError) as error:
        print("picture: %s" % error.args[0], file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _make(folder: Path, seconds: float) -> None:
    # Start the browser first: otherwise its start would show in the readings.
    async with open_tab() as tab, Stage(0, step) as stage, greenhouse(stage) as page:
        await tab.resize(LARGE, LARGE, 1)
        await _open(tab, stage.page)
        with step("gathering values for %g s" % seconds):
            await asyncio.sleep(seconds)
        await _turn_the_switch(tab)
        await asyncio.sleep(5)
        await _write(tab, folder / "dashboard.png", LARGE)
        await _open(tab, page)
        await tab.wait_until("!!document.querySelector('.map-zoom button')")
        await tab.evaluate(_WEEK)
        await _write(tab, folder / "dashboard-widgets.png", LARGE)
        await tab.resize(PHONE, PHONE_HEIGHT, 1)
        await _write(tab, folder / "dashboard-phone.png", PHONE, PHONE_HEIGHT)
        await tab.command("Page.navigate", url="about:blank")  # otherwise the cloud waits for the page to disconnect


async def _open(tab: Tab, page: str) -> None:
    await tab.command("Page.navigate", url="about:blank")
    await tab.command("Page.navigate", url=page)
    await tab.wait_until("!!(%s)" % _READY)


async def _write(tab: Tab, path: Path, width: int, most: int | None = None) -> None:
    """Write a picture of the whole page, or of its first `most` pixels."""
    bottom = round(await tab.evaluate(_BOTTOM)) + MARGIN
    await tab.resize(width, min(bottom, most or bottom), 1)
    await asyncio.sleep(1)  # until animations have ended
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(await tab.picture())
    print("%s, %d bytes" % (path.name, path.stat().st_size))


async def _turn_the_switch(tab: Tab) -> None:
    """Click on the switch, and wait for the lamp: switch → cloud → device → cloud → lamp."""
    await tab.click(await tab.evaluate(_MIDDLE_OF_SWITCH))
    await tab.wait_until("!!document.querySelector('.lamp.on')", 5)


if __name__ == "__main__":
    sys.exit(main())
