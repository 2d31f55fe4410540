"""tools/picture: the page of a running demonstration, as a browser shows it after a while."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from toolchain.paths import ROOT
from toolchain.report import ToolchainError, step

from . import DemoError
from .browser import Tab, open_tab
from .stage import Stage

PICTURE = ROOT / "docs" / "dashboard.png"
WIDTH, SCALE = 1000, 1.5
MARGIN = 28
_MIDDLE_OF_SWITCH = """(({x, y, width, height}) => [x + width / 2, y + height / 2])(
document.querySelector("input.switch").getBoundingClientRect())"""


def main() -> int:
    """Make the picture; return the exit code."""
    parser = argparse.ArgumentParser(prog="tools/picture", description="Make the picture of the dashboard.")
    parser.add_argument("--seconds", type=float, default=45, metavar="N", help="of values to show (default: 45)")
    parser.add_argument("--output", type=Path, default=PICTURE, metavar="FILE", help="default: docs/dashboard.png")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    try:
        asyncio.run(_make(options.output, options.seconds))
    except (DemoError, ToolchainError) as error:
        print("picture: %s" % error.args[0], file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _make(output: Path, seconds: float) -> None:
    # The browser first: its start would show in the readings.
    async with open_tab() as tab, Stage(0, step) as stage:
        await tab.resize(WIDTH, WIDTH, SCALE)
        await tab.command("Page.navigate", url=stage.page)
        await tab.wait_until("document.querySelectorAll('.spark[aria-label]').length >= 3")
        with step("gathering values for %g s" % seconds):
            await asyncio.sleep(seconds)
        await _turn_the_switch(tab)
        await asyncio.sleep(5)
        bottom = await tab.evaluate("document.querySelector('.thing').getBoundingClientRect().bottom")
        await tab.resize(WIDTH, round(bottom) + MARGIN, SCALE)
        await asyncio.sleep(0.4)
        output.parent.mkdir(exist_ok=True)
        output.write_bytes(await tab.picture())
    print("%s, %d bytes" % (output.name, output.stat().st_size))


async def _turn_the_switch(tab: Tab) -> None:
    """Click on it, as a person would, and wait for the lamp: switch → cloud → device → cloud → lamp."""
    await tab.click(await tab.evaluate(_MIDDLE_OF_SWITCH))
    await tab.wait_until("!!document.querySelector('.lamp.on')", 5)


if __name__ == "__main__":
    sys.exit(main())
