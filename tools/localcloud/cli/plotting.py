"""Lines over time, drawn into a file by matplotlib."""

import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .pending_file import pending
from .series_query import Points, Range, Selected

_DPI = 100


@dataclass
class Line:
    """A variable and its values."""

    variable: Selected
    points: Points = field(default_factory=list)


def draw(path: Path, lines: list[Line], shown: Range, title: str, size: tuple[int, int]) -> None:
    """Draw PNG or SVG, as the name ends, in this machine's time zone. Raises CommandError."""
    # matplotlib wants a folder for its caches, which is not to be the user's.
    os.environ.setdefault("MPLCONFIGDIR", os.path.join(tempfile.gettempdir(), "local-cloud-%d" % os.getuid()))
    import matplotlib
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    zone = datetime.now().astimezone().tzinfo
    figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    several_things = len({each.variable.thing_id for each in lines}) > 1
    for line in lines:
        name = line.variable.name
        label = "%s / %s" % (line.variable.thing, name) if several_things else name
        style = "steps-post" if line.variable.kind is bool else "default"
        times, values = [time for time, _ in line.points], [value for _, value in line.points]
        marker = "o" if len(line.points) == 1 else None
        (drawn,) = axes.plot(times, values, drawstyle=style, linewidth=1.5, marker=marker)
        # Not as an argument of plot: there a name that begins with "_" would be left out of the legend.
        drawn.set_label(label.replace("$", r"\$"))
        drawn.set_gid(line.variable.id)
    axes.set_xlim(shown.start, shown.end)
    locator = AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    axes.set_title(title.replace("$", r"\$"))
    axes.grid(alpha=0.3)
    figure.legend(*_legend(axes.get_lines()), loc="outside lower center", ncols=4, frameon=False)
    kind = path.suffix.lower()[1:]
    with matplotlib.rc_context({"svg.fonttype": "none"}), pending(path) as temporary:
        figure.savefig(temporary, format=kind)


def _legend(drawn):
    return list(drawn), [each.get_label() for each in drawn]
