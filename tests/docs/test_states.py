"""docs/events.md shows each state of a connection and each transition, as in the client."""

import re

from arduino_iot_cloud.states import MOVES
from toolchain.paths import ROOT


def test_the_page_has_the_table_of_the_client():
    moves = {words[0]: words[1:] for words in (line.split() for line in MOVES.strip().splitlines())}
    rows = re.findall(r"^\| `(\w+)` \|.*\| ((?:`\w+` ?)+) \|$", (ROOT / "docs" / "events.md").read_text(), re.M)
    assert {state: re.findall(r"\w+", after) for state, after in rows} == moves


def test_every_state_is_reached_and_left():
    moves = {words[0]: words[1:] for words in (line.split() for line in MOVES.strip().splitlines())}
    assert set(moves) == {"Init"}.union(*moves.values())
