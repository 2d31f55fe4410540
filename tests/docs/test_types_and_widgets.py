"""The tables of docs/types-and-policies.md and docs/dashboard.md: every class of variable, every kind of widget."""

import re

from arduino_iot_cloud.names import _NAMES
from arduino_iot_cloud.property.kinds import _KINDS
from toolchain.paths import ROOT, TOOLS


def rows_of(page):
    return [line.split("|")[1:-1] for line in (ROOT / "docs" / page).read_text().splitlines() if line.startswith("| ")]


def test_every_class_of_variable_has_its_place_in_a_table():
    modules = {line.split(" ")[0]: line.split(" ")[1:] for line in _NAMES.strip().split("\n")}
    classes = {*modules["property.composites"], *modules["property.schedule"], *" ".join(each[1] for each in _KINDS).split()}
    shown = {word for row in rows_of("types-and-policies.md") for cell in row[:2] for word in re.findall(r"`(\w+)`", cell)}
    assert classes - shown == set()


def test_every_kind_of_widget_has_a_row():
    makers = re.search(r"MAKERS = \{(.*?)\}", (TOOLS / "localcloud/page/js/widgets/kinds.js").read_text(), re.S)[1]
    kinds = set(re.findall(r"^ *(\w+): make", makers, re.M))
    shown = {name.strip().lower() for row in rows_of("dashboard.md") for name in row[0].split(",")}
    assert kinds and kinds - shown == set()
