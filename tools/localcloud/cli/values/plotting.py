"""Plot values over time to a file, with matplotlib."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..pending_file import pending
from .query import Points, Range, Selected

_DPI = 100


@dataclass
class Line:
    """A variable and its values."""

    variable: Selected
    points: Points = field(default_factory=list)


def draw(path: Path, lines: list[Line], shown: Range, title: str, size: tuple[int, int]) -> None:
    """Write a plot in this machine's time zone, as PNG or SVG by the suffix. Raises CommandError.

    `size` is width and height in pixels.
    """
    import matplotlib

    # Text in an SVG stays text. Lines keep all their points, which are few enough.
    with matplotlib.rc_context({"svg.fonttype": "none", "path.simplify": False}), pending(path) as temporary:
        _figure(lines, shown, title, size).savefig(temporary, format=path.suffix.lower()[1:])


def _figure(lines: list[Line], shown: Range, title: str, size: tuple[int, int]) -> Any:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    several_things = len({each.variable.thing_id for each in lines}) > 1
    for line in lines:
        label = (
            "%s / %s" % (line.variable.thing, line.variable.name) if several_things else line.variable.name
        )
        times: Any = [time for time, _ in line.points]
        values = [value for _, value in line.points]
        style = "steps-post" if line.variable.kind is bool else "default"
        marker = "o" if len(line.points) == 1 else None
        (drawn,) = axes.plot(times, values, drawstyle=style, linewidth=1.5, marker=marker)
        drawn.set_label(_plain(label))
        drawn.set_gid(line.variable.id)
    shown_times: Any = (shown.start, shown.end)  # it takes dates as well as numbers
    axes.set_xlim(shown_times)
    zone = datetime.now().astimezone().tzinfo
    locator = AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    axes.set_title(_plain(title))
    axes.grid(alpha=0.3)
    # With explicit labels: axes.legend() would leave out names that begin with "_".
    curves = list(axes.get_lines())
    figure.legend(
        curves, [str(each.get_label()) for each in curves], loc="outside lower center", ncols=4, frameon=False
    )
    return figure


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # "$" would begin a formula
