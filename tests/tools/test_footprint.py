"""Budgets of memory, measured by tools/footprint on the 32-bit MicroPython."""

import json
import subprocess

import pytest
from toolchain.paths import TOOLS

# In bytes, or in KB if the name says so. The smallest heaps were 39 and 54 KB before each duty got its own module. They
# should come down again.
BUDGETS = {
    "construct": 20 * 1024,
    "steady publish": 128,
    "steady receive": 256,
    "smallest_kb": 42,
    "demo_kb": 60,
    "romfs import": 8 * 1024,
}


@pytest.mark.timeout(180)
def test_memory_is_within_its_budgets():
    done = subprocess.run([TOOLS / "footprint", "--json"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    beyond = {}
    for what, budget in BUDGETS.items():
        figure = figures["ours"]
        for key in what.split():
            figure = figure[key]
        if not 0 < figure <= budget:
            beyond[what] = (figure, budget)
    assert not beyond
    for name in ("ours", "official"):
        found = figures[name]
        assert found["import"] < found["construct"] < found["steady"]["connected"]
        assert found["steady"]["id"] == 0  # otherwise a wait for a socket would cost more than on a board
        assert found["romfs"]["import"] < found["import"]
        for name in ("smallest_kb", "demo_kb"):
            assert found["romfs"][name] < found[name]
    assert list(figures["options"]) == list(figures["flash"]["options"])
    # a module that every device loads is no option, however briefly it stays
    assert not {"client", "session", "loop", "arguments", "registering", "mqtt_packets"} & set(figures["options"])
    assert {"property.policy", "property.schedule", "sync", "user", "websocket", "diagnosis"} < set(figures["options"])
    # a heap of 64 KB is enough to list 200 things from the local cloud over HTTPS
    assert figures["api"]["romfs"]["listing_kb"] < figures["api"]["files"]["listing_kb"] <= 64
    assert figures["ours"]["qstrs"]["count"] < 300


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "command",
    [("latency", "--share", "0.1"), ("codec", "--round", "0.02"), ("idle", "--seconds", "2")],
    ids=["latency", "codec", "idle"],
)
def test_benchmarks_print_their_figures(command):
    name, *options = command
    done = subprocess.run([TOOLS / "bench" / name, "--json", *options], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert all(set(clients) for clients in json.loads(done.stdout).values())


@pytest.mark.timeout(180)
def test_the_benchmark_of_clouds_prints_its_figures():
    command = [TOOLS / "bench" / "cloud", "--json", "--workers", "0,1", "--devices", "4", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures) == ["embedded, SQLite", "mosquitto, PostgreSQL, 1 worker"]
    for found in figures.values():
        assert [step["devices"] for step in found["connected"]] == [4]
        assert found["values_per_s"] > 0 and found["values_per_s_5"] > 0
